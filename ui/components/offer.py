"""A button that is always there, and says why where it can do nothing now."""

from nicegui import ui as nui


def offer(button: nui.button, why_not: str) -> None:
    """Disabled with this reason, which is its tooltip and what a screen reader says after its name; '' offers it."""
    if why_not:
        button.props['title'] = why_not
    else:
        button.props.pop('title', None)
    button.set_enabled(not why_not)
