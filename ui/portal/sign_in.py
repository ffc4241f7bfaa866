"""The sign-in page: an address and one button."""

from nicegui import context, html
from nicegui import ui as nui

from domain.addresses import normalise_address
from domain.errors import AddressInvalid, RateLimited
from domain.language import gettext as _
from domain.portal.portal_settings import read_portal
from ui.components.basics import button, card, notice, text_field
from ui.frame import SeeOther, door_frame, public_page
from ui.messages import say
from ui.session_cookie import client_of, typed_address


def register() -> None:
    """Register the page."""
    public_page('/sign-in', title=lambda: _('Sign in'))(page)


async def page(error: str = '', wait: int = 0) -> None:
    """`error` and `wait` come back from the form, `notice` from a page that was closed."""
    request = context.client.request
    if await client_of(request) is not None and not request.query_params.get('notice'):
        raise SeeOther('/')
    typed = typed_address(request) if error or wait else ''
    with door_frame((await read_portal()).firm_name), card() as sheet:
        sheet.classes('fy-door-card')
        _notice(request.query_params.get('notice', ''))
        with html.div():
            html.h1(_('Welcome'))
            html.p(_('We will email you a link that signs you in.'))
        with nui.element('form').props('method=post action=/sign-in/email novalidate').classes('fy-stack'):
            text_field(
                _('Email'),
                name='email',
                kind='email',
                autocomplete='username',
                value=typed,
                error=_fault(typed, error, wait),
                focus=True,
            )
            button(_('Email me a sign-in link'), kind='primary', submit=True).classes('fy-block')


def _notice(kind: str) -> None:
    if kind == 'ended':
        notice('info', _('You have been signed out. Sign in again to go on.'), live=True)
    elif kind == 'signed-out':
        notice('ok', _('You are signed out. See you soon.'), live=True)


def _fault(typed: str, error: str, wait: int) -> str:
    if wait > 0:
        return say(RateLimited(min(wait, 86_400)))
    if error == 'address':
        try:
            normalise_address(typed)
        except AddressInvalid as fault:
            return say(fault)
    return ''
