"""From cookies to who is there, and back. Our own HttpOnly cookies; nothing in NiceGUI's storage (R32, R33)."""

import re
from urllib.parse import quote, unquote, urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response

from domain.access.sessions import current_client, current_staff
from domain.actors import ClientActor, StaffActor, Visitor
from domain.addresses import normalise_address
from domain.errors import AddressInvalid
from domain.language import language_in_use
from ui.dependencies import deps
from ui.hosts import is_https

CLIENT, STAFF = 'foyer_client', 'foyer_staff'
BROWSER, ASKED = 'foyer_browser', 'foyer_asked'
PENDING, STAFF_PENDING = 'foyer_pending', 'foyer_staff_pending'
RESET = 'foyer_reset'
LANGUAGE = 'foyer_language'
WAY = 'foyer_way'
PENDING_MAX_AGE, RESET_MAX_AGE, WAY_MAX_AGE = 600, 1_800, 1_800
BROWSER_SECRET = re.compile(r'[A-Za-z0-9_-]{43}')
DAY = 24 * 3600
CLIENT_MAX_AGE, STAFF_MAX_AGE, BROWSER_MAX_AGE, ASKED_MAX_AGE = 30 * DAY, 7 * DAY, DAY, 900
LANGUAGE_MAX_AGE = 365 * DAY
LONGEST_NUMBER = 18  # digits, as many as a database takes of an id
LONGEST_TYPED = 320  # characters: longer than any address, so that one too long is told so; a cookie holds 4,096 bytes


def _name(cookie: str) -> str:
    return f'__Host-{cookie}' if is_https() else cookie


def _set(response: Response, cookie: str, value: str, max_age: int) -> None:
    response.set_cookie(
        _name(cookie), value, max_age=max_age, path='/', secure=is_https(), httponly=True, samesite='lax'
    )


def _forget(response: Response, cookie: str) -> None:
    response.delete_cookie(_name(cookie), path='/', secure=is_https(), httponly=True, samesite='lax')


def raw_session(connection: HTTPConnection, cookie: str) -> str:
    """The raw session in this cookie, empty if there is none."""
    return connection.cookies.get(_name(cookie), '')


def ip_of(connection: HTTPConnection) -> str:
    """Who is calling. Forwarded headers count only from trusted proxies, which the server resolves before us (R46)."""
    return connection.client.host if connection.client else ''


def user_agent_of(connection: HTTPConnection) -> str:
    """What the browser says it is."""
    return connection.headers.get('user-agent', '')[:400]


def visitor(connection: HTTPConnection, *, browser: str = '') -> Visitor:
    """Somebody who has not signed in, with the cookie of the browser that asked, if it has one."""
    return Visitor(
        ip_of(connection),
        user_agent_of(connection),
        browser or connection.cookies.get(_name(BROWSER), ''),
        raw_session(connection, CLIENT),
        raw_session(connection, STAFF),
    )


async def client_of(connection: HTTPConnection) -> ClientActor | None:
    """The signed-in client, looked up afresh. From then on this request speaks the language of its contact."""
    raw = raw_session(connection, CLIENT)
    actor = await current_client(deps(), raw, ip_of(connection), user_agent_of(connection))
    if actor is not None and actor.language:
        language_in_use.set(actor.language)
    return actor


async def staff_of(connection: HTTPConnection) -> StaffActor | None:
    """The signed-in staff member, looked up afresh."""
    raw = raw_session(connection, STAFF)
    return await current_staff(deps(), raw, ip_of(connection), user_agent_of(connection))


def see_other(path: str) -> RedirectResponse:
    """303: the form was taken, go on there."""
    return RedirectResponse(path, status_code=303)


def start_client(response: Response, raw: str) -> Response:
    """The client is in: its session goes into the cookie."""
    _set(response, CLIENT, raw, CLIENT_MAX_AGE)
    _forget(response, ASKED)
    _forget(response, PENDING)
    return response


def pending_client(response: Response, raw: str) -> Response:
    """The first factor of a client held; the second is asked for next."""
    _set(response, PENDING, raw, PENDING_MAX_AGE)
    return response


def pending_staff(response: Response, raw: str) -> Response:
    """The first factor of a staff member held; the second is asked for next."""
    _set(response, STAFF_PENDING, raw, PENDING_MAX_AGE)
    return response


