"""`/staff/sign-in/verify`: the second step of a staff sign-in. Until it is taken, nothing of the firm opens (R29)."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Request
from nicegui import app, context, html
from starlette.responses import Response

from domain.access.second_step import pending_is_good, verify_staff_second_step
from domain.access.sign_in import SecondStepRequired
from domain.errors import PendingOver, RateLimited, SecondFactorWrong
from domain.language import gettext as _
from domain.portal.branding import read_brand
from ui import session_cookie
from ui.components.basics import button, card, plain_text
from ui.components.door_form import door_form
from ui.components.two_factor import code_field, fault, recovery_field, with_fault
from ui.dependencies import deps
from ui.frame import SeeOther, door_frame, public_page, safe_next
from ui.session_cookie import STAFF_PENDING, raw_session, see_other, staff_of, visitor
from ui.staff.sign_in import hidden

PATH = '/staff/sign-in/verify'
OVER = '/staff/sign-in?error=over'
Field = Annotated[str, Form()]


def register() -> None:
    """Register the page and its route."""
    public_page(PATH, title=lambda: _('Authentication code'))(page)
    app.post(PATH)(verify)


def ask_for_code(passed: SecondStepRequired, onward: str) -> Response:
    """The password held: on to this page, with what is half of a sign-in."""
    return session_cookie.pending_staff(see_other(_address(onward)), passed.raw_pending)


async def page(next: str = '', error: str = '', wait: int = 0, off: int = 0, recovery: str = '') -> None:
    """`error`, `wait` and `off` come back from the form; with `recovery` it asks for a recovery code."""
    request = context.client.request
    onward = safe_next(next, '/staff')
    if not await pending_is_good(deps(), raw_session(request, STAFF_PENDING), staff=True):
        raise SeeOther(onward if await staff_of(request) is not None else OVER)
    said = fault(error, wait, off, recovery=bool(recovery))
    with door_frame(await read_brand()):
        with card():
            with html.div():
                html.h1(_('Use a recovery code') if recovery else _('One more step'))
                html.p(
                    _('For when your phone is not at hand.')
                    if recovery
                    else _('Type the code that your authenticator app shows.')
                ).classes('fy-muted')
            with door_form(PATH):
                hidden('next', onward)
                if recovery:
                    hidden('recovery', '1')
                    recovery_field(error=said, focus=True)
                else:
                    code_field(error=said, focus=True).classes('fy-code')
                button(_('Verify'), kind='primary', submit=True).classes('fy-block')
            with html.p().classes('fy-center'), html.a().classes('fy-sm') as other:
                html.span(_('Use your authenticator app') if recovery else _('Use a recovery code'))
            other.props['href'] = _address(onward, **({} if recovery else {'recovery': '1'}))
            plain_text('p', _('Lost your phone and the codes? Please ask an owner or admin of the firm.')).classes(
                'fy-sm fy-muted fy-center'
            )
        with html.p().classes('fy-smallprint'), html.a().props('href=/staff/sign-in'):
            html.span(_('Start over'))


def _address(onward: str, **query: str) -> str:
    found = query | _kept(onward)
    return f'{PATH}?{urlencode(found)}' if found else PATH


def _kept(onward: str) -> dict[str, str]:
    return {'next': onward} if onward != '/staff' else {}


async def verify(request: Request, code: Field = '', next: Field = '', recovery: Field = '') -> Response:
    """Finish the sign-in with a code: a new session, and the half of one is gone (R34)."""
    onward = safe_next(next, '/staff')
    try:
        raw = await verify_staff_second_step(deps(), visitor(request), raw_session(request, STAFF_PENDING), code)
    except (SecondFactorWrong, RateLimited) as error:
        return see_other(with_fault(PATH, error, **_kept(onward), **({'recovery': '1'} if recovery else {})))
    except PendingOver:
        return see_other(onward if await staff_of(request) is not None else OVER)
    return session_cookie.start_staff(see_other(onward), raw)
