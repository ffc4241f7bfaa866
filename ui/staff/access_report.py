"""`/staff/access-report`: who may sign in, who did, how and last when; filtered as the contact list is."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlencode

import structlog
from nicegui import background_tasks, context, html
from nicegui import ui as nui

from domain.activity.access_report import COLUMNS, PAGE_SIZE, FileFormat, report_rows
from domain.actors import StaffActor
from domain.authorization import Permission
from domain.contacts.contact_filter import LONGEST_SEARCH, STATUSES, ContactFilter
from domain.contacts.selection import Selection
from domain.errors import SignedOut
from domain.events import ContactsChanged, Event, MailsChanged, SignedInEvent
from domain.portal.portal_settings import read_portal
from domain.portal.report_mail import FILE
from ui import live
from ui.components.address_bar import AddressBar
from ui.components.basics import button, empty_state, notice, plain_text, text_field, toast
from ui.components.live_table import Cell, Column, Row, Table, Text
from ui.components.pager import page_number, pager
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page
from ui.staff import access_report_files
from ui.staff.access_report_files import ADDRESSES, PAGE
from ui.staff.access_report_schedules import Schedules
from ui.staff.access_report_totals import Totals
from ui.staff.contact_filters import ContactFilters, asked_by, in_force, with_value, without_filters
from ui.staff.contact_list_counts import Counting, Known
from ui.staff.contact_words import several
from ui.theme import icon

log = structlog.get_logger(__name__)

TYPING_PAUSE = 200  # milliseconds without a key before the report is asked
COUNT_PATIENCE = 0.15  # seconds that numbers may take before the page goes without them
TITLES = {  # what the columns are called on screen; the file has their own names, which are told on hover
    'contact_id': 'Number',
    'name': 'Name',
    'kind': 'Kind',
    'organisation': 'Organisation',
    'email': 'Email',
    'login_email': 'Login email',
    'portal_access': 'Portal access',
    'status': 'Status',
    'invited_at': 'Invited',
    'invited_by': 'Invited by',
    'invitation_expires_at': 'Invitation expires',
    'joined_at': 'Joined',
    'last_sign_in_at': 'Last sign-in',
    'last_sign_in_method': 'Signed in by',
    'password_set': 'Password set',
    'two_factor': 'Two-factor',
    'two_factor_enrolled_at': 'Two-factor since',
    'active_sessions': 'Sessions',
    'email_status': 'Mail',
    'created_at': 'Added',
}


def register() -> None:
    """Register the page and the downloads."""
    access_report_files.register()
    staff_page(PAGE, title='Access report', permission=Permission.EXPORT_REPORT)(report)


async def report(actor: StaffActor) -> None:
    """The report on screen, as its address has it; with `file`, it is handed over too."""
    query = context.client.request.query_params
    firm_name = (await read_portal()).firm_name
    with staff_frame(actor, firm_name, here=PAGE):
        page = ReportOnScreen(actor, query)
        await page.load()
        await page.schedules.load()
        if query.get(FILE) in set(FileFormat):
            page.hand_over(FileFormat(query[FILE]))


class ReportOnScreen:
    def __init__(self, actor: StaffActor, query: Mapping[str, str]) -> None:
        """Build it in the page; `load` fills it."""
        self.actor = actor
        self.fits, self.offset = _asked(query)
        self._asked = 0
        self._client = context.client
        self._reading: asyncio.Task[tuple[tuple[str, ...], ...]] | None = None
        self._rows: tuple[tuple[str, ...], ...] = ()
        self.counting = Counting(actor, self._show_numbers)
        self._client.on_delete(self.counting.stop)
        self._build_head()
        self.totals = Totals(self._pick)
        self.error = notice('bad', 'The report could not be read.', live=True)
        with self.error:
            button('Try again', small=True, on_click=self.load)
        self.card = html.section().classes('fy-card').props('aria-label="Access report"')
        with self.card:
            self.table = Table('Access report', [Column(TITLES[name], hint=name) for name in COLUMNS], wide=True)
            self.pager = pager(PAGE_SIZE, self._turn)
        self.empty = html.section().classes('fy-card')
        self.schedules = Schedules(actor, lambda: self.fits)
        self.address = AddressBar(self._back, search=self.search)
        self.address.begin(dict(query))
        self._follow()
        refresher = Refresher(lambda change: self.load(settled=False, change=change))
        for kind in (ContactsChanged, SignedInEvent, MailsChanged):
            live.on(kind, refresher.ask)

    def _build_head(self) -> None:
        with html.div().classes('fy-head'):
            with html.div():
                html.h1('Access report')
                self.count = plain_text('p', '\u00a0').classes('fy-muted fy-num')
            button('Export as XLSX', icon='download', on_click=lambda: self._export(FileFormat.XLSX)).props['title'] = (
                'A workbook for a spreadsheet'
            )
            button(
                'Export access report', icon='download', kind='primary', on_click=lambda: self._export(FileFormat.CSV)
            ).props['title'] = 'A CSV file'
        with html.div().classes('fy-row fy-searchrow'):
            with html.div().classes('fy-searchbox').props('role=search'):
                self.search = text_field(
                    '', kind='search', value=self.fits.search, placeholder='Search contacts', autocomplete='off',
                    longest=LONGEST_SEARCH, on_change=self._typed,
                )  # fmt: skip
                self.search.classes('fy-bare')
                self.search.props(f'aria-label="Search contacts" debounce={TYPING_PAUSE} aria-keyshortcuts="/"')
                with self.search.add_slot('prepend'):
                    nui.icon(icon('search')).props('aria-hidden=true')
            with html.div().classes('fy-tools'):
                self.filter = button('Filter', icon='list-filter')
        self.filters = ContactFilters(self.actor, self.filter, self._filter, self._clear)
        self.filter.on_click(self.filters.bar.unfold)

    # ── What the reader asks for ────────────────────────────────────────────

    async def _go(self, fits: ContactFilter, offset: int = 0, *, step: bool = True) -> None:
        self.fits, self.offset = fits, offset
        self.address.show(self._query(), step=step)
        self._follow()
        await self.load()

    async def _typed(self) -> None:
        fits = with_value(self.fits, 'search', self.search.value or '')
        if fits != self.fits:
            await self._go(fits, step=False)

    async def _pick(self, status: str) -> None:
        await self._go(with_value(self.fits, 'status', status))

    async def _filter(self, fits: ContactFilter) -> None:
        if fits != self.fits:
            await self._go(fits)

    async def _clear(self) -> None:
        await self._go(without_filters(self.fits))

    async def _all(self) -> None:
        self.search.value = ''
        await self._go(ContactFilter())

    async def _turn(self, offset: int) -> None:
        await self._go(self.fits, offset)

    async def _back(self, query: dict[str, str]) -> None:
        self.fits, self.offset = _asked(query)
        self.search.value = self.fits.search
        self._follow()
        await self.load()

    def _query(self) -> dict[str, str]:
        page = self.offset // PAGE_SIZE + 1
        return self.fits.to_query() | ({'page': str(page)} if page > 1 else {})

    def _export(self, file_format: FileFormat) -> None:
        query = urlencode(self.fits.to_query())
        nui.navigate.to(f'{ADDRESSES[file_format]}?{query}' if query else ADDRESSES[file_format])

    def hand_over(self, file_format: FileFormat) -> None:
        """The file that a mail led to, once: reading the page again does not download it again."""
        self.address.show(self._query(), step=False)
        self._export(file_format)
        toast('The file of this report is on its way to your downloads.')

    # ── What it shows ───────────────────────────────────────────────────────

    def _follow(self) -> None:
        self.filters.show(self.fits)
        self.filter.set_text(f'Filter · {number}' if (number := len(in_force(self.fits))) else 'Filter')
        self.totals.pick(self.fits.status)

    async def load(self, *, settled: bool = True, change: Event | None = None) -> None:
        """Read and show: rows first, numbers once they are known. Only the newest of several readings is shown;
        `settled` as for `Table.show`, `change` is what other tabs read again for at the same time."""
        self._asked += 1
        asked, fits = self._asked, self.fits
        self.counting.leave(fits)
        if self._reading is not None:
            self._reading.cancel()  # nobody waits for what was asked for before
        reading = report_rows(deps(), self.actor, self.offset, Selection(fits=fits).chosen())
        self._reading = asyncio.create_task(reading)
        try:
            rows = await self._reading
        except (SignedOut, asyncio.CancelledError):
            return  # the page is being closed, or asked for something else
        except Exception:
            log.exception('the report could not be read')
            if asked == self._asked and settled:
                self._show_parts(has_error=True)
            return
        if asked != self._asked:
            return
        self._rows = rows
        self.table.show(_rows(rows), settled=settled)
        self._show_parts()
        self.counting.want(fits, change)
        await self.counting.for_a_moment(COUNT_PATIENCE)
        if asked == self._asked:
            self._show_numbers()

    def _show_parts(self, *, has_error: bool = False) -> None:
        self.error.set_visibility(has_error)
        self.card.set_visibility(bool(self._rows) and not has_error)
        is_empty = not self._rows and not has_error
        self.empty.set_visibility(is_empty)
        self.empty.clear()
        if is_empty:
            with self.empty:
                self._teach()

    def _teach(self) -> None:
        if not self.fits.is_empty:
            with empty_state('No contact fits', 'Try fewer letters, or fewer filters.', art=False):
                button('Show all contacts', on_click=self._all)
            return
        with empty_state('Nobody to report on yet', 'As soon as there is a contact, the report has a row for it.'):
            button('To the contacts', on_click=lambda: nui.navigate.to('/staff/contacts'))

    def _show_numbers(self) -> None:
        """What is known by now of how many there are."""
        known, status = self.counting.known, self.fits.status
        total = known.number(status)
        by_status = {one: known.number(one) or 0 for one in STATUSES} if total is not None else None
        self.totals.show(by_status, status)
        self.count.set_text(count_words(known, self.fits))
        self.pager.show(self.offset, len(self._rows), total)
        if not self._rows and total and self.offset:  # fewer than there were: the last page there is
            background_tasks.create(self._to_the_end(total), name='to the last page of the report')

    async def _to_the_end(self, total: int) -> None:
        with self._client:
            await self._go(self.fits, (total - 1) // PAGE_SIZE * PAGE_SIZE, step=False)


def _asked(query: Mapping[str, str]) -> tuple[ContactFilter, int]:
    return asked_by(query), (page_number(query.get('page', '1')) - 1) * PAGE_SIZE


def count_words(known: Known, fits: ContactFilter) -> str:
    """How many rows the report has, as far as that is known."""
    total = known.number(fits.status)
    if total is None:
        return f'{"Counting…" if known.is_counting else "The contacts could not be counted."} Times are UTC.'
    fit = '' if fits.is_empty else ' fits' if total == 1 else ' fit'
    return f'{several(total, "contact")}{fit}, one row each. Times are UTC.'


def _rows(rows: tuple[tuple[str, ...], ...]) -> list[Row]:
    return [
        Row(row[0], row[1], tuple(_cell(name, row[0], text) for name, text in zip(COLUMNS, row, strict=True)))
        for row in rows
    ]


def _cell(column: str, contact_id: str, text: str) -> Cell:
    if column == 'name':
        return Cell(((Text(text, href=f'/staff/contacts/{contact_id}'),),))
    if column == 'status':
        return Cell(((Text(text),),))
    return Cell(((Text(text, 'muted'),),))
