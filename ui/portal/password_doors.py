"""The doors of passwords: signing in with one, asking for a new one, and the page behind that link.

The link in the mail is opened by machines too, so looking at it changes nothing (R10), and its page is plain HTML. The
token goes from the address into the browser at once, by a cookie (R11).
"""

from typing import Annotated

from fastapi import Form, Request
from nicegui import app
from starlette.responses import Response

from domain.access.password_resets import (
    ResetView,
    ask_for_new_reset,
    ask_for_reset,
    look_at_reset,
    reset_password,
)
from domain.access.password_sign_in import sign_in_with_password
from domain.access.rate_limits import Limits, check_limit, network_of
from domain.addresses import normalise_address
from domain.errors import (
    AddressInvalid,
    Busy,
    DeadLink,
    DomainError,
    LinkExpired,
    PasswordsOff,
    PasswordTooLong,
    PasswordTooShort,
    PasswordTooWeak,
    RateLimited,
    SignInRefused,
)
from domain.language import gettext as _
from domain.portal.branding import read_brand
from ui import session_cookie
from ui.after_answer import after_the_answer
from ui.dependencies import deps
from ui.errors import error_page, plain_page, too_busy
from ui.messages import least_password, say, why_dead
from ui.portal.doors import let_in
from ui.security import CSP_SCRIPTED
from ui.session_cookie import RESET, client_of, ip_of, raw_session, see_other, visitor
from ui.theme import asset

Field = Annotated[str, Form()]
LONGEST_PASSWORD = 8_192  # characters looked at; the domain says what is too long
REFUSED = {PasswordTooShort: 'short', PasswordTooLong: 'long', PasswordTooWeak: 'weak'}


def register() -> None:
    """Register the routes."""
    app.post('/sign-in/password')(use_password)
    app.post('/forgot-password')(ask_by_email)
    app.post('/forgot-password/again')(ask_again)
    app.api_route('/reset-password/{token}', methods=['GET', 'HEAD'])(land)
    app.api_route('/reset-password', methods=['GET', 'HEAD'])(choose)
    app.post('/reset-password')(use_reset)


async def use_password(request: Request, email: Field = '', password: Field = '') -> Response:
    """Sign in with a password. On a refusal the address stays typed, and nothing tells what was wrong (R41)."""
    try:
        passed = await sign_in_with_password(deps(), visitor(request), email, password[:LONGEST_PASSWORD])
    except SignInRefused as error:
        wait = f'&wait={error.wait}' if error.wait else ''
        return session_cookie.remember_typed(see_other(f'/sign-in?error=password{wait}'), email)
    except RateLimited as error:
        return session_cookie.remember_typed(see_other(f'/sign-in?error=password&wait={error.retry_after}'), email)
    except PasswordsOff:
        return session_cookie.remember_typed(see_other('/sign-in?error=passwords-off'), email)
    except Busy as error:
        return too_busy(error.retry_after)
    return let_in(request, passed)


async def ask_by_email(request: Request, email: Field = '') -> Response:
    """Ask for a link to choose a new password. The same answer, as soon, for every address (R41, R42)."""
    try:
        address = normalise_address(email)
        await check_limit(deps(), Limits.ASK_PER_IP, network_of(ip_of(request)))
    except AddressInvalid:
        return session_cookie.remember_typed(see_other('/forgot-password?error=address'), email)
    except RateLimited as error:
        return session_cookie.remember_typed(see_other(f'/forgot-password?wait={error.retry_after}'), email)
    after_the_answer(ask_for_reset(deps(), visitor(request), address))
    return session_cookie.remember_asking(
        see_other('/forgot-password/sent'), session_cookie.browser_of(request), address
    )


