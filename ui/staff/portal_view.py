"""`/staff/contacts/{id}/portal`: the portal as this contact sees it, live and without hands, in a marked frame."""

from nicegui import context, html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.authorization import Permission
from domain.contacts.portal_view import PortalView, open_portal_view, read_portal_view
from domain.errors import ContactNotFound
from domain.events import (
    ContactsChanged,
    Event,
    HomeChanged,
    LoginChanged,
    SecurityChanged,
    SettingsChanged,
    SignedInEvent,
)
from domain.language import language_in_use, speaking
from domain.portal.branding import Brand, read_brand
from ui import live
from ui.components.basics import button, empty_state, plain_text
from ui.components.part import Part
from ui.components.portal_door import portal_door
from ui.components.portal_home import portal_home
from ui.components.portal_set_up import portal_set_up
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import door_frame, staff_page
from ui.staff.contact import id_in
from ui.theme import icon


def register() -> None:
    """Register the page."""
    path = '/staff/contacts/{contact_id}/portal'
    staff_page(path, title='View in portal', permission=Permission.VIEW_PORTAL)(portal_view_page)


async def portal_view_page(actor: StaffActor, contact_id: str) -> None:
    """Opening it is recorded, once; what it shows follows what happens."""
    try:
        view = await open_portal_view(deps(), actor, id_in(contact_id))
    except ContactNotFound:
        context.client.status_code = 404
        _gone()
        return
    page = PortalViewPage(actor, view.contact_id)
    await page.show(view)
    page.follow()


class PortalViewPage:
    def __init__(self, actor: StaffActor, contact_id: int) -> None:
        """Build it in the page; `show` fills it, `follow` keeps it so."""
        self._actor, self._contact_id = actor, contact_id
        self._login_id: int | None = None
        self._others: frozenset[int] = frozenset()  # that the same login serves
        with html.div().classes('fy-seen') as self._whole:
            with html.div().classes('fy-seen-bar').props('role=region aria-label="View in portal"'):
                nui.icon(icon('eye')).props('aria-hidden=true')
                with html.div().classes('fy-grow').props('role=status'):
                    self._words = plain_text('span', '')
                button('Back', icon='arrow-left', small=True, on_click=self._back)
            self._portal = Part(html.div().classes('fy-seen-portal'), _portal)

    async def show(self, view: PortalView) -> None:
        """What this contact sees now."""
        self._login_id = view.login_id
        self._others = frozenset(one.id for one in view.home.contacts) if view.home else frozenset()
        nui.page_title(f'{view.name} · View in portal')
        self._words.set_text(_what_you_see(view))
        self._portal.show(view, await read_brand())

    def follow(self) -> None:
        """Listen for everything that may change what the contact sees."""
        refresher = Refresher(self._refresh)

        def hear(event: ContactsChanged | LoginChanged | SignedInEvent) -> None:
            ids = event.contact_ids if isinstance(event, ContactsChanged) else ()
            logins = event.login_ids if isinstance(event, ContactsChanged) else (event.login_id,)
            if self._contact_id in ids or self._login_id in logins or self._others.intersection(ids):
                refresher.ask(event)

        live.on(ContactsChanged, hear)
        live.on(LoginChanged, hear)
        live.on(SignedInEvent, hear)
        live.on(SettingsChanged, refresher.ask)
        live.on(HomeChanged, refresher.ask)
        live.on(SecurityChanged, refresher.ask)

    async def _refresh(self, _: Event | None) -> None:
        try:
            await self.show(await read_portal_view(deps(), self._actor, self._contact_id))
        except ContactNotFound:
            self._whole.delete()
            _gone()

    def _back(self) -> None:
        nui.navigate.to(f'/staff/contacts/{self._contact_id}')


def _what_you_see(view: PortalView) -> str:
    if view.home is None:
        return f'{view.name} has no access and stands before the door. Nothing you do here changes anything.'
    if view.must_enrol:
        return f'{view.name} has to set up two-factor before anything else opens. Nothing you do here changes anything.'
    return f'You see the portal as {view.name} does. Nothing you do here changes anything.'


def _portal(view: PortalView, brand: Brand) -> None:
    """In the language of the contact, as it reads it."""
    with speaking(view.language), html.div().style('display: contents') as box:
        box.props['lang'] = language_in_use.get()
        _as_seen(view, brand)


def _as_seen(view: PortalView, brand: Brand) -> None:
    if view.home is None:
        with door_frame(brand, follows=False):
            portal_door(has_passwords=view.passwords_work)
        return
    with html.div().classes('fy-client'):
        if view.must_enrol:
            portal_set_up(view.home, brand)
        else:
            portal_home(view.home, brand, None)


def _gone() -> None:
    with (
        html.div().classes('fy-page narrow'),
        html.section().classes('fy-card').props('role=status'),
        empty_state(
            'This contact no longer exists', 'It was deleted, or the address of this page is mistyped.', level=1
        ),
    ):
        button('To the contacts', kind='primary', on_click=lambda: nui.navigate.to('/staff/contacts'))