def start_staff(response: Response, raw: str) -> Response:
    """The staff member is in."""
    _set(response, STAFF, raw, STAFF_MAX_AGE)
    _forget(response, STAFF_PENDING)
    return response


def end_pending(response: Response) -> Response:
    """The half-finished sign-in of a client is over."""
    _forget(response, PENDING)
    return response


def end_client(response: Response) -> Response:
    """The client is out."""
    _forget(response, CLIENT)
    return response


def end_staff(response: Response) -> Response:
    """The staff member is out."""
    _forget(response, STAFF)
    return response


def browser_of(connection: HTTPConnection) -> str:
    """The secret of the browser that asks for a code: the one it has, so that an earlier code still fits."""
    known = connection.cookies.get(_name(BROWSER), '')
    return known if BROWSER_SECRET.fullmatch(known) else deps().randomness.token()


def remember_asking(response: Response, browser: str, typed: str) -> Response:
    """This browser asked for a mail to what was typed, known or not: the same cookies for every address (R41)."""
    _set(response, BROWSER, browser, BROWSER_MAX_AGE)
    asked_at = int(deps().clock.now().timestamp())
    _set(response, ASKED, f'{asked_at}.{quote(typed[:LONGEST_TYPED], safe="@.")}', ASKED_MAX_AGE)
    return response


def remember_typed(response: Response, typed: str) -> Response:
    """Keep what was typed where an address is asked for, and nothing else: no mail was asked for."""
    _set(response, ASKED, f'0.{quote(typed[:LONGEST_TYPED], safe="@.")}', ASKED_MAX_AGE)
    return response


def remember_reset(response: Response, token: str) -> Response:
    """The token of a reset link goes from the address into the browser that opened it (R11)."""
    _set(response, RESET, token, RESET_MAX_AGE)
    return response


def forget_reset(response: Response) -> Response:
    """The link was used, or is dead."""
    _forget(response, RESET)
    return response


def remember_way(response: Response, item_id: int) -> Response:
    """What of the portal's home this browser asked for before it was in: it opens afterwards, whichever way leads in.

    A number, never an address (R53).
    """
    _set(response, WAY, str(item_id), WAY_MAX_AGE)
    return response


def way_of(connection: HTTPConnection) -> int | None:
    """The same, if this browser asked for something."""
    kept = connection.cookies.get(_name(WAY), '')
    return int(kept) if kept.isascii() and kept.isdecimal() and len(kept) <= LONGEST_NUMBER else None


def forget_way(response: Response) -> Response:
    """It is there."""
    _forget(response, WAY)
    return response


def remember_language(response: Response, language: str) -> Response:
    """The reader of this browser wants this language; it says nothing about who that is."""
    _set(response, LANGUAGE, language, LANGUAGE_MAX_AGE)
    return response


def language_chosen(connection: HTTPConnection) -> str:
    """What this browser was told last, whatever it is."""
    return connection.cookies.get(_name(LANGUAGE), '')


def page_before(connection: HTTPConnection) -> str:
    """The page of ours that a form was posted from, to go back to; the start page where that is not told."""
    came_from = urlsplit(connection.headers.get('referer', ''))
    if came_from.netloc.lower() != connection.headers.get('host', '').lower() or not came_from.path.startswith('/'):
        return '/'
    path = '/' + came_from.path.lstrip('/\\')
    return f'{path}?{came_from.query}' if came_from.query else path


def typed_address(connection: HTTPConnection) -> str:
    """What this browser typed on the sign-in page last, right or wrong, so that nothing is lost."""
    return unquote(connection.cookies.get(_name(ASKED), '').partition('.')[2])


def seconds_since_asking(connection: HTTPConnection) -> int:
    """How long ago that was; a very long time if it never asked."""
    asked_at = connection.cookies.get(_name(ASKED), '').partition('.')[0]
    is_ours = asked_at.isdecimal() and len(asked_at) < 12  # a cookie is input, and int() refuses 5,000 digits
    return max(0, int(deps().clock.now().timestamp()) - int(asked_at)) if is_ours else ASKED_MAX_AGE


def address_asked_for(connection: HTTPConnection) -> str:
    """The same, if it was an address."""
    try:
        return normalise_address(typed_address(connection))
    except AddressInvalid:
        return ''
