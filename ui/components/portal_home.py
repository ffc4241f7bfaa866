"""What the portal shows a client: its bar, the choice between contacts, the home.

The client's own page has hands: somebody may pick another contact and sign out. Staff look at the same without any, so
that every control stands there and none does anything.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from nicegui import html
from nicegui import ui as nui

from domain.contacts.client_home import ClientHome, Served
from domain.language import gettext as _
from domain.portal.branding import Brand
from domain.portal.own_home import ShownItem
from ui.brand import name_of
from ui.components.basics import button, card, face, menu, menu_item, menu_separator
from ui.components.brand_mark import brand_mark, firm_foot, firm_welcome
from ui.components.home_items import home_items
from ui.components.language_switch import other_languages, script_to_speak, unseen_language_forms
from ui.components.part import Part
from ui.components.when import When
from ui.theme import icon

SUBMIT_SIGN_OUT = "() => document.getElementById('sign-out').submit()"


@dataclass(frozen=True)
class Hands:
    """What the one who looks may do: `pick` goes on as another contact. Signing out posts the form `sign-out`.

    `has_password`: a password may be set. `is_held`: nothing but signing out, until the second factor is set up.
    """

    pick: Callable[[Served], Awaitable[None]]
    has_password: bool = False
    is_held: bool = False


def portal_home(
    home: ClientHome, brand: Brand, hands: Hands | None, *, above: Callable[[], None] | None = None
) -> Part | None:
    """The whole page. Without hands nothing in it can be used. `above`: what is told first.

    The part that shows the items of the firm, which can be shown anew by itself; none while a contact is to be picked.
    """
    portal_bar(home, brand, hands)
    items = None
    with html.div().classes('fy-portal'):
        if above:
            above()
        if home.current is None:
            _choose(home, name_of(brand.firm_name), hands)
        else:
            items = _home(home, home.current, brand, opens=hands is not None)
        firm_foot(brand)
    return items


def portal_bar(home: ClientHome, brand: Brand, hands: Hands | None, *, is_held: bool = False) -> None:
    """The strip at the top: the firm, who the client is here for, the client's own menu."""
    if hands is not None:
        unseen_language_forms()
    with html.header().classes('fy-portal-bar'), html.div():
        with html.div().classes('fy-brand'):
            brand_mark(brand)
            html.span(name_of(brand.firm_name)).classes('fy-cut')
        if len(home.contacts) > 1 and home.current is not None and not (is_held or (hands and hands.is_held)):
            _switcher(home, home.current, hands)
        _profile(home, hands)


def _switcher(home: ClientHome, current: Served, hands: Hands | None) -> None:
    with button(current.name, icon=_icon(current), icon_right='chevrons-up-down', kind='ghost') as switch:
        switch.classes('fy-switcher').props('no-wrap').props['aria-label'] = _('Switch contact')
        if hands is None:
            switch.disable()
            return
        with menu():
            for served in home.contacts:
                menu_item(
                    served.name,
                    lambda served=served: hands.pick(served),
                    caption=_('You are here') if served == home.current else served.organisation,
                    icon=_icon(served),
                )


def _profile(home: ClientHome, hands: Hands | None) -> None:
    with button('', label=_('Profile'), kind='ghost') as profile:
        face(home.greeting_name or home.email)
        profile.classes('fy-profile')
        if hands is None:
            profile.disable()
            return
        with menu():
            with html.div().classes('fy-menu-head'):
                html.span(_('Signed in as')).classes('fy-over')
                html.span(home.email).classes('fy-cut fy-sm')
            if not hands.is_held:
                if hands.has_password:
                    _leads_to('/profile/password', _('Update password'), 'key-round')
                _leads_to('/profile/two-factor', _('Two-factor authentication'), 'shield-check')
                _leads_to('/profile', _('Signed-in devices'), 'monitor')
                menu_separator()
            for language, name in other_languages().items():
                speak = menu_item(name, icon='globe').props(f'lang={language}')
                speak.on('click', js_handler=script_to_speak(language))
            menu_item(_('Sign out'), icon='log-out').on('click', js_handler=SUBMIT_SIGN_OUT)


def _leads_to(path: str, words: str, mark: str) -> None:
    menu_item(words, icon=mark).on('click', js_handler=f"() => window.location.assign('{path}')")


def _choose(home: ClientHome, firm_name: str, hands: Hands | None) -> None:
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
            if hands is None:
                option.props('disabled')
            else:
                option.on('click', lambda served=served: hands.pick(served))


def _home(home: ClientHome, current: Served, brand: Brand, *, opens: bool) -> Part:
    firm_name = name_of(brand.firm_name)
    with html.div():
        html.h1(_greeting(home))
        html.p(_('This is your portal at %s.') % firm_name)
    if brand.welcome:
        firm_welcome(brand.welcome)
    with card():
        with html.div().classes('fy-row'):
            face(current.name, current.kind, 'l')
            with html.div().classes('fy-grow'):
                html.h2(current.name).classes('fy-cut')
                html.p(current.organisation or _kind(current)).classes('fy-muted')
        nothing = html.p(_('Nothing here yet. %s will tell you when there is.') % firm_name).classes('fy-muted')

    def put_there(shown: Sequence[ShownItem]) -> None:
        nothing.set_visibility(not shown)
        home_items(shown, opens=opens)

    items = Part(html.div().style('display: contents'), put_there)
    items.show(home.items)
    with html.p().classes('fy-smallprint'):
        if home.last_sign_in_at is None:
            html.span(_('This is your first visit. Good to have you here.'))
        else:
            html.span(_('Last sign-in:') + ' ')
            When(home.last_sign_in_at, 'datetime')
            html.span(f', {_method(home.last_sign_in_method)}. ')
            html.span(_('Was it not you? Please tell %s.') % firm_name)
    return items


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
        'password': _('by password'),
    }.get(method, method)
