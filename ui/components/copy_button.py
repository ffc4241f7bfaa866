"""A button that puts text on the clipboard and says so."""

from typing import Literal

from nicegui import ui as nui

from domain.language import gettext as _
from ui.theme import icon as sprite


class CopyButton(nui.element, component='copy_button.js'):
    def __init__(
        self,
        label: str,
        text: str,
        *,
        kind: Literal['quiet', 'primary', 'ghost', 'link'] = 'quiet',
        small: bool = False,
    ) -> None:
        """Named `label` and nothing else; off while there is nothing to copy. Emits `copied` when the text is out."""
        super().__init__()
        self._props['label'] = label
        self._props['icon'] = sprite('copy')
        self._props['done-icon'] = sprite('check')
        self._props['done-words'] = _('Copied')
        self._props['failed-words'] = _('Could not copy')
        self.classes(f'fy-{kind} {"fy-small" if small else ""}')
        self.set_text_to_copy(text)

    def set_text_to_copy(self, text: str) -> None:
        """What the next click copies."""
        self._props['text'] = text
