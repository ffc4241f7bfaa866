"""Plain text in a plain element."""

from nicegui import ui as nui


class PlainText(nui.element):
    """Made by `plain_text`."""

    def __init__(self, tag: str, text: str) -> None:
        super().__init__(tag)
        self._text = text

    def set_text(self, text: str) -> None:
        """Other words in the same place."""
        if text != self._text:
            self._text = text
            self.update()

    def _displayed_contents(self, *, only_visible: bool) -> list[str | None]:
        return [self._text]


def plain_text(tag: str, text: str) -> PlainText:
    """`text` in a `<tag>`, never read as HTML; has `set_text`."""
    return PlainText(tag, text)
