"""The second step of a staff sign-in: its page and its door. Until it is taken, nothing of the firm opens (R29)."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Request
from nicegui import app, context, html
from nicegui import ui as nui
from starlette.responses import Response

from domain.access.second_step import pending_is_good, verify_staff_second_step
from domain.access.sign_in import SecondStepRequired
from domain.errors import PendingOver, RateLimited, SecondFactorWrong
from domain.language import gettext as _
from domain.portal.portal_settings import read_portal
from ui import session_cookie
from ui.components.basics import button, card, text_field
from ui.dependencies import deps
from ui.frame import SeeOther, door_frame, public_page, safe_next
from ui.messages import say
from ui.session_cookie import STAFF_PENDING, raw_session, see_other, staff_of, visitor
from ui.staff.sign_in import hidden, seconds_told

PATH = '/staff/sign-in/verify'
LONGEST_CODE = 64
MOST_OFF = 60  # minutes that a page tells; the number comes from the address


def register() -> None:
    """Register page and route."""
    public_page(PATH, title=lambda: _('Staff sign-in'))(page)
    app.post(PATH)(verify)


def ask_for_code(passed: SecondStepRequired, onward: str) -> Response:
    """The password held: on to this page, with what is half of a sign-in."""
    return session_cookie.pending_staff(see_other(_address(onward)), passed.raw_pending)


async def page(next: str = '', error: str = '', off: str = '', seconds: str = '', use: str = '') -> None:
    """`error`, `off` and `seconds` come from the door, `use` from the link to recovery codes."""
    request = context.client.request
    onward = safe_next(next, '/staff')
    if await staff_of(request) is not None:
        raise SeeOther(onward)
    if not await pending_is_good(deps(), raw_session(request, STAFF_PENDING), staff=True):
        raise SeeOther('/staff/sign-in?error=over')
    with door_frame((await read_portal()).firm_name), card():
        _form(onward, _fault(error, off, seconds), by_recovery_code=use == 'recovery')


def _form(onward: str, fault: str, *, by_recovery_code: bool) -> None:
    with html.div():
        html.h1(_('Confirm it is you'))
        html.p(
            _('Each recovery code works once, in place of your app.')
            if by_recovery_code
            else _('Enter the code that your authenticator app shows now.')
        ).classes('fy-muted')
    with nui.element('form').props(f'method=post action={PATH} novalidate').classes('fy-stack'):
        hidden('next', onward)
        if by_recovery_code:
            hidden('use', 'recovery')
            text_field(_('Recovery code'), name='code', autocomplete='off', error=fault, focus=True)
        else:
            text_field(
                _('Authentication code'),
                name='code',
                autocomplete='one-time-code',
                inputmode='numeric',
                error=fault,
                focus=True,
            ).classes('fy-code')
        button(_('Verify'), kind='primary', submit=True).classes('fy-block')
    with html.p().classes('fy-sm'), html.a() as other:
        other.props['href'] = _address(onward, **({} if by_recovery_code else {'use': 'recovery'}))
        html.span(_('Use your authenticator app') if by_recovery_code else _('Use a recovery code'))


def _address(onward: str, **query: str) -> str:
    found = query | ({'next': onward} if onward != '/staff' else {})
    return f'{PATH}?{urlencode(found)}' if found else PATH


def _fault(error: str, off: str, seconds: str) -> str:
    if error == 'code':
        minutes = int(off) if off.isascii() and off.isdigit() and len(off) < 4 else 0
        return say(SecondFactorWrong(min(minutes, MOST_OFF)))
    return say(RateLimited(seconds_told(seconds))) if error == 'wait' else ''


async def verify(
    request: Request,
    code: Annotated[str, Form()] = '',
    next: Annotated[str, Form()] = '',
    use: Annotated[str, Form()] = '',
) -> Response:
    """Finish the sign-in with a code: a new session, and the half of one is gone (R34)."""
    onward = safe_next(next, '/staff')
    kept = {'use': 'recovery'} if use == 'recovery' else {}
    raw_pending = raw_session(request, STAFF_PENDING)
    try:
        raw = await verify_staff_second_step(deps(), visitor(request), raw_pending, code[:LONGEST_CODE])
    except SecondFactorWrong as error:
        off = {'off': str(abs(error.minutes_off))} if error.minutes_off else {}
        return see_other(_address(onward, error='code', **off, **kept))
    except RateLimited as error:
        return see_other(_address(onward, error='wait', seconds=str(error.retry_after), **kept))
    except PendingOver:
        return see_other('/staff/sign-in?error=over')
    return session_cookie.start_staff(see_other(onward), raw)
