"""The white sheet everything stands on."""

from types import TracebackType
from typing import Any, Self

from nicegui import ui as nui

from ui.components.words import plain_text


class Card(nui.element):
    def __init__(self, title: str | None = None, *, rows: bool = False, level: int = 2) -> None:
        """A section with a header, a body, perhaps a foot. `with` enters the body; `rows` makes it a hairline list."""
        super().__init__('section')
        self.classes('fy-card')
        self._header: nui.element | None = None
        self._foot: nui.element | None = None
        with self.default_slot:
            self.body = nui.element('div').classes('fy-rows' if rows else 'fy-body')
        if title is not None:
            with self.header:
                heading = plain_text(f'h{level}', title)
            self._props['aria-labelledby'] = heading.html_id

    @property
    def header(self) -> nui.element:
        """Where the title is; what is added stands at its right."""
        if self._header is None:
            self._header = _child(self, 'header')
            self._header.move(self, target_index=0)
        return self._header

    @property
    def foot(self) -> nui.element:
        """A sunken strip at the bottom."""
        if self._foot is None:
            self._foot = _child(self, 'div').classes('fy-foot')
        return self._foot

    def __enter__(self) -> Self:
        self.body.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.body.__exit__(kind, error, trace)


def _child(parent: nui.element, tag: str) -> nui.element:
    with parent.default_slot:
        return nui.element(tag)


def card(title: str | None = None, **options: Any) -> Card:
    """`with card('Activity') as sheet:` fills the body; `with sheet.header:` and `with sheet.foot:` the rest."""
    return Card(title, **options)


def figures() -> nui.element:
    """The row that `Figure`s stand in: one card, hairlines between."""
    return nui.element('div').classes('fy-card fy-figures')
