"""Around every page: who may open it, the staff's sidebar, the door's column, the portal's bar."""

import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Literal, cast
from urllib.parse import quote

from fastapi import Depends, Request
from nicegui import context, html
from nicegui import ui as nui
from nicegui.language import Language
from starlette.responses import Response

from domain.actors import ClientActor, StaffActor
from domain.authorization import Permission, may
from domain.errors import SecondFactorNeeded, SignedOut
from domain.language import DEFAULT_LANGUAGE, language_in_use
from domain.language import gettext as _
from domain.portal.branding import Brand, read_brand
from ui import live
from ui.brand import name_of, wear, worn
from ui.components.basics import button, face, plain_text
from ui.components.brand_mark import brand_mark, firm_foot
from ui.components.language_switch import language_switch
from ui.components.part import Part
from ui.computed import BrandNow
from ui.hosts import is_of_staff
from ui.session_cookie import client_of, see_other, staff_of
from ui.theme import icon

Builder = Callable[..., Awaitable[Any]]
Title = Callable[[], str]  # said at each request, in the language of its reader
COMES_BACK_SECONDS = 300.0  # a page with a form waits so long for a browser that left for another app
LONGEST_QUERY = 2_000  # letters of an address that are kept through a sign-in
BUILD_SECONDS = 20.0  # longer than the database waits for a lock, so that a page says 503 rather than nothing


class SeeOther(Exception):
    """Raised by a page's guard or its builder: go there instead."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Forbidden(Exception):
    """Raised by a page's guard: your role does not permit this page."""


@dataclass(frozen=True)
class Opens:
    """Who may open a page: everybody, clients, or staff (who may do `permission`). `held`: also while held (R30).
    `waits`: what is typed on it outlasts a browser that is away for minutes."""

    to: Literal['everybody', 'clients', 'staff']
    permission: Permission | None = None
    held: bool = False
    waits: bool = False


pages: dict[str, Opens] = {}
"""Every page that is registered, and who may open it (R57)."""


def staff_page(
    path: str,
    *,
    title: str,
    permission: Permission | None = Permission.SEE_CONTACTS,
    held: bool = False,
    waits: bool = False,
) -> Callable[[Builder], Builder]:
    """A page for staff who may do this, or for all (None). Its builder takes `actor: StaffActor` first, path parameters
    after it. `held`: the one page that opens while the session is held. `waits`: what is typed on it is still there
    after minutes in another app."""

    async def guard(request: Request) -> StaffActor:
        return await staff_who_may(request, permission, held=held, came_from=_address_of(request))

    pages[path] = Opens('staff', permission, held, waits)
    return _page(path, lambda: title, guard, waits=waits)


def _address_of(request: Request) -> str:
    """Path and query of a page, as they go into another address: after a sign-in one sees what the link showed."""
    query = request.url.query
    return quote(f'{request.url.path}?{query}' if 0 < len(query) <= LONGEST_QUERY else request.url.path, safe='/')


async def staff_who_may(
    request: Request, permission: Permission | None, *, came_from: str, held: bool = False
) -> StaffActor:
    """Who asks for what only staff may have, a page or a download. `came_from`, percent-encoded, is the page to go on
    to after a sign-in.

    Raises SeeOther to the door or, while the session is held, to where the second factor is set up; Forbidden.
    """
    actor = await staff_of(request)
    if actor is None:
        raise SeeOther('/staff/sign-in' if came_from == '/staff' else f'/staff/sign-in?next={came_from}')
    if actor.is_held and not held:
        raise SeeOther(live.STAFF_PLACES.second_factor)
    if permission is not None and not may(actor, permission):
        raise Forbidden
    return actor


def client_page(path: str, *, title: Title, held: bool = False, waits: bool = False) -> Callable[[Builder], Builder]:
    """A page for signed-in clients. Its builder takes `actor: ClientActor` first. `held`, `waits`: as for staff."""

    async def guard(request: Request) -> ClientActor:
        actor = await client_of(request)
        if actor is None:
            raise SeeOther('/sign-in')
        if actor.is_held and not held:
            raise SeeOther(live.CLIENT_PLACES.second_factor)
        return actor

    pages[path] = Opens('clients', None, held, waits)
    return _page(path, title, guard, waits=waits)


def public_page(path: str, *, title: Title) -> Callable[[Builder], Builder]:
    """A page for everybody. Its builder takes no actor. All of them are doors, so they wait."""

    async def guard() -> None:
        return None

    pages[path] = Opens('everybody', waits=True)
    return _page(path, title, guard, has_actor=False, waits=True)


def _page(
    path: str, title: Title, guard: Callable[..., Any], *, has_actor: bool = True, waits: bool
) -> Callable[[Builder], Builder]:
    def decorate(build: Builder) -> Builder:
        parameters = list(inspect.signature(build).parameters.values())
        if has_actor:
            parameters = parameters[1:]

        @wraps(build)
        async def page(_actor: Any = None, **values: Any) -> Any:
            live.attach(_actor)
            speak_on_page(language_in_use.get())
            wear(await read_brand(), title())
            try:
                return await (build(_actor, **values) if has_actor else build(**values))
            except SeeOther as elsewhere:
                return _instead(see_other(elsewhere.path))
            except SignedOut:
                return _instead(see_other('/staff/sign-in' if isinstance(_actor, StaffActor) else '/sign-in'))
            except SecondFactorNeeded:
                places = live.STAFF_PLACES if isinstance(_actor, StaffActor) else live.CLIENT_PLACES
                return _instead(see_other(places.second_factor))

        guarded = inspect.Parameter('_actor', inspect.Parameter.KEYWORD_ONLY, default=Depends(guard))
        page.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [*(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters), guarded]
        )
        waiting = COMES_BACK_SECONDS if waits else None
        nui.page(path, response_timeout=BUILD_SECONDS, reconnect_timeout=waiting)(page)
        return build

    return decorate


