"""How far something has come: a bar of parts, each with a meaning of its own."""

from collections.abc import Mapping
from typing import Literal

from nicegui import context
from nicegui import ui as nui

from ui.theme import asset

STYLES = f'<link rel="stylesheet" href="{asset("jobs.css")}">'
Part = Literal['done', 'skipped', 'failed']
PARTS: tuple[Part, ...] = ('done', 'skipped', 'failed')


class ProgressBar(nui.element):
    def __init__(self, label: str) -> None:
        """A bar named `label`. Until it is told a total it shows that work goes on."""
        use_job_styles()
        super().__init__('div')
        self.classes('fy-progress')
        self._props.update({'role': 'progressbar', 'aria-label': label, 'aria-valuemin': '0', 'aria-valuemax': '100'})
        with self:
            self._parts = {part: nui.element('i').classes(part) for part in PARTS}
        self.show({}, None)

    def show(self, numbers: Mapping[Part, int], total: int | None, *, words: str = '', is_still: bool = False) -> None:
        """So many of `total`, None while that is not known. `words` are what a screen reader hears instead of the
        percentage; `is_still`: nothing goes on."""
        share = {part: min(1.0, numbers.get(part, 0) / total) if total else 0.0 for part in PARTS}
        for part, element in self._parts.items():
            element.style(f'width: {share[part] * 100:.2f}%')
        self.classes(**{'add' if not total and not is_still else 'remove': 'unknown'})
        percentage = min(100, round(100 * sum(share.values())))
        self._props.pop('aria-valuenow', None)
        if total:
            self._props['aria-valuenow'] = str(percentage)
        self._props['aria-valuetext'] = words or f'{percentage} %'
        self.update()


def use_job_styles() -> None:
    """Give the page being built the stylesheet of jobs."""
    if STYLES not in context.client.head_html:
        nui.add_head_html(STYLES)
