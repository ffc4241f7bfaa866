"""A mail as its reader sees it: in a frame of its own, in which nothing runs and from which nothing is sent."""

from nicegui import ui as nui


class MailSheet(nui.element, component='mail_sheet.js'):
    def __init__(self, label: str) -> None:
        """Empty; `label` is its name for a screen reader."""
        super().__init__()
        self._props.update({'label': label, 'html': ''})

    def show(self, html: str) -> None:
        """Another mail in its place."""
        self._props['html'] = html
