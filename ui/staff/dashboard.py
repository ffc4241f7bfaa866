"""The dashboard: who may come in, who has, who is inside, and what to do next. Everything follows, in place."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from nicegui import html
from nicegui import ui as nui

from domain.activity.audit_log import Entry, recent_activity
from domain.activity.portal_counts import CohortCount, PortalCounts, portal_counts
from domain.actors import StaffActor
from domain.authorization import Permission, may
from domain.events import MailServerChanged, SettingsChanged
from domain.portal.checklist import Checklist, read_checklist
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.basics import button, card, empty_state, figure, figures, menu, menu_item, plain_text
from ui.components.faces import Faces
from ui.components.feed import Feed
from ui.computed import ActivityNow, CountsNow
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page
from ui.staff import joining
from ui.staff.checklist import ChecklistCard
from ui.staff.invite_dialog import open_invite_dialog
from ui.staff.joining import Joining
from ui.staff.login_email_dialog import open_login_email_dialog
from ui.staff.magic_link_dialog import open_magic_link_dialog
from ui.staff.mail_server_card import HOW_MAIL_IS_SENT
from ui.staff.needs_a_look import NeedsALook
from ui.staff.news import news
from ui.staff.portal_address import AddressCard
from ui.staff.wording import feed
from ui.theme import icon

FACES = 5


def register() -> None:
    """Register the page."""
    staff_page('/staff', title='Dashboard')(dashboard)


async def dashboard(actor: StaffActor) -> None:
    """Listen first, then read and build: nothing that happens meanwhile is missed."""
    page = Dashboard(actor)
    firm_name = (await read_portal()).firm_name
    counts, entries = await portal_counts(deps()), await recent_activity(deps(), actor, limit=live.FEED_READ)
    cohorts, checklist = await joining.read(joining.FIRST), await read_checklist()
    with staff_frame(actor, firm_name, here='/staff'):
        page.build(counts, entries, cohorts, checklist, firm_name)


class Dashboard:
    def __init__(self, actor: StaffActor) -> None:
        """Begin to listen; `build` makes the page."""
        self._actor = actor
        self._counts: PortalCounts | None = None
        self._entries: Sequence[Entry] | None = None
        self._is_built = False
        self._checklist: ChecklistCard | None = None
        live.on(CountsNow, self._take_counts)
        live.on(ActivityNow, self._take_activity)
        live.on(SettingsChanged, self._take_settings)

    # ── What changes ──

    async def _take_counts(self, event: CountsNow) -> None:
        self._counts = event.counts
        if not self._is_built:
            return
        self._show_counts(event.counts)
        await self._joining.follow(event)
        if self._checklist:
            await self._checklist.follow(event)

    def _take_activity(self, event: ActivityNow) -> None:
        self._entries = event.entries
        if self._is_built:
            self._feed.show(feed(event.entries))

    async def _take_settings(self, event: SettingsChanged) -> None:
        if self._checklist:
            await self._checklist.follow(event)

    # ── The page ──

    def build(
        self,
        counts: PortalCounts,
        entries: Sequence[Entry],
        cohorts: Sequence[CohortCount],
        checklist: Checklist,
        firm_name: str,
    ) -> None:
        """From top to bottom. What was heard since is newer than what was read."""
        counts, entries = self._counts or counts, self._entries or entries
        self._was_ever_used = checklist.client_invited or counts.with_access > 0
        self._head()
        self._captured_notice()
        AddressCard(self._actor)
        self._welcome(with_steps=checklist.put_away or not may(self._actor, Permission.CHANGE_SETTINGS))
        if not checklist.put_away and may(self._actor, Permission.CHANGE_SETTINGS):
            self._checklist = ChecklistCard(self._actor, checklist, firm_name)
        self._figures(counts)
        with html.div().classes('fy-split even') as self._middle:
            self._joining = Joining(cohorts)
            with card('Activity') as activity:
                self._feed = Feed(feed(entries), empty='What happens in the portal appears here.')
            with activity.header, html.span().classes('fy-row hug tight fy-xs fy-muted'):
                html.span().classes('fy-live').props('aria-hidden=true')
                html.span('Live')
        self._look = NeedsALook(self._actor)
        self._is_built = True
        self._show_counts(counts)

    def _head(self) -> None:
        with html.div().classes('fy-head'):
            with html.div():
                html.h1('Client Portal')
                self._news = plain_text('p', '').classes('fy-muted')
            if may(self._actor, Permission.EXPORT_REPORT):
                with html.form().props('method=get action=/staff/access-report.csv'):
                    button('Export access report', icon='download', submit=True)
            with button('Actions', icon_right='chevron-down', kind='primary'), menu():
                menu_item(
                    'Generate Magic Link',
                    lambda: open_magic_link_dialog(self._actor),
                    caption='A link to hand over yourself',
                    icon='zap',
                )
                menu_item(
                    'Invite to Client Portal',
                    lambda: open_invite_dialog(self._actor),
                    caption='Gives access and sends the mail',
                    icon='user-plus',
                )
                menu_item(
                    'Send Login Email',
                    lambda: open_login_email_dialog(self._actor),
                    caption='To one client or many',
                    icon='mail',
                )

    def _captured_notice(self) -> None:
        with html.div().classes('fy-notice wrap warn') as self._mail_waits:
            nui.icon(icon('inbox')).props('aria-hidden=true')
            with html.div().classes('fy-grow'):
                html.b('Mail is captured, not sent.').classes('fy-strong')
                html.span(' ')
                self._captured = plain_text('span', '').props('role=status')
            if may(self._actor, Permission.CHANGE_MAIL_SERVER):
                button('Name a mail server', small=True).props(f'href={HOW_MAIL_IS_SENT}')
            if may(self._actor, Permission.SEE_OUTBOX):
                button('Open Outbox', small=True).props('href=/staff/outbox')
        self._show_whether_mail_waits()
        live.on(MailServerChanged, self._show_whether_mail_waits)

    def _show_whether_mail_waits(self, _: MailServerChanged | None = None) -> None:
        self._mail_waits.set_visibility(deps().captures_mail)

    def _welcome(self, *, with_steps: bool) -> None:
        """The empty dashboard teaches the first step. It gives way once somebody was asked in."""
        with html.div().classes('fy-card') as self._empty:
            with empty_state(
                'The door is open. Invite your first client.',
                'They get a mail with one button. No password to choose, nothing to install. '
                'You will see it here the moment they step in.',
            ):
                button(
                    'Invite to Client Portal',
                    icon='user-plus',
                    kind='primary',
                    on_click=lambda: open_invite_dialog(self._actor),
                )
                button('Open contacts', icon='users').props('href=/staff/contacts')
            if with_steps:
                self._steps()

    def _steps(self) -> None:
        captures = deps().captures_mail
        mail = (
            'Until a mail server is set up, mail waits in the Outbox. You hand over the link yourself.'
            if captures
            else 'Invitations go out within seconds of your click.'
        )
        with html.div().classes('fy-steps-3'):
            _step('✓', 'done', 'Portal is up', f'Clients sign in at {urlsplit(deps().portal_url).netloc}.')
            _step('2' if captures else '✓', 'now' if captures else 'done', 'Mail', mail)
            _step('3', '' if captures else 'now', 'Invite', 'A name or an address is enough. One click lets them in.')

    def _figures(self, counts: PortalCounts) -> None:
        with figures():
            self._with_access = figure('With access', counts.with_access, 'count-with-access')
            self._invited = figure('Invited', counts.invited, 'count-invited')
            self._joined = figure('Joined', counts.joined, 'count-joined')
            with figure('Online now', counts.online, 'count-online', live=True) as self._online:
                self._faces = Faces()

    def _show_counts(self, counts: PortalCounts) -> None:
        self._news.set_text(news(counts))
        self._with_access.show(
            counts.with_access, _this_week(counts.access_this_week), rise=_rise(counts.access_this_week)
        )
        self._invited.show(counts.invited, _soon(counts))
        self._joined.show(counts.joined, _this_week(counts.joined_this_week), rise=_rise(counts.joined_this_week))
        self._online.show(counts.online, '' if counts.inside else 'Nobody right now')
        self._faces.show([(one.name, one.kind) for one in counts.inside[:FACES]])
        self._look.show(counts)
        self._captured.set_text(_captured(counts.captured))
        self._was_ever_used = self._was_ever_used or counts.with_access > 0
        self._empty.set_visibility(not self._was_ever_used)
        self._middle.set_visibility(self._was_ever_used)


def _step(mark: str, state: str, title: str, text: str) -> None:
    with html.div():
        plain_text('span', mark).classes(f'fy-n {state}').props('aria-hidden=true')
        html.h3(title)
        plain_text('p', text).classes('fy-sm fy-muted')


def _this_week(number: int) -> str:
    return 'this week' if number else 'None new this week'


def _rise(number: int) -> str:
    return f'+{number:,}' if number else ''


def _soon(counts: PortalCounts) -> str:
    if counts.expire_soon:
        return f'{counts.expire_soon:,} {"expires" if counts.expire_soon == 1 else "expire"} within 2 days'
    return 'Waiting to come in' if counts.invited else 'Nobody is waiting'


def _captured(number: int) -> str:
    if not number:
        return 'No mail server is set up, so mail will wait in the Outbox.'
    waits = 'one mail waits' if number == 1 else f'{number:,} mails wait'
    return f'No mail server is set up, so {waits} in the Outbox.'
