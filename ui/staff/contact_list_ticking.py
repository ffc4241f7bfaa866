"""Ticking contacts in their list: the check boxes, and what is shown above and below of who is ticked."""

from collections.abc import Awaitable, Callable, Sequence

from domain.actors import StaffActor
from domain.contacts.bulk import BulkKind
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.selection import MOST_TICKED, Selection
from ui.components.basics import toast
from ui.components.live_table import Table
from ui.staff.contact_list_bulk import ALL, PAGE, BulkBar, SelectButton
from ui.staff.contact_list_ticks import Ticks

Acts = Callable[[BulkKind, Selection], Awaitable[None]]


class Ticking:
    """`attach` it once the table is there. Ticks stay while one pages, searches and filters."""

    def __init__(self) -> None:
        self._ticks = Ticks()
        self._fits = ContactFilter()
        self._total: int | None = None
        self._ids: Sequence[int] = ()

    def attach(
        self,
        actor: StaffActor,
        table: Table,
        select: SelectButton,
        act: Callable[[BulkKind, Selection], Awaitable[None]],
    ) -> None:
        """Build the bar here, at the end of the list; `act` is called with what to do, and to whom."""
        self._table, self._button, self._act = table, select, act
        self._bar = BulkBar(actor, on_act=self._bulk, on_all=lambda: self.select(ALL), on_clear=self.clear)

    def follow(self, fits: ContactFilter) -> None:
        """These are looked at. All that fitted before are ticked no more: it is not they that would be meant."""
        if self._ticks.is_all and fits != self._fits:
            self._ticks.clear()
        self._fits, self._total = fits, None

    def show(self, ids: Sequence[int]) -> None:
        """These rows are shown."""
        self._ids = ids
        self._show()

    def count(self, total: int | None) -> None:
        """So many fit; None while that is not known."""
        self._total = total
        self._show(boxes=False)

    def tick(self, keys: Sequence[str], on: bool) -> None:
        """What the check boxes were told."""
        if not self._ticks.tick([int(key) for key in keys], on):
            toast(f'At most {MOST_TICKED:,} can be ticked one by one. A filter selects more.', kind='bad')
        self._show()

    async def select(self, which: str) -> None:
        """Tick the page that is shown, or all that fit; with something to do, ask about doing it to all of them."""
        if which == PAGE:
            self._ticks.tick(self._ids, True)
        else:
            self._ticks.tick_all(self._fits)
        self._show()
        self._bar.focus()
        if which not in (PAGE, ALL):
            await self._bulk(BulkKind(which))

    def clear(self) -> None:
        """Tick nobody."""
        self._ticks.clear()
        self._show()
        self._button.focus()

    async def _bulk(self, kind: BulkKind) -> None:
        if self._ticks:
            await self._act(kind, self._ticks.selection())

    def _show(self, *, boxes: bool = True) -> None:
        ticked = self._ticks.ticked(self._ids)
        if boxes:
            self._table.show_ticks({str(one) for one in ticked})
        self._bar.show(self._ticks, self._total, len(ticked))
        self._button.show(is_away=bool(self._ticks) or not self._ids, total=self._total)
