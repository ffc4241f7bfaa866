"""The picture of invited against joined, on the dashboard."""

from collections.abc import Sequence
from typing import Literal

from nicegui import html

from domain.activity.portal_counts import CohortCount, cohorts
from ui.components.basics import button, card, plain_text
from ui.components.cohort_chart import Cohort, CohortChart
from ui.computed import CountsNow
from ui.dependencies import deps
from ui.staff.once_per_change import OncePerChange

Span = tuple[int, Literal['week', 'month']]
SPANS: dict[str, Span] = {'4 weeks': (4, 'week'), '12 weeks': (12, 'week'), 'Year': (12, 'month')}
FIRST: Span = (12, 'week')


async def read(span: Span) -> list[CohortCount]:
    """Who was invited when, over this span."""
    return await cohorts(deps(), *span)


_shared = OncePerChange(read)


class Joining:
    def __init__(self, first: Sequence[CohortCount]) -> None:
        """Build the card; `first` is for the span FIRST."""
        self._span = FIRST
        with card('Invited and joined') as self.card:
            self.chart = CohortChart([])
        with self.card.header, html.div().classes('fy-seg').props('role=group') as choice:
            choice.props['aria-label'] = 'Time shown'
            self._buttons = {
                span: button(words, on_click=lambda span=span: self._pick(span)) for words, span in SPANS.items()
            }
        with self.card.foot:
            self._sentence = plain_text('span', '').classes('fy-sm fy-muted fy-grow')
            html.a('See who is waiting').classes('fy-sm').props('href=/staff/contacts?status=invited')
        self._show(first)

    async def follow(self, event: CountsNow) -> None:
        """Something changed: the same span, read anew, once for all open dashboards."""
        span = self._span
        found = await _shared.get(event, span)
        if span == self._span:
            self._show(found)

    async def _pick(self, span: Span) -> None:
        self._span = span
        found = await read(span)
        if span == self._span:
            self._show(found)

    def _show(self, found: Sequence[CohortCount]) -> None:
        for span, made in self._buttons.items():
            made.props['aria-pressed'] = 'true' if span == self._span else 'false'
        self.chart.show([Cohort(one.start, one.invited, one.joined) for one in found], self._span[1])
        self._sentence.set_text(sentence(found))


def sentence(found: Sequence[CohortCount]) -> str:
    """What the picture says."""
    invited, joined = sum(one.invited for one in found), sum(one.joined for one in found)
    if not invited:
        return 'Nobody was invited in this time.'
    if joined == invited:
        return 'Everybody who was invited has joined.'
    if not joined:
        return 'None of those invited has joined yet.'
    return f'{max(1, min(99, round(100 * joined / invited)))} % of those invited have joined.'
