"""The staff's sign-in page."""

from nicegui import context, html
from nicegui import ui as nui
from starlette.responses import Response

from domain.errors import PendingOver, RateLimited, SignInRefused
from domain.language import gettext as _
from domain.portal.branding import read_brand
from domain.staff.owner import is_set_up
from ui.components.basics import button, card, notice, plain_text, text_field
from ui.frame import door_frame, public_page, safe_next
from ui.messages import say
from ui.session_cookie import see_other, staff_of
from ui.staff import typed

LONGEST_WAIT = 86_400  # seconds that a page tells; the number comes from the address


def register() -> None:
    """Register the page."""
    public_page('/staff/sign-in', title=lambda: _('Staff sign-in'))(page)


async def page(next: str = '') -> Response | None:
    """`error`, `seconds` and `notice` come from the door or from a page that was closed."""
    request = context.client.request
    onward = safe_next(next, '/staff')
    if await staff_of(request) is not None:
        return see_other(onward)
    brand, is_open = await read_brand(), await is_set_up()
    query = request.query_params
    with door_frame(brand):
        with card():
            _notice(query.get('notice', ''))
            if is_open:
                _form(
                    onward,
                    typed.kept(request, '/staff/sign-in').get('email', '') if query.get('error') else '',
                    _fault(query.get('error', ''), query.get('seconds', '')),
                )
            else:
                _no_owner_yet()
        with html.p().classes('fy-smallprint'):
            plain_text('span', _('A client of the firm?'))
            html.span(' ')
            html.a(_('Sign in to the portal')).props('href=/sign-in')
    return None


def _form(onward: str, email: str, fault: str) -> None:
    with html.div():
        html.h1(_('Staff sign-in'))
        html.p(_('For those who work here.')).classes('fy-muted')
    if fault:
        notice('bad', fault, live=True)
    with nui.element('form').props('method=post action=/staff/sign-in novalidate').classes('fy-stack'):
        hidden('next', onward)
        text_field(_('Email'), name='email', kind='email', autocomplete='username', value=email, focus=not email)
        text_field(_('Password'), name='password', kind='password', autocomplete='current-password', focus=bool(email))
        button(_('Sign in'), kind='primary', submit=True).classes('fy-block')
    with html.p().classes('fy-sm fy-center'), html.a().props('href=/staff/forgot-password'):
        html.span(_('Forgot password?'))


def hidden(name: str, value: str) -> None:
    """A value that a plain form carries along."""
    nui.element('input').props.update({'type': 'hidden', 'name': name, 'value': value})


def _no_owner_yet() -> None:
    with html.div():
        html.h1(_('Nobody can sign in yet'))
        html.p(_('This portal has no owner so far.')).classes('fy-muted')
    notice(
        'info',
        _(
            'The terminal in which Foyer was started shows a link that begins with /setup. '
            'Open it to create the owner. Starting Foyer again makes a fresh one.'
        ),
    )


def _notice(kind: str) -> None:
    if kind == 'ended':
        notice('info', _('Your session has ended. Sign in again to go on.'), live=True)
    elif kind == 'signed-out':
        notice('ok', _('You are signed out.'), live=True)
    elif kind == 'password':
        notice('ok', _('Your password is changed. Sign in with the new one.'), live=True)


def _fault(error: str, seconds: str) -> str:
    if error == 'refused':
        return say(SignInRefused())
    if error == 'over':
        return say(PendingOver())
    return say(RateLimited(seconds_told(seconds))) if error == 'wait' else ''


def seconds_told(text: str) -> int:
    """A waiting time that came with the address, within reason."""
    known = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 60
    return max(1, min(known, LONGEST_WAIT))
