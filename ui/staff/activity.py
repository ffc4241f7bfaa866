"""`/staff/activity`: the audit log in sentences, live, filtered by what its address says, and as CSV."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlencode

import structlog
from nicegui import app, background_tasks, context, html
from nicegui import ui as nui
from starlette.requests import Request
from starlette.responses import Response

from domain.activity.activity_search import PAGE_SIZE, activity_csv, list_activity
from domain.activity.audit_log import Entry
from domain.actors import StaffActor
from domain.authorization import Permission, may
from domain.errors import SignedOut
from domain.events import ActivityRecorded, Event
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.address_bar import AddressBar
from ui.components.basics import button, empty_state, notice, plain_text
from ui.components.feed import Feed
from ui.components.live_table import use_styles
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page, staff_who_may
from ui.staff.access_report_files import Download
from ui.staff.activity_filters import UPSIDE_DOWN, ActivityFilters
from ui.staff.activity_query import ActivityView
from ui.staff.activity_words import as_line
from ui.staff.unknown_addresses import UnknownAddressesCard

log = structlog.get_logger(__name__)

PAGE, DOWNLOAD = '/staff/activity', '/staff/activity.csv'
MOST = 1_000  # entries on one page; who needs older ones narrows the view or takes the file
FIRST_LOOK = 1.5  # seconds a page waits for its entries before it shows that they are being fetched


def register() -> None:
    """Register the page and the download."""
    app.get(DOWNLOAD)(download)
    staff_page(PAGE, title='Activity', permission=Permission.SEE_ACTIVITY)(activity_page)


async def download(request: Request) -> Response:
    """What the page shows, all of it, as CSV in chunks as they are read (columns: domain/activity/activity_search)."""
    actor = await staff_who_may(request, Permission.EXPORT_ACTIVITY, came_from=PAGE)
    wanted = ActivityView.of(request.query_params).filter()
    return Download(await activity_csv(deps(), actor, wanted), f'activity-{deps().clock.now():%Y-%m-%d}.csv')


async def activity_page(actor: StaffActor) -> None:
    """The log, as the address has it."""
    view = ActivityView.of(context.client.request.query_params)
    firm_name = (await read_portal()).firm_name
    use_styles()
    with staff_frame(actor, firm_name, here=PAGE):
        await ActivityPage(actor, view).first_look()


class ActivityPage:
    def __init__(self, actor: StaffActor, view: ActivityView) -> None:
        """Build it in the page; `first_look` fills it."""
        self.actor, self.view = actor, view
        self._entries: Sequence[Entry] = ()
        self._asked = 0
        self._client = context.client
        with html.div().classes('fy-head'):
            with html.div():
                html.h1('Activity')
                html.p('Who did what, when and from where. Nothing here can be changed.').classes('fy-muted')
            if may(actor, Permission.EXPORT_ACTIVITY):
                button('Export activity', icon='download', on_click=self._export)
        self.unknown = UnknownAddressesCard(actor)
        self.filters = ActivityFilters(actor, view, self._filter)
        self.error = notice('bad', 'The activity could not be read.', live=True)
        with self.error:
            button('Try again', small=True, on_click=self.load)
        self.error.set_visibility(False)
        with html.section().classes('fy-card').props('aria-label=Activity') as self.card:
            self.feed = Feed(None)
            with html.div().classes('fy-pager') as self.strip:
                self.words = plain_text('span', '').classes('fy-grow')
                self.more = button('Show more', small=True, on_click=self._show_more)
        self.strip.set_visibility(False)
        self.empty = html.section().classes('fy-card')
        self.empty.set_visibility(False)
        self.address = AddressBar(self._back)
        self.address.begin(view.query())
        live.on(ActivityRecorded, Refresher(self._news).ask)

    # ── What the reader does ────────────────────────────────────────────────

    async def _filter(self, view: ActivityView) -> None:
        self.view = view
        self.address.show(view.query(), step=True)
        await self.load()

    async def _back(self, query: dict[str, str]) -> None:
        self.view = ActivityView.of(query)
        await self.filters.show(self.view)
        await self.load()

    async def _clear(self) -> None:
        await self.filters.show(ActivityView())
        await self._filter(ActivityView())

    def _export(self) -> None:
        nui.navigate.to(f'{DOWNLOAD}?{urlencode(self.view.query())}')

    async def _show_more(self) -> None:
        view, below = self.view, self._entries[-1].id
        page = await list_activity(deps(), self.actor, view.filter(), below=below)
        if view == self.view and self._entries and self._entries[-1].id == below:
            self._show([*self._entries, *page.entries], has_more=page.has_more)

    # ── What it shows ───────────────────────────────────────────────────────

    async def first_look(self) -> None:
        """Fill the page before it is sent, unless that takes long: then it is sent as it is and filled afterwards."""

        async def read() -> None:
            with self._client:
                await self.filters.show(self.view)
                await self.unknown.load()
                await self.load()

        await asyncio.wait({background_tasks.create(read(), name='first look')}, timeout=FIRST_LOOK)

    async def load(self) -> None:
        """Read the newest and show them. Only the last of several readings is shown."""
        self._asked += 1
        asked = self._asked
        try:
            page = await list_activity(deps(), self.actor, self.view.filter())
        except SignedOut:
            return  # the page is being closed
        except Exception:
            log.exception('the activity could not be read')
            if asked == self._asked:
                self.error.set_visibility(True)
                self.card.set_visibility(False)
                self.empty.set_visibility(False)
            return
        if asked == self._asked:
            self._show(page.entries, has_more=page.has_more)

    async def _news(self, _: Event | None) -> None:
        """Something was written: put what is new before what is there. Read again whole where there is a gap.

        The newest page is read anew, since what was written at the same moment may be committed in another order.
        """
        view, asked = self.view, self._asked
        page = await list_activity(deps(), self.actor, view.filter())
        if view != self.view or asked != self._asked:
            return
        there = {entry.id for entry in self._entries}
        if not page.entries or not there or page.entries[-1].id > max(there):
            self._show(page.entries, has_more=page.has_more)
            return
        new = [entry for entry in page.entries if entry.id not in there]
        if new:
            entries = sorted([*new, *self._entries], key=lambda entry: entry.id, reverse=True)
            self._show(entries, has_more=self.more.visible or len(entries) > PAGE_SIZE > len(self._entries))

    def _show(self, entries: Sequence[Entry], *, has_more: bool) -> None:
        is_cut = len(entries) >= MOST and has_more
        self._entries = entries[:MOST]
        self.error.set_visibility(False)
        self.feed.show([as_line(entry) for entry in self._entries])
        self.more.set_visibility(has_more and not is_cut)
        self.words.set_text(_count(len(self._entries), has_more=has_more, is_cut=is_cut))
        self.strip.set_visibility(bool(entries))
        self.card.set_visibility(bool(entries))
        self.empty.set_visibility(not entries)
        if not entries:
            self.empty.clear()
            with self.empty:
                self._teach()

    def _teach(self) -> None:
        if self.view.query():
            why = UPSIDE_DOWN if self.view.is_upside_down else 'Nothing like this has happened yet.'
            with empty_state('Nothing fits', why, art=False):
                button('Show all activity', on_click=self._clear)
            return
        empty_state(
            'Nothing has happened yet', 'Every sign-in, every invitation and every change appears here as it happens.'
        )


def _count(number: int, *, has_more: bool, is_cut: bool) -> str:
    if is_cut:
        return f'The newest {number:,} are shown. Filter, or export, to see older ones.'
    return f'The newest {number:,}' if has_more else f'{number:,} in all'
