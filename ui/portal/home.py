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
from ui.components.basics import toast
from ui.components.portal_home import Hands, portal_home
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import client_page, name_of
from ui.messages import say


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
            portal_home(*now, Hands(lambda served: _pick(self._actor, served)))

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


async def _pick(actor: ClientActor, served: Served) -> None:
    try:
        await switch_contact(deps(), actor, served.id)
    except (ContactNotFound, SignedOut) as error:
        toast(say(error), kind='bad')
    context.client.open('/')
