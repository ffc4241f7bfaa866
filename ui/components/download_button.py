"""A button that saves text as a file. The browser makes the file: nothing can be fetched from an address."""

from nicegui import ui as nui

from ui.theme import icon as sprite


class DownloadButton(nui.element, component='download_button.js'):
    def __init__(self, label: str, text: str, filename: str) -> None:
        """The primary button of its sheet, named `label`."""
        super().__init__()
        self._props.update({'label': label, 'text': text, 'filename': filename, 'icon': sprite('download')})
        self.classes('fy-primary')
