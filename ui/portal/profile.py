"""`/profile`: what a client has to sign in with, and where it is signed in."""

from datetime import datetime

from nicegui import html

from domain.access.passwords import look_at_own_password
from domain.access.totp import SecondFactor, read_second_factor
from domain.actors import ClientActor
from domain.errors import SecondFactorNeeded, SignedOut
from domain.events import Event, LoginChanged, SecurityChanged
from domain.language import gettext as _
from ui import live
from ui.components.basics import card
from ui.components.line_link import line_link
from ui.components.part import Part
from ui.components.refresher import Refresher
from ui.components.when import When
from ui.dependencies import deps
from ui.frame import client_page
from ui.portal.devices import DevicesCard
from ui.portal.frame import page_head, portal_frame


def register() -> None:
    """Register the page."""
    client_page('/profile', title=lambda: _('Profile'))(page)


async def page(actor: ClientActor) -> None:
    """Each of them a line that leads to its own page."""
    async with portal_frame(actor):
        page_head(_('Profile'), actor.email, back=(_('Home'), '/'))
        await _signing_in(actor)
        await DevicesCard(actor).load()


async def _signing_in(actor: ClientActor) -> None:
    """What there is to sign in with, as the firm permits and as it stands."""
    with card(rows=True) as sheet:
        sheet.props['aria-label'] = _('Signing in')
    lines = Part(sheet.body, _lines)

    async def look(_event: Event | None) -> None:
        try:
            own, factor = await look_at_own_password(deps(), actor), await read_second_factor(deps(), actor)
        except (SignedOut, SecondFactorNeeded):
            return  # the page is being closed, or sent to the second factor
        lines.show(own.works, own.set_at, factor)

    await look(None)
    ask = Refresher(look).ask
    live.on(SecurityChanged, ask)
    live.on(LoginChanged, lambda event: ask(event) if event.login_id == actor.login_id else None)


def _lines(has_passwords: bool, password_since: datetime | None, factor: SecondFactor) -> None:
    if has_passwords:
        with line_link('/profile/password', 'key-round', _('Update password')):
            if password_since:
                html.span(_('Last set') + ' ')
                When(password_since, 'date')
            else:
                html.span(_('Sign in without waiting for a mail.'))
    with line_link('/profile/two-factor', 'shield-check', _('Two-factor authentication')):
        if factor.is_on:
            html.span(_('On since') + ' ')
            When(factor.since, 'date')
        else:
            html.span(_('Off. A code from your phone makes your sign-in much safer.'))