def speak_on_page(language: str) -> None:
    """The page that is being built is in this language: so do the browser, Quasar and NiceGUI's own notices take it."""
    client = context.client
    if language != DEFAULT_LANGUAGE:
        client.page = copy(client.page)  # which every reader of this address shares
        client.page.language = cast(Language, language)


def _instead(response: Response) -> Response:
    """Answer with this instead of the page that was being built."""
    live.kill(context.client)
    return response


def safe_next(path: str, default: str) -> str:
    """Where to go on to: only a path of our own (R53)."""
    if path.startswith('/') and not path.startswith(('//', '/\\')) and path.isprintable() and '\\' not in path:
        return path
    return default


# ── Staff ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Place:
    """An entry of the sidebar."""

    label: str
    path: str
    icon: str
    permission: Permission = Permission.SEE_CONTACTS


PLACES = (
    Place('Dashboard', '/staff', 'layout-dashboard'),
    Place('Contacts', '/staff/contacts', 'users'),
    Place('Portal home', '/staff/home', 'door-open', Permission.EDIT_HOME),
    Place('Jobs', '/staff/jobs', 'list-checks'),
    Place('Activity', '/staff/activity', 'activity', Permission.SEE_ACTIVITY),
    Place('Outbox', '/staff/outbox', 'send', Permission.SEE_OUTBOX),
    Place('Access report', '/staff/access-report', 'file-text', Permission.EXPORT_REPORT),
)
SETTINGS_PLACES = (
    Place('Team', '/staff/team', 'user-cog', Permission.MANAGE_TEAM),
    Place('Security', '/staff/settings/security', 'shield-check', Permission.CHANGE_SECURITY),
    Place('Portal', '/staff/settings/portal', 'sliders-horizontal', Permission.CHANGE_SETTINGS),
    Place('Brand', '/staff/settings/branding', 'palette', Permission.CHANGE_SETTINGS),
    Place('Emails', '/staff/settings/emails', 'mail', Permission.CHANGE_SETTINGS),
    Place('Domain', '/staff/settings/domain', 'globe', Permission.CHANGE_SETTINGS),
)


@contextmanager
def staff_frame(actor: StaffActor, firm_name: str, *, here: str, narrow: bool = False) -> Iterator[None]:
    """The sidebar and the page beside it. `here` is the path of the place that is open."""
    with nui.left_drawer(value=False, bordered=True).props('breakpoint=1023 width=236 show-if-above') as drawer:
        _sidebar(actor, replace(worn(), firm_name=firm_name), here)
    with html.div().classes('fy-topbar'):
        button('', label=_('Menu'), icon='menu', kind='ghost', on_click=drawer.toggle)
        _brand(replace(worn(), firm_name=firm_name))
    with html.div().classes('fy-page narrow' if narrow else 'fy-page'):
        yield


def _sidebar(actor: StaffActor, brand: Brand, here: str) -> None:
    with html.nav().classes('fy-side').props('aria-label="Staff"'):
        _brand(brand)
        for place in PLACES:
            _place(actor, place, here)
        if any(may(actor, place.permission) for place in SETTINGS_PLACES):
            html.div('Settings').classes('fy-nav-title')
        for place in SETTINGS_PLACES:
            _place(actor, place, here)
        with html.div().classes('fy-row fy-push-down'):
            with html.a().classes('fy-me fy-grow').props('href=/staff/profile') as me:
                face(actor.name, 'person', 's')
                with html.div().classes('fy-grow'):
                    html.div(actor.name).classes('fy-strong fy-sm fy-cut')
                    html.div(actor.role.value.capitalize()).classes('fy-over')
            me.props['aria-label'] = _('%s: your profile') % actor.name
            if here == '/staff/profile':
                me.props['aria-current'] = 'page'
            with nui.element('form').props('method=post action=/staff/sign-out'):
                button('', label=_('Sign out'), icon='log-out', kind='ghost', submit=True)


def _place(actor: StaffActor, place: Place, here: str) -> None:
    if not may(actor, place.permission):
        return
    with html.a().classes('fy-nav').props(f'href={place.path}') as entry:
        if place.path == here:
            entry.props('aria-current=page')
        nui.icon(icon(place.icon)).props('aria-hidden=true')
        html.span(place.label)


def _brand(brand: Brand) -> None:
    part = Part(html.div().classes('fy-brand'), _mark_and_name)
    part.show(brand)
    live.on(BrandNow, lambda event: part.show(event.brand))


def _mark_and_name(brand: Brand) -> None:
    brand_mark(brand)
    plain_text('span', name_of(brand.firm_name)).classes('fy-cut')


# ── Doors and portal ─────────────────────────────────────────────────────────


@contextmanager
def door_frame(brand: Brand, *, follows: bool = True) -> Iterator[None]:
    """A narrow column under the firm's mark, for the pages before a sign-in. It `follows` what is saved."""
    with html.div().classes('fy-client fy-door'):
        head = Part(html.div().classes('fy-firm'), _over_the_door)
        head.show(brand)
        yield
        foot = Part(html.div().style('display: contents'), firm_foot)
        foot.show(brand)
        if follows and not is_of_staff(context.client.request.url.path):
            language_switch()
    if follows:
        live.on(BrandNow, lambda event: head.show(event.brand))
        live.on(BrandNow, lambda event: foot.show(event.brand))


def _over_the_door(brand: Brand) -> None:
    brand_mark(brand)
    plain_text('span', name_of(brand.firm_name))
