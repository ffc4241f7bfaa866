"""`/staff/access-report`: who may sign in, who did, how and last when; on screen and as a streamed download."""

from collections.abc import AsyncIterator

from nicegui import app, html
from nicegui import ui as nui
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from domain.activity.access_report import COLUMNS, PAGE_SIZE, ReportPage, access_report_csv, report_page
from domain.actors import StaffActor
from domain.authorization import Permission
from domain.contacts.directory import STATUSES
from domain.events import ContactsChanged, Event, SignedInEvent
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.address_bar import AddressBar
from ui.components.basics import badge, button, empty_state, plain_text
from ui.components.live_table import Cell, Column, Row, Table, Text
from ui.components.pager import page_number, pager
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page, staff_who_may
from ui.staff.contact_words import several
from ui.staff.shared_counts import contacts_by_status

DOWNLOAD = '/staff/access-report.csv'
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
    """Register the page and the download."""
    app.get(DOWNLOAD)(download)
    staff_page('/staff/access-report', title='Access report', permission=Permission.EXPORT_REPORT)(report)


async def download(request: Request) -> Response:
    """The whole report as CSV, in chunks as they are read."""
    actor = await staff_who_may(request, Permission.EXPORT_REPORT, came_from='/staff/access-report')
    name = f'access-report-{deps().clock.now():%Y-%m-%d}.csv'
    return Download(await access_report_csv(deps(), actor), name)


class Download(StreamingResponse):
    """Chunks that stop being made when nobody takes them any more."""

    def __init__(self, chunks: AsyncIterator[bytes], name: str) -> None:
        """`name` is the file's name; ASCII without quotes."""
        super().__init__(
            chunks,
            media_type='text/csv; charset=utf-8',
            headers={'Content-Disposition': f'attachment; filename="{name}"'},
        )
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            close = getattr(self._chunks, 'aclose', None)
            if close is not None:
                await close()


async def report(actor: StaffActor, page: str = '1') -> None:
    """The report on screen."""
    firm_name = (await read_portal()).firm_name
    with staff_frame(actor, firm_name, here='/staff/access-report'):
        await ReportOnScreen(actor, (page_number(page) - 1) * PAGE_SIZE).load()


class ReportOnScreen:
    def __init__(self, actor: StaffActor, offset: int) -> None:
        """Build it in the page; `load` fills it."""
        self.actor, self.offset = actor, offset
        with html.div().classes('fy-head'):
            with html.div():
                html.h1('Access report')
                self.count = plain_text('p', '\u00a0').classes('fy-muted fy-num')
            button('Export access report', icon='download', kind='primary', on_click=lambda: nui.navigate.to(DOWNLOAD))
        self.totals = {}
        with html.dl().classes('fy-card fy-totals'):
            for status in STATUSES:
                with html.div():
                    with html.dt():
                        badge(status)
                    self.totals[status] = plain_text('dd', '0').classes('fy-num')
        self.card = html.section().classes('fy-card').props('aria-label="Access report"')
        with self.card:
            self.table = Table('Access report', [Column(TITLES[name], hint=name) for name in COLUMNS], wide=True)
            self.pager = pager(PAGE_SIZE, self._go)
        with (
            html.section().classes('fy-card') as self.empty,
            empty_state('Nobody to report on yet', 'As soon as there is a contact, the report has a row for it.'),
        ):
            button('To the contacts', on_click=lambda: nui.navigate.to('/staff/contacts'))
        self.address = AddressBar(self._back)
        self.address.begin(self._query())
        refresher = Refresher(lambda change: self.load(settled=False, change=change))
        live.on(ContactsChanged, refresher.ask)
        live.on(SignedInEvent, refresher.ask)

    def _query(self) -> dict[str, str]:
        page = self.offset // PAGE_SIZE + 1
        return {'page': str(page) if page > 1 else ''}

    async def _go(self, offset: int) -> None:
        self.offset = offset
        self.address.show(self._query(), step=True)
        await self.load()

    async def _back(self, query: dict[str, str]) -> None:
        self.offset = (page_number(query.get('page', '1')) - 1) * PAGE_SIZE
        await self.load()

    async def load(self, *, settled: bool = True, change: Event | None = None) -> None:
        """Read and show; `settled` as for `Table.show`, `change` is what other tabs read again for at the same time."""
        by_status = await contacts_by_status.get(change, '')
        page = await report_page(deps(), self.actor, self.offset, by_status)
        self.offset = page.offset
        self.count.set_text(f'{several(page.total, "contact")}, one row each. Times are UTC.')
        for status, number in self.totals.items():
            number.set_text(f'{page.by_status.get(status, 0):,}')
        self.table.show(_rows(page), settled=settled)
        self.pager.show(page.offset, len(page.rows), page.total)
        self.card.set_visibility(bool(page.rows))
        self.empty.set_visibility(not page.rows)


def _rows(page: ReportPage) -> list[Row]:
    return [
        Row(row[0], row[1], tuple(_cell(name, row[0], text) for name, text in zip(COLUMNS, row, strict=True)))
        for row in page.rows
    ]


def _cell(column: str, contact_id: str, text: str) -> Cell:
    if column == 'name':
        return Cell(((Text(text, href=f'/staff/contacts/{contact_id}'),),))
    if column == 'status':
        return Cell(((Text(text),),))
    return Cell(((Text(text, 'muted'),),))
