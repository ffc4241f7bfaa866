"""`/staff/contacts`: everybody the firm deals with, found, sorted and ticked, and what the portal is to them."""

import asyncio

import structlog
from nicegui import background_tasks, context, html

from domain.actors import StaffActor
from domain.authorization import may
from domain.contacts.bulk import PERMISSIONS, BulkKind
from domain.contacts.contact_filter import STATUSES, ContactFilter
from domain.contacts.finding import ContactPage, find_contacts
from domain.contacts.selection import Selection
from domain.errors import SignedOut
from domain.events import ContactsChanged, Event, MailChanged, MailsChanged, SignedInEvent
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.address_bar import AddressBar
from ui.components.badge import status_words
from ui.components.basics import button, notice
from ui.components.chips import chips
from ui.components.keyset_pager import KeysetPager
from ui.components.live_table import Table
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page
from ui.staff.bulk_dialog import open_bulk_dialog
from ui.staff.contact_dialog import open_contact_dialog
from ui.staff.contact_filters import ContactFilters, is_never, with_value, without_filters
from ui.staff.contact_list_counts import Counting
from ui.staff.contact_list_head import ListHead, SearchRow, teach
from ui.staff.contact_list_rows import columns, other_way, rows
from ui.staff.contact_list_ticking import Ticking
from ui.staff.contact_list_view import PATH, ListView
from ui.staff.contact_list_words import place_words
from ui.staff.farewell import hear_word
from ui.staff.invite_dialog import open_invite_dialog
from ui.staff.login_email_dialog import open_login_email_dialog
from ui.staff.magic_link_dialog import open_magic_link_dialog
from ui.staff.picking import on_page
from ui.staff.saved_views_menu import SavedViewsMenu

log = structlog.get_logger(__name__)

PATIENCE = 0.3  # seconds before the list shows that it works
FIRST_LOOK = 1.5  # seconds a page waits for its rows before it shows that they are being fetched
COUNT_PATIENCE = 0.04  # seconds for which rows wait for their numbers, before it is said that they are being counted


def register() -> None:
    """Register the page."""
    staff_page(PATH, title='Contacts')(contacts_page)


async def contacts_page(actor: StaffActor) -> None:
    """The list, as its address has it."""
    view = ListView.of(context.client.request.query_params)
    firm_name = (await read_portal()).firm_name
    with staff_frame(actor, firm_name, here=PATH):
        await ContactList(actor, view).first_look()
    hear_word(actor)


