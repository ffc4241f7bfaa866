"""The portal's home: a greeting, who the client is here for, when it was here last."""

from dataclasses import dataclass

from nicegui import html

from domain.access.second_step import take_recovery_notice
from domain.access.security_policy import policy_at
from domain.access.totp import read_new_codes
from domain.actors import ClientActor
from domain.contacts.client_home import ClientHome, read_home
from domain.errors import SignedOut
from domain.events import ContactsChanged, Event, LoginChanged, SecurityChanged, SettingsChanged
from domain.language import gettext as _
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.portal_home import portal_home
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import client_page, name_of
from ui.portal.frame import hands, leave, sign_out_form
from ui.portal.strips import Planned, by_recovery_code, codes_wait, planned_change, what_is_planned


def register() -> None:
    """Register the page."""
    client_page('/', title=lambda: _('Home'))(page)


async def page(actor: ClientActor) -> None:
    """Built anew in place when what it shows changes: a contact of this login, or the firm's name."""
    sign_out_form()
    home = Home(actor, codes_left=await take_recovery_notice(deps(), actor))
    home.follow()
    await home.load()


@dataclass(frozen=True)
class Shown:
    """What stands on the page. `codes_wait`: new recovery codes that nobody has said are saved."""

    home: ClientHome
    firm_name: str
    has_passwords: bool
    codes_wait: bool
    planned: Planned | None


class Home:
    def __init__(self, actor: ClientActor, *, codes_left: int | None) -> None:
        """Build it in the page; `load` fills it, `follow` keeps it so. `codes_left` is told where one was just used."""
        self._actor = actor
        self._codes_left = codes_left
        self._body = html.div().classes('fy-client')
        self._shown: Shown | None = None

    async def load(self) -> None:
        """Read, then build in one go. What stands there already is left alone, open menu and focus included.

        Raises SignedOut, SecondFactorNeeded.
        """
        policy = await policy_at(deps().clock.now())
        now = Shown(
            await read_home(deps(), self._actor),
            name_of((await read_portal()).firm_name),
            policy.passwords_work,
            bool(await read_new_codes(deps(), self._actor)),
            await what_is_planned(self._actor, policy),
        )
        if now == self._shown:
            return
        self._shown = now
        self._body.clear()
        with self._body:
            able = hands(self._actor, now.has_passwords)
            portal_home(now.home, now.firm_name, able, above=lambda: self._tell(now))

    def _tell(self, now: Shown) -> None:
        if now.codes_wait:
            codes_wait()
        if self._codes_left is not None:
            by_recovery_code(self._codes_left)
        if now.planned:
            planned_change(now.planned, now.firm_name)

    def follow(self) -> None:
        """Listen for everything that may change what is shown."""
        refresher = Refresher(self._load_again)
        live.on(SettingsChanged, refresher.ask)
        live.on(SecurityChanged, refresher.ask)
        login_id = self._actor.login_id
        live.on(LoginChanged, lambda event: refresher.ask(event) if event.login_id == login_id else None)
        live.on(ContactsChanged, lambda event: refresher.ask(event) if self._concerns(event) else None)

    def _concerns(self, event: ContactsChanged) -> bool:
        served = self._shown.home.contacts if self._shown else ()
        return self._actor.login_id in event.login_ids or any(one.id in event.contact_ids for one in served)

    async def _load_again(self, _: Event | None) -> None:
        try:
            await self.load()
        except SignedOut:
            leave()
