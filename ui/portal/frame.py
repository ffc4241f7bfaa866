"""Around every page of a signed-in client: the portal's bar, and a column beneath it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nicegui import context, html
from nicegui import ui as nui

from domain.access.security_policy import policy_at
from domain.access.sessions import switch_contact
from domain.actors import ClientActor
from domain.contacts.client_home import Served, read_home
from domain.errors import ContactNotFound, SignedOut
from domain.events import Event, SecurityChanged, SettingsChanged
from domain.portal.branding import read_brand
from ui import live
from ui.brand import name_of
from ui.components.basics import plain_text, toast
from ui.components.brand_mark import firm_foot
from ui.components.part import Part
from ui.components.portal_home import Hands, portal_bar
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.messages import say
from ui.theme import icon


def sign_out_form() -> None:
    """What `Sign out` in the bar posts."""
    nui.element('form').props('method=post action=/sign-out id=sign-out hidden')


def hands(actor: ClientActor, has_password: bool, *, then: str = '/') -> Hands:
    """What a client may do in the bar of its own pages. `then`: the path that opens once another contact is picked."""
    return Hands(lambda served: _pick(actor, served, then), has_password, actor.is_held)


@asynccontextmanager
async def portal_frame(actor: ClientActor) -> AsyncIterator[str]:
    """The bar, and a narrow column for what stands in it; the firm's name. Raises SignedOut."""
    home = await read_home(deps(), actor, held=actor.is_held)
    brand = await read_brand()
    policy = await policy_at(deps().clock.now())
    sign_out_form()
    with html.div().classes('fy-client'):
        box = html.div().style('display: contents')
        bar = Part(box, lambda shown, has_passwords: portal_bar(home, shown, hands(actor, has_passwords)))
        bar.show(brand, policy.passwords_work)
        with html.div().classes('fy-portal fy-portal-narrow'):
            yield name_of(brand.firm_name)
            foot = Part(html.div().style('display: contents'), firm_foot)
            foot.show(brand)
        _follow(bar, foot)


def _follow(bar: Part, foot: Part) -> None:
    """How it looks, and whether a password may be set, is the firm's to say, on open pages too."""

    async def look(_event: Event | None) -> None:
        brand = await read_brand()
        bar.show(brand, (await policy_at(deps().clock.now())).passwords_work)
        foot.show(brand)

    refresher = Refresher(look)
    live.on(SecurityChanged, refresher.ask)
    live.on(SettingsChanged, refresher.ask)


def page_head(title: str, text: str = '', *, back: tuple[str, str] | None = None) -> None:
    """The heading of a page, a sentence beneath it, and a way back: its words and its path."""
    with html.div():
        if back:
            with html.a().classes('fy-back') as link:
                nui.icon(icon('arrow-left')).props('aria-hidden=true')
                html.span(back[0])
            link.props['href'] = back[1]
        plain_text('h1', title)
        if text:
            plain_text('p', text)


def leave() -> None:
    """The session of this page is over: to the door, unless the page is being closed for that already."""
    if not context.client.is_deleted:
        context.client.open(live.CLIENT_PLACES.door)


async def _pick(actor: ClientActor, served: Served, then: str) -> None:
    try:
        await switch_contact(deps(), actor, served.id)
    except (ContactNotFound, SignedOut) as error:
        toast(say(error), kind='bad')
    context.client.open(then)