class ContactList:
    def __init__(self, actor: StaffActor, view: ListView) -> None:
        """Build it in the page; `first_look` fills it."""
        self.actor, self.view = actor, view
        self.page = ContactPage(())
        self.ticking = Ticking()
        self._asked = 0
        self._is_to_settle = False  # a reading that the reader asked for has not been shown yet
        self._change: Event | None = None  # what was read for has not been shown, and not been counted
        self._client = context.client
        self.dialogs = on_page()
        self.counting = Counting(actor, self._show_numbers)
        self.head = ListHead(actor, self._new)
        self.row = SearchRow(actor, view, on_type=self._typed, on_sort=self._go_sorted, on_select=self.ticking.select)
        with self.row.menus:
            self.views = SavedViewsMenu(actor, view, self.dialogs, self._open)
        self.chips = chips('Status', [('', 'All'), *((one, status_words()[one]) for one in STATUSES)], self._pick)
        self.filters = ContactFilters(actor, self.row.filter, self._filter, self._clear_filters)
        self.row.filter.on_click(self.filters.bar.unfold)
        self._remind_strip()
        self.error = notice('bad', 'The contacts could not be read.', live=True)
        with self.error:
            button('Try again', small=True, on_click=self.load)
        self.error.set_visibility(False)
        with html.section().classes('fy-card').props('aria-label=Contacts') as self.card:
            self.table = Table(
                'Contact list', columns(view.sort), on_act=self._act, on_tick=self.ticking.tick, on_sort=self._sort
            )
            self.pager = KeysetPager(self._turn)
        self.empty = html.section().classes('fy-card')
        self.empty.set_visibility(False)
        self.ticking.attach(actor, self.table, self.row.select, self._bulk)
        self.address = AddressBar(self._back, search=self.row.field)
        self.address.begin(view.query())
        self._follow_view()
        self._listen()

    def _remind_strip(self) -> None:
        self.remind = notice('info', 'They have access and have never come in.', icon='hourglass')
        with self.remind:
            if may(self.actor, PERMISSIONS[BulkKind.REMINDER]):
                button('Send reminder', icon='bell', small=True, on_click=self._send_reminder)
        self.remind.set_visibility(False)

    def _listen(self) -> None:
        refresher = Refresher(lambda change: self.load(settled=False, change=change))
        live.on(ContactsChanged, refresher.ask)
        live.on(SignedInEvent, refresher.ask)

        def mailed(event: MailChanged | MailsChanged) -> None:
            ids = event.contact_ids if isinstance(event, MailsChanged) else (event.contact_id,)
            if self.view.fits.mail or any(one.id in ids for one in self.page.rows):
                refresher.ask(event)

        live.on(MailChanged, mailed)
        live.on(MailsChanged, mailed)
        self._client.on_delete(self.counting.stop)

    # ── What the reader asks for ────────────────────────────────────────────

    async def _go(self, view: ListView, *, step: bool = True) -> None:
        """Look at something else; with `step`, Back comes back."""
        self.view = view
        self.address.show(view.query(), step=step)
        self._follow_view()
        await self.load()

    def _follow_view(self) -> None:
        fits = self.view.fits
        self.ticking.follow(fits)
        self.chips.show(None, fits.status)
        self.filters.show(fits)
        self.views.follow(self.view)
        self.row.follow(self.view)

    async def _typed(self, search: str) -> None:
        fits = with_value(self.view.fits, 'search', search)
        if fits != self.view.fits:
            await self._go(self.view.fitting(fits), step=False)

    async def _pick(self, status: str) -> None:
        await self._go(self.view.fitting(with_value(self.view.fits, 'status', status)))

    async def _filter(self, fits: ContactFilter) -> None:
        if fits != self.view.fits:
            await self._go(self.view.fitting(fits))

    async def _clear_filters(self) -> None:
        await self._go(self.view.fitting(without_filters(self.view.fits)))

    async def _clear(self) -> None:
        await self._open(self.view.fitting(ContactFilter()))

    async def _open(self, view: ListView) -> None:
        self.row.type(view.fits.search)
        await self._go(view)

    async def _sort(self, column: str) -> None:
        await self._go_sorted(other_way(self.view.sort, column))

    async def _go_sorted(self, sort: str) -> None:
        await self._go(self.view.sorted_by(sort))

    async def _turn(self, after: str, before: str) -> None:
        await self._go(self.view.at(after, before))
        self.table.to_top()

    async def _back(self, query: dict[str, str]) -> None:
        view = ListView.of(query)
        self.row.type(view.fits.search)
        self.view = view
        self._follow_view()
        await self.load()

    # ── What the reader does ────────────────────────────────────────────────

    async def _new(self) -> None:
        with self.dialogs:
            await open_contact_dialog(self.actor, on_saved=lambda _: self.load())

    async def _invite(self) -> None:
        with self.dialogs:
            await open_invite_dialog(self.actor)

    async def _act(self, row: str, act: str) -> None:
        contact_id = int(row)
        with self.dialogs:
            match act:
                case 'invite':
                    await open_invite_dialog(self.actor, contact_id)
                case 'login_email':
                    await open_login_email_dialog(self.actor, (contact_id,))
                case 'magic_link':
                    await open_magic_link_dialog(self.actor, contact_id)

    async def _bulk(self, kind: BulkKind, selection: Selection) -> None:
        await open_bulk_dialog(self.actor, kind, selection, on_done=self.ticking.clear)

    async def _send_reminder(self) -> None:
        await self._bulk(BulkKind.REMINDER, Selection(fits=self.view.fits))

    # ── What it shows ───────────────────────────────────────────────────────

    async def first_look(self) -> None:
        """Fill the page before it is sent, unless that takes long: then it is sent as it is and filled afterwards."""

        async def read() -> None:
            with self._client:
                await self.views.load()
                await self.load()

        await asyncio.wait({background_tasks.create(read(), name='first look')}, timeout=FIRST_LOOK)

    async def load(self, *, settled: bool = True, change: Event | None = None) -> None:
        """Read and show: the rows, and their numbers as soon as they are known. Only the newest of several readings is
        shown; `settled` as for `Table.show`. `change` is what other tabs read again for at the same time."""
        self._asked += 1
        self._is_to_settle, self._change = self._is_to_settle or settled, change or self._change
        asked, view = self._asked, self.view
        shown = asyncio.create_task(self._show_work(asked)) if settled else None
        self.counting.leave(view.fits)
        try:
            page = await find_contacts(
                deps(), self.actor, view.fits, sort=view.sort, after=view.after, before=view.before
            )
            if asked == self._asked:
                await self._count(view)
            if asked == self._asked:
                self._show(page, settled=self._is_to_settle)
        except SignedOut:
            return  # the page is being closed
        except Exception:
            log.exception('the contacts could not be read')
            if asked == self._asked and self._is_to_settle:
                self.error.set_visibility(True)
                self.card.set_visibility(False)
                self.empty.set_visibility(False)
        finally:
            if shown:
                shown.cancel()
            if asked == self._asked:
                self.table.set_busy(False)

    async def _count(self, view: ListView) -> None:
        change, self._change = self._change, None
        self.counting.want(view.fits, change)
        await self.counting.for_a_moment(COUNT_PATIENCE)

    async def _show_work(self, asked: int) -> None:
        await asyncio.sleep(PATIENCE)
        if asked == self._asked:
            self.table.set_busy(True)

    def _show(self, page: ContactPage, *, settled: bool) -> None:
        self.page, self._is_to_settle = page, False
        if not (self.view.is_start or page.previous):  # the place is gone, or lies before the second page
            self.view = self.view.at('', '')
            self.address.show(self.view.query(), step=False)
        self.error.set_visibility(False)
        self.table.show_columns(columns(self.view.sort), self.view.sort)
        self.table.show(rows(page.rows, self.view.sort, self.actor), settled=settled)
        self.pager.show(previous=page.previous, next=page.next)
        self.card.set_visibility(bool(page.rows))
        self.remind.set_visibility(bool(page.rows) and is_never(self.view.fits))
        self._show_empty()
        self.ticking.show([one.id for one in page.rows])
        self._show_numbers()

    def _show_empty(self) -> None:
        is_empty, fits = not self.page.rows, self.view.fits
        self.empty.set_visibility(is_empty)
        self.empty.clear()
        teaches = is_empty and fits.is_empty
        self.head.offer(not teaches)  # where the empty list offers it, once is enough
        if is_empty:
            with self.empty:
                teach(self.actor, fits, new=self._new, invite=self._invite, clear=self._clear)

    def _show_numbers(self) -> None:
        """What is known by now of how many there are."""
        known, status = self.counting.known, self.view.fits.status
        by_status = {one: known.number(one) for one in ('', *STATUSES)}
        self.chips.show(by_status, status)
        self.head.show(known, self.view.fits)
        self.pager.say(place_words(len(self.page.rows), known, self.view))
        self.ticking.count(by_status[status])
