"""The portal's home: a greeting, who the client is here for, when it was here last."""

from nicegui import context, html
from nicegui import ui as nui

from domain.access.sessions import switch_contact
from domain.actors import ClientActor
from domain.contacts.client_home import ClientHome, Served, read_home
from domain.errors import ContactNotFound, SignedOut
from domain.events import ContactsChanged, Event, SettingsChanged
from domain.language import gettext as _
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.basics import button, card, face, menu, menu_item, toast
from ui.components.refresher import Refresher
from ui.components.when import When
from ui.dependencies import deps
from ui.frame import client_page, name_of
from ui.messages import say
from ui.theme import icon

SUBMIT_SIGN_OUT = "() => document.getElementById('sign-out').submit()"


def register() -> None:
    """Register the page."""
    client_page('/', title=lambda: _('Home'))(page)


async def page(actor: ClientActor) -> None:
    """Built anew in place when what it shows changes: a contact of this login, or the firm's name."""
    nui.element('form').props('method=post action=/sign-out id=sign-out hidden')
    home = Home(actor)
    home.follow()
    await home.load()


class Home:
    def __init__(self, actor: ClientActor) -> None:
        """Build it in the page; `load` fills it, `follow` keeps it so."""
        self._actor = actor
        self._body = html.div().classes('fy-client')
        self._shown: tuple[ClientHome, str] | None = None

    async def load(self) -> None:
        """Read, then build in one go. What stands there already is left alone, open menu and focus included.

        Raises SignedOut.
        """
        now = await read_home(deps(), self._actor), name_of((await read_portal()).firm_name)
        if now == self._shown:
            return
        self._shown = now
        self._body.clear()
        with self._body:
            _content(self._actor, *now)

    def follow(self) -> None:
        """Listen for everything that may change what is shown."""
        refresher = Refresher(self._load_again)
        live.on(SettingsChanged, refresher.ask)
        live.on(ContactsChanged, lambda event: refresher.ask(event) if self._concerns(event) else None)

    def _concerns(self, event: ContactsChanged) -> bool:
        served = self._shown[0].contacts if self._shown else ()
        return self._actor.login_id in event.login_ids or any(one.id in event.contact_ids for one in served)

    async def _load_again(self, _: Event | None) -> None:
        try:
            await self.load()
        except SignedOut:
            context.client.open('/sign-in?notice=ended')


def _content(actor: ClientActor, home: ClientHome, firm_name: str) -> None:
    _bar(actor, home, firm_name)
    with html.div().classes('fy-portal'):
        if home.current is None:
            _choose(actor, home, firm_name)
        else:
            _home(home, home.current, firm_name)


def _bar(actor: ClientActor, home: ClientHome, firm_name: str) -> None:
    with html.header().classes('fy-portal-bar'), html.div():
        with html.div().classes('fy-brand').style('min-width: 28px'):  # the mark stays whole; the words give way
            html.span(firm_name[:1].upper()).classes('fy-mark').props('aria-hidden=true')
            html.span(firm_name).classes('fy-cut')
        if len(home.contacts) > 1 and home.current is not None:
            _switcher(actor, home, home.current)
        _profile(home)


def _switcher(actor: ClientActor, home: ClientHome, current: Served) -> None:
    with button(current.name, icon=_icon(current), icon_right='chevrons-up-down', kind='ghost') as switch:
        switch.classes('fy-switcher').props('no-wrap').props['aria-label'] = _('Switch contact')
        with menu():
            for served in home.contacts:
                menu_item(
                    served.name,
                    lambda served=served: _pick(actor, served),
                    caption=_('You are here') if served == home.current else served.organisation,
                    icon=_icon(served),
                )


def _profile(home: ClientHome) -> None:
    with button('', label=_('Profile'), kind='ghost') as profile:
        face(home.greeting_name or home.email)
        profile.classes('fy-profile')
        with menu():
            with html.div().classes('fy-menu-head'):
                html.span(_('Signed in as')).classes('fy-over')
                html.span(home.email).classes('fy-cut fy-sm')
            menu_item(_('Sign out'), icon='log-out').on('click', js_handler=SUBMIT_SIGN_OUT)


def _choose(actor: ClientActor, home: ClientHome, firm_name: str) -> None:
    with html.div():
        html.h1(_greeting(home))
        html.p(_('Your address opens several doors at %s. Which one today?') % firm_name)
    with html.div().classes('fy-stack snug'):
        for served in home.contacts:
            with nui.element('button').classes('fy-option fy-choice').props('type=button') as option:
                face(served.name, served.kind)
                with html.div().classes('fy-grow'):
                    html.div(served.name).classes('fy-strong fy-cut')
                    html.div(served.organisation or _kind(served)).classes('fy-sm fy-muted fy-cut')
                nui.icon(icon('chevron-right')).props('aria-hidden=true')
            option.on('click', lambda served=served: _pick(actor, served))


def _home(home: ClientHome, current: Served, firm_name: str) -> None:
    with html.div():
        html.h1(_greeting(home))
        html.p(_('This is your portal at %s.') % firm_name)
    with card():
        with html.div().classes('fy-row'):
            face(current.name, current.kind, 'l')
            with html.div().classes('fy-grow'):
                html.h2(current.name).classes('fy-cut')
                html.p(current.organisation or _kind(current)).classes('fy-muted')
        html.p(_('Nothing here yet. %s will tell you when there is.') % firm_name).classes('fy-muted')
    with html.p().classes('fy-smallprint'):
        if home.last_sign_in_at is None:
            html.span(_('This is your first visit. Good to have you here.'))
        else:
            html.span(_('Last sign-in:') + ' ')
            When(home.last_sign_in_at, 'datetime')
            html.span(f', {_method(home.last_sign_in_method)}. ')
            html.span(_('Was it not you? Please tell %s.') % firm_name)


async def _pick(actor: ClientActor, served: Served) -> None:
    try:
        await switch_contact(deps(), actor, served.id)
    except (ContactNotFound, SignedOut) as error:
        toast(say(error), kind='bad')
    context.client.open('/')


def _greeting(home: ClientHome) -> str:
    if home.last_sign_in_at is None:
        return _('Welcome, %s') % home.greeting_name if home.greeting_name else _('Welcome')
    return _('Welcome back, %s') % home.greeting_name if home.greeting_name else _('Welcome back')


def _kind(served: Served) -> str:
    return _('Organisation') if served.kind == 'organisation' else _('Personal')


def _icon(served: Served) -> str:
    return 'building-2' if served.kind == 'organisation' else 'user'


def _method(method: str) -> str:
    return {
        'magic_link': _('by link'),
        'login_email': _('by a link in a mail'),
        'invitation': _('by invitation'),
        'code': _('by code'),
    }.get(method, method)