async def ask_again(request: Request, token: Field = '') -> Response:
    """From the page of a dead link: a new mail to the address on file, which is neither told nor asked for."""
    try:
        await check_limit(deps(), Limits.ASK_PER_IP, network_of(ip_of(request)))
    except RateLimited as error:
        return error_page(429, _('One moment, please'), say(error), retry_after=error.retry_after)
    after_the_answer(ask_for_new_reset(deps(), visitor(request), token))
    return session_cookie.remember_asking(see_other('/forgot-password/sent'), session_cookie.browser_of(request), '')


async def land(request: Request, token: str) -> Response:
    """Behind the link: the token leaves the address, and nothing is changed."""
    try:
        await look_at_reset(deps(), token)
    except LinkExpired as error:
        return await _dead(request, token, error.reason)
    except PasswordsOff as error:
        return _off(error)
    return session_cookie.remember_reset(see_other('/reset-password'), token)


async def choose(request: Request, error: str = '', wait: int = 0) -> Response:
    """The form for a new password; `error` and `wait` come back from it."""
    token = raw_session(request, RESET)
    if not token:
        return see_other('/forgot-password')
    try:
        view = await look_at_reset(deps(), token)
    except LinkExpired as dead:
        if wait > 0:  # too many tries with links that work no more
            seconds = min(wait, 86_400)
            return error_page(429, _('One moment, please'), say(RateLimited(seconds)), retry_after=seconds)
        return session_cookie.forget_reset(await _dead(request, token, dead.reason))
    except PasswordsOff as off:
        return _off(off)
    page = plain_page(
        'reset_password.html',
        200,
        brand=await read_brand(),
        heading=_('Choose a password') if view.is_first else _('Choose a new password'),
        view=view,
        token=token,
        fault=_fault(view, error, wait),
        hint=least_password(view.least),
        script=asset('strength.js'),
    )
    page.headers['Content-Security-Policy'] = CSP_SCRIPTED
    return page


async def use_reset(request: Request, token: Field = '', password: Field = '') -> Response:
    """A person's click: this is the new password. A refused one leaves the link as it is."""
    try:
        await reset_password(deps(), visitor(request), token, password[:LONGEST_PASSWORD])
    except LinkExpired as error:
        return session_cookie.forget_reset(await _dead(request, token, error.reason))
    except PasswordsOff as error:
        return _off(error)
    except Busy as error:
        return too_busy(error.retry_after)
    except RateLimited as error:
        return session_cookie.remember_reset(see_other(f'/reset-password?wait={error.retry_after}'), token)
    except (PasswordTooShort, PasswordTooLong, PasswordTooWeak) as error:
        return session_cookie.remember_reset(see_other(f'/reset-password?error={REFUSED[type(error)]}'), token)
    return session_cookie.forget_reset(see_other('/sign-in?notice=password-set'))


def password_fault(error: str, least: int) -> DomainError | None:
    """What was wrong with a new password, as the door has put it into the address."""
    return {
        'short': PasswordTooShort(least),
        'long': PasswordTooLong(1_024),
        'weak': PasswordTooWeak(),
    }.get(error)


def _fault(view: ResetView, error: str, wait: int) -> str:
    if wait > 0:
        return say(RateLimited(min(wait, 86_400)))
    fault = password_fault(error, view.least)
    return say(fault) if fault else ''


async def _dead(request: Request, token: str, reason: DeadLink) -> Response:
    signed_in = await client_of(request) is not None  # whose language the page speaks, if so
    brand = await read_brand()
    heading, why = why_dead(reason, brand.firm_name)
    if reason is DeadLink.USED:
        why = _('A password was chosen with it. Was it not you? Please tell %s.') % (brand.firm_name or _('the firm'))
    return plain_page(
        'dead_link.html',
        410,
        brand=brand,
        heading=heading,
        why=why,
        again='/forgot-password/again',
        token=token,
        signed_in=signed_in,
    )


def _off(error: PasswordsOff) -> Response:
    return error_page(
        403, _('There are no passwords here'), say(error), link='/sign-in', label=_('Sign in with a link')
    )
