"""`/staff/contacts/{id}`: one contact, and everything the portal is to it, live."""

from collections.abc import Sequence

import structlog
from nicegui import context, html
from nicegui import ui as nui

from domain.access.devices import list_sessions
from domain.access.login_details import read_login
from domain.activity.audit_log import contact_timeline
from domain.actors import StaffActor
from domain.contacts.directory import read_contact
from domain.contacts.portal_access import look_before_revoking
from domain.errors import ContactNotFound
from domain.events import (
    ActivityRecorded,
    ContactsChanged,
    Event,
    LoginChanged,
    MailChanged,
    MailsChanged,
    PresenceChanged,
    SecurityChanged,
    SignedInEvent,
)
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.basics import button, card, empty_state
from ui.components.feed import Feed
from ui.components.live_table import use_styles
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page
from ui.staff.contact_access import AccessCard
from ui.staff.contact_devices import DevicesCard
from ui.staff.contact_head import ContactHead
from ui.staff.contact_status import StatusCard
from ui.staff.wording import line
from ui.theme import icon

log = structlog.get_logger(__name__)

ENTRIES = 50
LARGEST_ID = 2**31 - 1  # what a column of ids can hold


def register() -> None:
    """Register the page."""
    staff_page('/staff/contacts/{contact_id}', title='Contact')(contact_page)


async def contact_page(actor: StaffActor, contact_id: str) -> None:
    """One contact; 404 with a way on for one that does not exist."""
    firm_name = (await read_portal()).firm_name
    use_styles()
    with staff_frame(actor, firm_name, here='/staff/contacts'):
        page = ContactPage(actor, id_in(contact_id))
        try:
            await page.load()
        except ContactNotFound:
            context.client.status_code = 404
            page.show_gone()
            return
        page.follow()


def id_in(text: str) -> int:
    """The id in an address; 0, which no contact has, for anything else."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 11 else 0
    return number if number <= LARGEST_ID else 0


class ContactPage:
    def __init__(self, actor: StaffActor, contact_id: int) -> None:
        """Build it in the page; `load` fills it, `follow` keeps it so."""
        self.actor, self.contact_id = actor, contact_id
        self.entries = ENTRIES
        self.is_left = False
        self.login_id: int | None = None
        self.shared: frozenset[int] = frozenset()
        self.body = html.div().classes('fy-stack').style('gap: inherit')
        self.dialogs = html.div()
        with self.body:
            with html.a().classes('fy-back').props('href=/staff/contacts'):
                nui.icon(icon('arrow-left')).props('aria-hidden=true')
                html.span('Contacts')
            self.head = ContactHead(self)
            with html.div().classes('fy-split aside'):  # on a phone the long timeline comes last
                self.access = AccessCard(self)
                with html.div().classes('fy-stack').style('gap: inherit'):
                    self.status = StatusCard(self)
                    self.devices = DevicesCard(self)
                self._timeline()
        self.refresher = Refresher(self._refresh)

    def _timeline(self) -> None:
        with card('Timeline') as sheet:
            self.feed = Feed(None, 'timeline')
            self.more = button('Show more', kind='link', on_click=self._show_more)
            self.more.set_visibility(False)
        with sheet.header, html.span().classes('fy-row hug tight fy-over'):
            html.span().classes('fy-live').props('aria-hidden=true')
            html.span('Live')

    async def load(self) -> None:
        """Read everything and show it. Raises ContactNotFound, SignedOut."""
        contact = await read_contact(deps(), self.actor, self.contact_id)
        before = await look_before_revoking(deps(), self.actor, self.contact_id)
        login = await read_login(deps(), self.actor, self.contact_id)
        devices = tuple(await list_sessions(deps(), self.actor, self.contact_id))
        entries = await contact_timeline(deps(), self.actor, self.contact_id, limit=self.entries)
        self.login_id = contact.login_id
        self.shared = frozenset(one.id for one in contact.shared_with)
        nui.page_title(f'{contact.name} · Contacts')
        self.head.show(contact)
        self.access.show(contact, before)
        self.status.show(contact, login, any(one.online for one in devices))
        self.devices.show(devices)
        self.feed.show([line(entry, whose=self.contact_id) for entry in entries])
        self.more.set_visibility(len(entries) >= self.entries)

    async def _show_more(self) -> None:
        self.entries += ENTRIES
        await self.load()

    async def _refresh(self, _: Event | None) -> None:
        if self.is_left:
            return
        try:
            await self.load()
        except ContactNotFound:
            if not self.is_left:
                self.show_gone()

    def follow(self) -> None:
        """Listen for everything that may change what is shown."""
        live.on(ContactsChanged, lambda event: self._hear(event, event.contact_ids, event.login_ids))
        live.on(ActivityRecorded, lambda event: self._hear(event, event.contact_ids, (event.login_id,)))
        live.on(MailChanged, lambda event: self._hear(event, (event.contact_id,), (event.login_id,)))
        live.on(MailsChanged, lambda event: self._hear(event, event.contact_ids, event.login_ids))
        live.on(SignedInEvent, lambda event: self._hear(event, event.contact_ids, (event.login_id,)))
        live.on(PresenceChanged, lambda event: self._hear(event, (), (event.login_id,)))
        live.on(LoginChanged, lambda event: self._hear(event, (), (event.login_id,)))
        live.on(SecurityChanged, self.refresher.ask)

    def _hear(self, event: Event, contact_ids: Sequence[int | None], login_ids: Sequence[int | None]) -> None:
        """Read again if it is about this contact, its login, or another contact with its address."""
        is_ours = self.login_id is not None and self.login_id in login_ids
        if is_ours or self.contact_id in contact_ids or self.shared.intersection(contact_ids):
            self.refresher.ask(event)

    def show_gone(self) -> None:
        """The contact is not there (any more): say so, and where to go on."""
        self.is_left = True
        self.dialogs.clear()
        self.body.clear()
        with (
            self.body,
            html.section().classes('fy-card').props('role=status'),
            empty_state(
                'This contact no longer exists',
                'It was deleted, or the address of this page is mistyped.',
                level=1,
            ),
        ):
            button('To the contacts', kind='primary', on_click=lambda: nui.navigate.to('/staff/contacts'))
