"""The sign-in page: an address and one button."""

from nicegui import context, html
from nicegui import ui as nui

from domain.addresses import normalise_address
from domain.errors import AddressInvalid, PendingOver, RateLimited
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
    firm_name = (await read_portal()).firm_name
    with door_frame(firm_name):
        _sheet(request.query_params.get('notice', ''), firm_name, typed, _fault(typed, error, wait))
        with html.p().classes('fy-smallprint'):
            html.span(_('Do you work here?') + ' ')
            with html.a().props('href=/staff/sign-in'):
                html.span(_('Staff sign-in'))


def _sheet(told: str, firm_name: str, typed: str, fault: str) -> None:
    with card().classes('fy-door-card'):
        _notice(told, firm_name)
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
                error=fault,
                focus=True,
            )
            button(_('Email me a sign-in link'), kind='primary', submit=True).classes('fy-block')


def _notice(kind: str, firm_name: str) -> None:
    if kind == 'ended':
        firm = firm_name or _('the firm')
        text = _('You have been signed out. If you cannot get back in, please ask %s.') % firm
        notice('info', text, live=True).classes(remove='wrap')  # on a phone too the icon stands beside the text
    elif kind == 'signed-out':
        notice('ok', _('You are signed out. See you soon.'), live=True).classes(remove='wrap')
    elif kind == 'over':
        notice('info', say(PendingOver()), live=True).classes(remove='wrap')


def _fault(typed: str, error: str, wait: int) -> str:
    if wait > 0:
        return say(RateLimited(min(wait, 86_400)))
    if error == 'address':
        try:
            normalise_address(typed)
        except AddressInvalid as fault:
            return say(fault)
    return ''
