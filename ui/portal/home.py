"""The portal's home: a greeting, who the client is here for, what the firm put there, when it was here last."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nicegui import context, html

from domain.access.second_step import take_recovery_notice
from domain.access.security_policy import policy_at
from domain.access.totp import read_new_codes
from domain.actors import ClientActor
from domain.contacts.client_home import ClientHome, read_home
from domain.errors import SignedOut
from domain.events import ContactsChanged, Event, HomeChanged, LoginChanged, SecurityChanged, SettingsChanged
from domain.language import gettext as _
from domain.portal.branding import Brand, read_brand
from domain.portal.own_home import ShownItem, organisations_of
from ui import live
from ui.brand import name_of
from ui.components.basics import plain_text
from ui.components.part import Part
from ui.components.portal_home import portal_home
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import client_page
from ui.portal.frame import hands, leave, sign_out_form
from ui.portal.go import is_number
from ui.portal.strips import Planned, by_recovery_code, codes_wait, planned_change, what_is_planned

BRING_INTO_VIEW = """
    const to = new URLSearchParams(window.location.search).get('to');
    const post = /^[0-9]+$/.test(to) && document.querySelector(`.fy-post[data-item="${to}"]`);
    if (post) {
        post.scrollIntoView({block: 'center'});
        post.focus({preventScroll: true});
    }
"""


def register() -> None:
    """Register the page."""
    client_page('/', title=lambda: _('Home'))(page)


async def page(actor: ClientActor, to: str = '') -> None:
    """Built anew in place when what it shows changes: a contact of this login, what the firm put there, or its name.

    `to` is the id of an announcement, which the browser brings into view, if need be once a contact is picked.
    """
    sign_out_form()
    to = to if is_number(to) else ''
    home = Home(actor, codes_left=await take_recovery_notice(deps(), actor), to=to)
    home.follow()
    await home.load()
    if to:
        context.client.run_javascript(BRING_INTO_VIEW)


@dataclass(frozen=True)
class Shown:
    """What stands on the page. `codes_wait`: new recovery codes that nobody has said are saved."""

    home: ClientHome
    brand: Brand
    has_passwords: bool
    codes_wait: bool
    planned: Planned | None


def _around(shown: Shown) -> Shown:
    return replace(shown, home=replace(shown.home, items=()))


class Home:
    def __init__(self, actor: ClientActor, *, codes_left: int | None, to: str) -> None:
        """Build it in the page; `load` fills it, `follow` keeps it so. `codes_left` is told where one was just used,
        and `to` is what the browser came for."""
        self._actor = actor
        self._codes_left, self._to = codes_left, to
        self._said = plain_text('p', '').classes('fy-sr').props('role=status')
        self._body = html.div().classes('fy-client')
        self._items: Part | None = None
        self._shown: Shown | None = None

    async def load(self) -> None:
        """Read, then build in one go. What stands there already is left alone, open menu and focus included; so is all
        around the items of the firm, where they alone have changed.

        Raises SignedOut, SecondFactorNeeded.
        """
        policy = await policy_at(deps().clock.now())
        now = Shown(
            await read_home(deps(), self._actor),
            await read_brand(),
            policy.passwords_work,
            bool(await read_new_codes(deps(), self._actor)),
            await what_is_planned(self._actor, policy),
        )
        before, self._shown = self._shown, now
        if now == before:
            return
        if before and self._items and _around(now) == _around(before):
            self._items.show(now.home.items)
            self._say_what_came(before.home.items, now.home.items)
        else:
            self._build(now)

    def _build(self, now: Shown) -> None:
        self._body.clear()
        with self._body:
            is_on_the_way = self._to and now.home.current is None
            able = hands(self._actor, now.has_passwords, then=f'/?to={self._to}' if is_on_the_way else '/')
            self._items = portal_home(now.home, now.brand, able, above=lambda: self._tell(now))

    def _say_what_came(self, before: Sequence[ShownItem], now: Sequence[ShownItem]) -> None:
        """To those who do not see it come."""
        known = {one.id for one in before}
        words = {'announcement': _('News'), 'link': _('For you')}
        self._said.set_text('. '.join(f'{words[one.kind]}: {one.title}' for one in now if one.id not in known))

    def _tell(self, now: Shown) -> None:
        if now.codes_wait:
            codes_wait()
        if self._codes_left is not None:
            by_recovery_code(self._codes_left)
        if now.planned:
            planned_change(now.planned, name_of(now.brand.firm_name))

    def follow(self) -> None:
        """Listen for everything that may change what is shown."""
        refresher = Refresher(self._load_again)
        live.on(SettingsChanged, refresher.ask)
        live.on(SecurityChanged, refresher.ask)
        login_id = self._actor.login_id
        live.on(LoginChanged, lambda event: refresher.ask(event) if event.login_id == login_id else None)
        live.on(ContactsChanged, lambda event: refresher.ask(event) if self._concerns(event) else None)
        live.on(HomeChanged, lambda event: refresher.ask(event) if self._is_for_us(event) else None)

    def _concerns(self, event: ContactsChanged) -> bool:
        served = self._shown.home.contacts if self._shown else ()
        return self._actor.login_id in event.login_ids or any(one.id in event.contact_ids for one in served)

    def _is_for_us(self, event: HomeChanged) -> bool:
        served = self._shown.home.contacts if self._shown else ()
        belongs = {key for one in served for key in organisations_of(one.name, one.kind, one.organisation)}
        return (
            event.for_all
            or not belongs.isdisjoint(event.organisations)
            or any(one.id in event.contact_ids for one in served)
        )

    async def _load_again(self, _: Event | None) -> None:
        try:
            await self.load()
        except SignedOut:
            leave()
