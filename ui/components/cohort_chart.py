"""Who was invited when, and how many of them have joined since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from nicegui import ui as nui

from domain.language import gettext as _


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those invited in the week or month that begins on `start`, and how many of them have joined by now."""

    start: date
    invited: int
    joined: int


class CohortChart(nui.element, component='cohort_chart.js'):
    def __init__(self, cohorts: Sequence[Cohort] | None, unit: Literal['week', 'month'] = 'week') -> None:
        """Each period a glass that fills as people join, oldest first. None shows that numbers are being fetched."""
        super().__init__()
        self._props['words'] = {
            'invited': _('Invited'),
            'joined': _('of them joined'),
            'period': _('Period'),
            'name': _('Invited and joined'),
            # Translators: the text alternative of the chart
            'summary': _('%(invited)s invited, %(joined)s of them joined, in %(periods)s periods'),
            'none': _('Nobody was invited in this time.'),
            'thisWeek': _('This week'),
            'thisMonth': _('This month'),
        }
        self.show(cohorts, unit)

    def show(self, cohorts: Sequence[Cohort] | None, unit: Literal['week', 'month'] = 'week') -> None:
        """Other numbers, in place."""
        rows = None if cohorts is None else _rows(tuple(cohorts))
        if (self._props.get('unit'), self._props.get('cohorts')) != (unit, rows) or rows is None:
            self._props['unit'] = unit
            self._props['cohorts'] = rows


@lru_cache(maxsize=8)
def _rows(cohorts: tuple[Cohort, ...]) -> tuple[dict[str, str | int], ...]:
    """Made once for all pages that show the same. A tuple, because NiceGUI watches every item of a list."""
    return tuple(
        {'start': one.start.isoformat(), 'invited': one.invited, 'joined': min(one.joined, one.invited)}
        for one in cohorts
    )
