"""`/profile`: what a client has to sign in with, and where it is signed in."""

from nicegui import html
from nicegui import ui as nui

from domain.access.security_policy import policy_at
from domain.access.totp import SecondFactor, read_second_factor
from domain.actors import ClientActor
from domain.language import gettext as _
from ui.components.basics import card, plain_text
from ui.components.when import When
from ui.dependencies import deps
from ui.frame import client_page
from ui.portal.devices import DevicesCard
from ui.portal.frame import page_head, portal_frame
from ui.theme import icon


def register() -> None:
    """Register the page."""
    client_page('/profile', title=lambda: _('Profile'))(page)


async def page(actor: ClientActor) -> None:
    """Each of them a line that leads to its own page."""
    factor = await read_second_factor(deps(), actor)
    policy = await policy_at(deps().clock.now())
    async with portal_frame(actor):
        page_head(_('Profile'), actor.email, back=(_('Home'), '/'))
        with card(rows=True) as sheet:
            sheet.props['aria-label'] = _('Signing in')
            if policy.passwords_work:
                with _line('/profile/password', 'key-round', _('Update password')):
                    plain_text('p', _('Sign in without waiting for a mail.'))
            with _line('/profile/two-factor', 'shield-check', _('Two-factor authentication')):
                _state(factor)
        await DevicesCard(actor).load()


def _line(path: str, mark: str, words: str) -> nui.element:
    """A row that is a link as a whole; with it, what stands beneath its name."""
    with html.a().classes('fy-line') as link:
        with html.span().classes('fy-glyph'):
            nui.icon(icon(mark)).props('aria-hidden=true')
        with html.div().classes('fy-grow') as text:
            plain_text('h2', words)
        nui.icon(icon('chevron-right')).props('aria-hidden=true')
    link.props['href'] = path
    return text


def _state(factor: SecondFactor) -> None:
    with html.p():
        if factor.is_on:
            html.span(_('On since') + ' ')
            When(factor.since, 'date')
        else:
            html.span(_('Off. A code from your phone makes your sign-in much safer.'))
