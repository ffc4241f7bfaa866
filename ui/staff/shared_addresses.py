"""`/staff/contacts/shared`: addresses that several contacts share, and which of them each login belongs with."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import structlog
from nicegui import background_tasks, context, html
from nicegui import ui as nui

from domain.actors import StaffActor, SystemActor
from domain.contacts.contact_filter import LONGEST_SEARCH
from domain.contacts.shared_addresses import SharedPage, SharedTotals, count_shared, list_shared
from domain.errors import SecondFactorNeeded, SignedOut
from domain.events import ContactsChanged, Event, LoginChanged, SignedInEvent
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.address_bar import AddressBar
from ui.components.basics import button, empty_state, notice, plain_text, text_field
from ui.components.keyset_pager import KeysetPager
from ui.components.live_table import Table
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page
from ui.staff.once_per_change import OncePerChange
from ui.staff.picking import on_page
from ui.staff.shared_address_dialog import open_shared_address_dialog
from ui.staff.shared_address_rows import COLUMNS, address_row
from ui.staff.shared_address_words import PATH, place_words, totals_words
from ui.theme import icon

log = structlog.get_logger(__name__)

PATIENCE = 0.3  # seconds before the list shows that it works
FIRST_LOOK = 1.5  # seconds a page waits for its rows before it shows that they are being fetched
COUNT_PATIENCE = 0.15  # seconds that numbers may take before rows are shown without them
TYPING_PAUSE = 200  # milliseconds without a key before the list is asked
LONGEST_PLACE = 400


async def _count(search: str) -> SharedTotals:
    return await count_shared(deps(), SystemActor(), search)


totals_of = OncePerChange(_count)
"""How many addresses are shared, by search: read once for each change, however many pages are open."""


def register() -> None:
    """Register the page. Before that of a contact, whose address would fit too."""
    staff_page(PATH, title='Shared addresses')(shared_addresses_page)


async def shared_addresses_page(actor: StaffActor) -> None:
    """The list, as its address has it."""
    view = SharedView.of(context.client.request.query_params)
    firm_name = (await read_portal()).firm_name
    with staff_frame(actor, firm_name, here='/staff/contacts'):
        await SharedAddresses(actor, view).first_look()


@dataclass(frozen=True)
class SharedView:
    """What the list is asked for; `after` and `before` are cursors, at most one."""

    search: str = ''
    after: str = ''
    before: str = ''

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """From the query of an address."""
        after = query.get('after', '')[:LONGEST_PLACE]
        before = '' if after else query.get('before', '')[:LONGEST_PLACE]
        return cls(query.get('search', '').strip()[:LONGEST_SEARCH], after, before)

    def query(self) -> dict[str, str]:
        """For an address."""
        return {'search': self.search, 'after': self.after, 'before': self.before}


class SharedAddresses:
    def __init__(self, actor: StaffActor, view: SharedView) -> None:
        """Build it in the page; `first_look` fills it."""
        self.actor, self.view = actor, view
        self.page = SharedPage(())
        self.totals: SharedTotals | None = None
        self._asked = 0
        self._is_to_settle = False  # a reading that the reader asked for has not been shown yet
        self._counting: asyncio.Task[None] | None = None
        self._client = context.client
        self.dialogs = on_page()
        self._head()
        self.error = notice('bad', 'The addresses could not be read.', live=True)
        with self.error:
            button('Try again', small=True, on_click=self.load)
        self.error.set_visibility(False)
        with html.section().classes('fy-card').props('aria-label="Shared addresses"') as self.card:
            self.table = Table('Shared addresses', COLUMNS, on_act=self._act)
            self.table.classes('fy-shared')
            self.pager = KeysetPager(self._turn)
        self.empty = html.section().classes('fy-card')
        self.empty.set_visibility(False)
        self.address = AddressBar(self._back, search=self.field)
        self.address.begin(view.query())
        self._listen()

    def _head(self) -> None:
        with html.a().classes('fy-back').props('href=/staff/contacts'):
            nui.icon(icon('arrow-left')).props('aria-hidden=true')
            html.span('Contacts')
        with html.div().classes('fy-head'), html.div():
            html.h1('Shared addresses')
            self.count = plain_text('p', '\u00a0').classes('fy-muted fy-num').props('role=status')
        plain_text(
            'p',
            'Whoever reads mail at a shared address signs in once and enters all of its contacts. '
            'Mail to the login itself, such as a sign-in link, is addressed to the contact it belongs with.',
        ).classes('fy-muted fy-lead')
        with html.div().classes('fy-row fy-searchrow'), html.div().classes('fy-searchbox').props('role=search'):
            self.field = text_field(
                '', kind='search', value=self.view.search, placeholder='Search address or contact',
                autocomplete='off', longest=LONGEST_SEARCH, on_change=self._typed,
            )  # fmt: skip
            self.field.classes('fy-bare')
            self.field.props(f'aria-label="Search shared addresses" debounce={TYPING_PAUSE} aria-keyshortcuts="/"')
            with self.field.add_slot('prepend'):
                nui.icon(icon('search')).props('aria-hidden=true')
            with self.field.add_slot('append'):
                html.span('/').classes('fy-key fy-hide-phone').props('aria-hidden=true')

    def _listen(self) -> None:
        refresher = Refresher(lambda change: self.load(settled=False, change=change))
        for kind in (ContactsChanged, LoginChanged, SignedInEvent):
            live.on(kind, refresher.ask)
        self._client.on_delete(self._stop_counting)

    # ── What the reader asks for ────────────────────────────────────────────

    async def _go(self, view: SharedView, *, step: bool = True) -> None:
        """Look at something else; with `step`, Back comes back."""
        if view.search != self.view.search:
            self.totals = None
        self.view = view
        self.address.show(view.query(), step=step)
        await self.load()

    async def _typed(self) -> None:
        search = (self.field.value or '').strip()[:LONGEST_SEARCH]
        if search != self.view.search:
            await self._go(SharedView(search), step=False)

    async def _turn(self, after: str, before: str) -> None:
        await self._go(replace(self.view, after=after, before=before))
        self.table.to_top()

    async def _back(self, query: dict[str, str]) -> None:
        view = SharedView.of(query)
        if view.search != self.view.search:
            self.totals = None
        self.view = view
        self.field.value = view.search
        await self.load()

    async def _show_all(self) -> None:
        self.field.value = ''
        await self._go(SharedView())

    async def _act(self, email: str, _: str) -> None:
        with self.dialogs:
            await open_shared_address_dialog(self.actor, email)

    # ── What it shows ───────────────────────────────────────────────────────

    async def first_look(self) -> None:
        """Fill the page before it is sent, unless that takes long: then it is sent as it is and filled afterwards."""

        async def read() -> None:
            with self._client:
                await self.load()

        await asyncio.wait({background_tasks.create(read(), name='first look')}, timeout=FIRST_LOOK)

    async def load(self, *, settled: bool = True, change: Event | None = None) -> None:
        """Read and show: rows first, numbers once they are known. Only the newest of several readings is shown;
        `settled` as for `Table.show`. `change` is what other tabs read again for at the same time."""
        self._asked += 1
        self._is_to_settle = self._is_to_settle or settled
        asked, view = self._asked, self.view
        shown = asyncio.create_task(self._show_work(asked)) if settled else None
        try:
            page = await list_shared(deps(), self.actor, search=view.search, after=view.after, before=view.before)
            if asked != self._asked:
                return
            self._show(page, settled=self._is_to_settle)
        except (SignedOut, SecondFactorNeeded):
            return  # the page is being closed, or moved
        except Exception:
            log.exception('the shared addresses could not be read')
            if asked == self._asked and settled:
                self.error.set_visibility(True)
                self.card.set_visibility(False)
                self.empty.set_visibility(False)
            return
        finally:
            if shown:
                shown.cancel()
            if asked == self._asked:
                self.table.set_busy(False)
        self._stop_counting()
        self._counting = background_tasks.create(self._know(view.search, change), name='count the shared addresses')
        await asyncio.wait({self._counting}, timeout=COUNT_PATIENCE)

    async def _show_work(self, asked: int) -> None:
        await asyncio.sleep(PATIENCE)
        if asked == self._asked:
            self.table.set_busy(True)

    async def _know(self, search: str, change: Event | None) -> None:
        """How many there are, as soon as it is known."""
        try:
            totals = await totals_of.get(change, search)
        except Exception:
            log.exception('the shared addresses could not be counted')
            return
        if search == self.view.search and not self._client.is_deleted:
            self.totals = totals
            with self._client:
                self._show_numbers()

    def _stop_counting(self) -> None:
        if self._counting is not None:
            self._counting.cancel()

    def _show(self, page: SharedPage, *, settled: bool) -> None:
        self.page, self._is_to_settle = page, False
        if not page.previous and (self.view.after or self.view.before):  # the place is gone, or it is the first page
            self.view = SharedView(self.view.search)
            self.address.show(self.view.query(), step=False)
        self.error.set_visibility(False)
        self.table.show([address_row(one) for one in page.rows], settled=settled)
        self.pager.show(previous=page.previous, next=page.next)
        self.card.set_visibility(bool(page.rows))
        self.empty.set_visibility(not page.rows)
        self.empty.clear()
        if not page.rows:
            with self.empty:
                self._teach()
        self._show_numbers()

    def _teach(self) -> None:
        search = self.view.search
        if search:
            with empty_state(f'No shared address fits “{search}”', 'Try fewer letters.', art=False):
                button('Show all shared addresses', on_click=self._show_all)
            return
        with empty_state('No address is shared', 'Once two contacts have the same address, it stands here.'):
            button('To the contacts', on_click=lambda: nui.navigate.to('/staff/contacts'))

    def _show_numbers(self) -> None:
        self.count.set_text(totals_words(self.totals, self.view.search))
        is_all = not (self.page.next or self.page.previous)
        self.pager.say(place_words(len(self.page.rows), self.totals, is_all=is_all))
