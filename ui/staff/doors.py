"""The staff's doors: plain routes that take a form, act, set our cookie and answer 303 (DESIGN: doors are HTTP)."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Request
from nicegui import app
from starlette.responses import Response

from domain.access.sessions import sign_out_staff
from domain.access.sign_in import SecondStepRequired
from domain.errors import (
    AddressInvalid,
    Busy,
    DomainError,
    PasswordTooLong,
    PasswordTooShort,
    PasswordTooWeak,
    RateLimited,
    SetupClosed,
    SignInRefused,
    TextInvalid,
)
from domain.staff.owner import set_up
from domain.staff.staff_sign_in import sign_in_staff
from ui import session_cookie
from ui.dependencies import deps
from ui.errors import too_busy
from ui.frame import safe_next
from ui.messages import say
from ui.session_cookie import see_other, staff_of, visitor
from ui.staff import typed
from ui.staff.verify import ask_for_code

Field = Annotated[str, Form()]
LONGEST_PASSWORD = 4_096  # characters looked at; the domain says what is too long


def register() -> None:
    """Register the routes."""
    app.post('/setup')(create_owner)
    app.post('/staff/sign-in')(sign_in)
    app.post('/staff/sign-out')(sign_out)


async def create_owner(
    request: Request,
    token: Field = '',
    firm_name: Field = '',
    name: Field = '',
    email: Field = '',
    password: Field = '',
) -> Response:
    """Create the first owner and sign it in. On a fault the form comes back with everything but the password."""
    try:
        raw = await set_up(
            deps(),
            visitor(request),
            token,
            name=name,
            email=email,
            password=password[:LONGEST_PASSWORD],
            firm_name=firm_name,
        )
    except Busy as error:
        return too_busy(error.retry_after)
    except DomainError as error:
        return typed.keep(
            see_other('/setup'),
            '/setup',
            token=token,
            firm_name=firm_name,
            name=name,
            email=email,
            fault=_field_at_fault(error),
            words=say(error),
        )
    return typed.forget(session_cookie.start_staff(see_other('/staff'), raw), '/setup')


def _field_at_fault(error: DomainError) -> str:
    if isinstance(error, TextInvalid):
        return error.field
    if isinstance(error, AddressInvalid):
        return 'email'
    if isinstance(error, PasswordTooShort | PasswordTooLong | PasswordTooWeak):
        return 'password'
    return 'link' if isinstance(error, SetupClosed) else 'form'


async def sign_in(request: Request, email: Field = '', password: Field = '', next: Field = '') -> Response:
    """Sign a staff member in. On a refusal the address stays typed."""
    onward = safe_next(next, '/staff')
    try:
        passed = await sign_in_staff(deps(), visitor(request), email, password[:LONGEST_PASSWORD])
    except SignInRefused as error:
        told = {'error': 'wait', 'seconds': str(error.wait)} if error.wait else {'error': 'refused'}
        return _again(email, onward, **told)
    except RateLimited as error:
        return _again(email, onward, error='wait', seconds=str(error.retry_after))
    except Busy as error:
        return too_busy(error.retry_after)
    if isinstance(passed, SecondStepRequired):
        return typed.forget(ask_for_code(passed, onward), '/staff/sign-in')
    return typed.forget(session_cookie.start_staff(see_other(onward), passed), '/staff/sign-in')


def _again(email: str, onward: str, **codes: str) -> Response:
    query = urlencode(codes | ({'next': onward} if onward != '/staff' else {}))
    return typed.keep(see_other(f'/staff/sign-in?{query}'), '/staff/sign-in', email=email)


async def sign_out(request: Request) -> Response:
    """End the session of this browser. Its open pages close."""
    actor = await staff_of(request)
    if actor is not None:
        await sign_out_staff(deps(), actor)
    return session_cookie.end_staff(see_other('/staff/sign-in?notice=signed-out'))
