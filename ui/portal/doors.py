"""The clients' doors: plain routes that take a form, act, set our cookie and answer 303 (DESIGN: doors are HTTP).

The landing page of a link is plain HTML. Neither GET nor HEAD uses a link, and no script submits it: mail scanners open
every link, some with a real browser (R10).
"""

from typing import Annotated

from fastapi import Form, Request
from nicegui import app
from starlette.responses import Response

from domain.access.magic_links import ask_for_new_link, look_at_link, redeem_magic_link, where_it_led
from domain.access.rate_limits import Limits, check_limit, network_of
from domain.access.sessions import sign_out_client
from domain.access.sign_in import SecondStepRequired, SignedIn
from domain.access.sign_in_codes import ask_for_sign_in, redeem_code
from domain.addresses import normalise_address
from domain.errors import AddressInvalid, CodeWrong, LinkExpired, RateLimited
from domain.language import gettext as _
from domain.portal.branding import read_brand
from ui import session_cookie
from ui.after_answer import after_the_answer
from ui.dependencies import deps
from ui.errors import error_page, plain_page
from ui.messages import duration, say, why_dead
from ui.portal.go import first_place, way_to
from ui.session_cookie import client_of, ip_of, see_other, visitor

CODE_DIGITS = 6


def register() -> None:
    """Register the routes."""
    app.post('/sign-in/email')(ask_by_email)
    app.post('/sign-in/code')(use_code)
    app.api_route('/sign-in/link/{token}', methods=['GET', 'HEAD'])(land)
    app.post('/sign-in/link')(use_link)
    app.post('/sign-in/link/again')(ask_again)
    app.post('/sign-out')(sign_out)


async def ask_by_email(request: Request, email: Annotated[str, Form()] = '') -> Response:
    """Ask for a sign-in mail. The same answer for every address (R41)."""
    browser = session_cookie.browser_of(request)
    try:
        address = normalise_address(email)
        await check_limit(deps(), Limits.ASK_PER_IP, network_of(ip_of(request)))
    except AddressInvalid:
        return session_cookie.remember_asking(see_other('/sign-in?error=address'), browser, email)
    except RateLimited as error:
        return session_cookie.remember_asking(see_other(f'/sign-in?wait={error.retry_after}'), browser, email)
    after_the_answer(ask_for_sign_in(deps(), visitor(request, browser=browser), address))
    return session_cookie.remember_asking(see_other('/sign-in/sent'), browser, address)


async def use_code(request: Request, code: Annotated[str, Form()] = '') -> Response:
    """Sign in with the code of a mail, in the browser that asked for it."""
    try:
        passed = await redeem_code(deps(), visitor(request), code)
    except RateLimited as error:
        return see_other(f'/sign-in/sent?wait={error.retry_after}')
    except (CodeWrong, LinkExpired):
        typed = sum(letter.isdigit() for letter in code)  # all that the answer may depend on (R41)
        return see_other(f'/sign-in/sent?error={"code" if typed == CODE_DIGITS else "digits"}')
    return let_in(request, passed)


async def land(request: Request, token: str) -> Response:
    """The landing page of a link. Looks at it and changes nothing."""
    try:
        view = await look_at_link(deps(), token)
    except LinkExpired as error:
        return await _dead(request, token, error)
    return plain_page(
        'landing.html',
        200,
        brand=await read_brand(),
        view=view,
        token=token,
        time_left=duration(view.seconds_left),
    )


async def use_link(request: Request, token: Annotated[str, Form()] = '') -> Response:
    """A person's click: use the link."""
    try:
        passed = await redeem_magic_link(deps(), visitor(request), token)
    except RateLimited as error:
        return error_page(429, _('One moment, please'), say(error), retry_after=error.retry_after)
    except LinkExpired as error:
        return await _dead(request, token, error)
    return let_in(request, passed)


async def ask_again(request: Request, token: Annotated[str, Form()] = '') -> Response:
    """From the page of a dead link: a new mail to the address on file, which is neither told nor asked for."""
    browser = session_cookie.browser_of(request)
    try:
        await check_limit(deps(), Limits.ASK_PER_IP, network_of(ip_of(request)))
    except RateLimited as error:
        return error_page(429, _('One moment, please'), say(error), retry_after=error.retry_after)
    after_the_answer(ask_for_new_link(deps(), visitor(request, browser=browser), token))
    return session_cookie.remember_asking(see_other('/sign-in/sent'), browser, '')


async def sign_out(request: Request) -> Response:
    """End the session of this browser, here and in its other tabs."""
    actor = await client_of(request)
    if actor is not None:
        await sign_out_client(deps(), actor)
    return session_cookie.end_client(see_other('/sign-in?notice=signed-out'))


def let_in(request: Request, passed: SignedIn | SecondStepRequired) -> Response:
    """After a first factor: in, or on to the second."""
    match passed:
        case SignedIn():
            return session_cookie.start_client(see_other(first_place(request, passed)), passed.raw_session)
        case SecondStepRequired():
            return session_cookie.pending_client(see_other('/sign-in/verify'), passed.raw_pending)


async def _dead(request: Request, token: str, error: LinkExpired) -> Response:
    signed_in = await client_of(request) is not None  # whose language the page speaks, if so
    brand = await read_brand()
    heading, why = why_dead(error.reason, brand.firm_name)
    return plain_page(
        'dead_link.html',
        410,
        brand=brand,
        heading=heading,
        why=why,
        again='/sign-in/link/again',
        token=token,
        signed_in=signed_in,
        way=way_to(await where_it_led(token)),
    )
