"""The portal's home: a greeting, who the client is here for, when it was here last."""

from nicegui import html

from domain.access.second_step import take_recovery_notice
from domain.access.security_policy import policy_at
from domain.access.totp import read_new_codes
from domain.actors import ClientActor
from domain.contacts.client_home import ClientHome, read_home
from domain.errors import SignedOut
from domain.events import ContactsChanged, Event, SecurityChanged, SettingsChanged
from domain.language import gettext as _
from domain.language import ngettext
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.basics import notice
from ui.components.portal_home import portal_home
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import client_page, name_of
from ui.portal.frame import hands, leave, sign_out_form


def register() -> None:
    """Register the page."""
    client_page('/', title=lambda: _('Home'))(page)


async def page(actor: ClientActor) -> None:
    """Built anew in place when what it shows changes: a contact of this login, or the firm's name."""
    sign_out_form()
    home = Home(actor, codes_left=await take_recovery_notice(deps(), actor))
    home.follow()
    await home.load()


class Home:
    def __init__(self, actor: ClientActor, *, codes_left: int | None) -> None:
        """Build it in the page; `load` fills it, `follow` keeps it so. `codes_left` is told where one was just used."""
        self._actor = actor
        self._codes_left = codes_left
        self._body = html.div().classes('fy-client')
        self._shown: tuple[ClientHome, str, bool, bool] | None = None

    async def load(self) -> None:
        """Read, then build in one go. What stands there already is left alone, open menu and focus included.

        Raises SignedOut.
        """
        policy = await policy_at(deps().clock.now())
        home, firm_name = await read_home(deps(), self._actor), name_of((await read_portal()).firm_name)
        now = home, firm_name, policy.passwords_work, bool(await read_new_codes(deps(), self._actor))
        if now == self._shown:
            return
        self._shown = now
        self._body.clear()
        with self._body:
            portal_home(*now[:2], hands(self._actor, now[2]), above=self._tell)

    def _tell(self) -> None:
        if self._shown and self._shown[3]:
            _codes_wait()
        if self._codes_left is not None:
            _by_recovery_code(self._codes_left)

    def follow(self) -> None:
        """Listen for everything that may change what is shown."""
        refresher = Refresher(self._load_again)
        live.on(SettingsChanged, refresher.ask)
        live.on(SecurityChanged, refresher.ask)
        live.on(ContactsChanged, lambda event: refresher.ask(event) if self._concerns(event) else None)

    def _concerns(self, event: ContactsChanged) -> bool:
        served = self._shown[0].contacts if self._shown else ()
        return self._actor.login_id in event.login_ids or any(one.id in event.contact_ids for one in served)

    async def _load_again(self, _: Event | None) -> None:
        try:
            await self.load()
        except SignedOut:
            leave()


def _codes_wait() -> None:
    """New recovery codes stand at their page for some minutes, and nobody has said that they are saved."""
    strip = notice('warn', _('Your recovery codes are not saved yet. They are shown for ten minutes only.'))
    with strip, html.a().props('href=/profile/two-factor').classes('fy-sm fy-strong'):
        html.span(_('See your recovery codes'))


def _by_recovery_code(left: int) -> None:
    text = ngettext('You used a recovery code: %d is left.', 'You used a recovery code: %d are left.', left) % left
    strip = notice('warn', f'{text} {_("Lost your phone? Set up the new one now.")}', live=True)
    with strip, html.a().props('href=/profile/two-factor').classes('fy-sm fy-strong'):
        html.span(_('Two-factor authentication'))
