"""`/forgot-password`: asking for a link to choose a new password; and the page that says one may be on its way."""

from nicegui import context, html
from nicegui import ui as nui

from domain.access.security_policy import policy_at
from domain.addresses import normalise_address
from domain.errors import AddressInvalid, PasswordsOff, RateLimited
from domain.events import Event, SecurityChanged
from domain.language import gettext as _
from domain.portal.branding import read_brand
from ui import live
from ui.components.basics import button, card, notice, text_field
from ui.components.door_form import door_form
from ui.components.part import Part
from ui.components.refresher import Refresher
from ui.components.resend_button import ResendButton
from ui.dependencies import deps
from ui.frame import door_frame, public_page
from ui.messages import say
from ui.session_cookie import address_asked_for, seconds_since_asking, typed_address

PATH = '/forgot-password'
RESEND_SECONDS = 60  # R47: one mail a minute


def register() -> None:
    """Register the pages."""
    public_page(PATH, title=lambda: _('Forgot password?'))(page)
    public_page(f'{PATH}/sent', title=lambda: _('Check your email'))(sent)


async def page(error: str = '', wait: int = 0) -> None:
    """`error` and `wait` come back from the form."""
    request = context.client.request
    typed = typed_address(request)
    works = (await policy_at(deps().clock.now())).passwords_work
    with door_frame(await read_brand()):
        with card().classes('fy-door-card'):
            part = Part(
                html.div().style('display: contents'),
                lambda works, has_fault: _ask(works, typed, _fault(typed, error, wait) if has_fault else ''),
            )
        _back()
    part.show(works, True)

    async def follow(_event: Event | None) -> None:
        """The firm switches passwords off or on while the page is open."""
        nonlocal works
        now = (await policy_at(deps().clock.now())).passwords_work
        if now != works:
            works = now
            part.show(now, False)

    live.on(SecurityChanged, Refresher(follow).ask)


def _ask(works: bool, typed: str, fault: str) -> None:
    with html.div():
        html.h1(_('Forgot password?'))
        html.p(_('We will email you a link to choose a new one.') if works else '')
    if works:
        _form(typed, fault)
    else:
        notice('info', say(PasswordsOff()), live=True).classes(remove='wrap')


def _form(typed: str, fault: str) -> None:
    with door_form(PATH):
        text_field(
            _('Email'),
            name='email',
            kind='email',
            autocomplete='username',
            value=typed,
            error=fault,
            focus=True,
        )
        button(_('Email me a link'), kind='primary', submit=True).classes('fy-block')


async def sent() -> None:
    """The same for every address (R41)."""
    request = context.client.request
    address, asked_ago = address_asked_for(request), seconds_since_asking(request)
    with door_frame(await read_brand()):
        with card().classes('fy-door-card'):
            with html.div():
                html.h1(_('Check your email'))
                html.p(
                    _('If %s has access, a link to choose a new password is on its way. It works for 30 minutes.')
                    % address
                    if address
                    else _('If the address has access, a link is on its way. It works for 30 minutes.')
                )
            with html.div().classes('fy-row wrap'):
                html.span(_('Nothing there? Look in spam.')).classes('fy-sm fy-muted fy-grow')
                if address:
                    with nui.element('form').props(f'method=post action={PATH}'):
                        hidden = nui.element('input').props('type=hidden name=email')
                        hidden.props['value'] = address
                        ResendButton(_('Send again'), max(0, RESEND_SECONDS - asked_ago))
        _back()


def _back() -> None:
    with html.p().classes('fy-smallprint'), html.a().props('href=/sign-in'):
        html.span(_('Back to sign-in'))


def _fault(typed: str, error: str, wait: int) -> str:
    if wait > 0:
        return say(RateLimited(min(wait, 86_400)))
    if error == 'address':
        try:
            normalise_address(typed)
        except AddressInvalid as fault:
            return say(fault)
    return ''
