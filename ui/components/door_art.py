"""The open door of the empty states, in the firm's colour."""

from nicegui import ui as nui


class DoorArt(nui.element, component='door_art.js'):
    """A drawing; it says nothing to a screen reader that the title under it does not."""
