"""What stands between the network and every page: headers, nonces, the origin of unsafe requests, and the socket gate.

Pure ASGI, so that streams stay streams. Installed inside of compression, because the nonce is written into the page.
"""

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import nicegui
import structlog
from fastapi import FastAPI
from nicegui import Client, core
from nicegui.middlewares import RedirectWithPrefixMiddleware, SetCacheControlMiddleware
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.actors import StaffActor
from domain.language import speaking
from ui import live
from ui.dependencies import deps
from ui.hosts import is_closed_here, is_https, is_own_domain, note_host
from ui.language import note_language
from ui.session_cookie import client_of, staff_of

log = structlog.get_logger(__name__)

SOCKET_PATH = '/_nicegui_ws/'
FILES = f'/_nicegui/{nicegui.__version__}/'
LEFT_OUT = (RedirectWithPrefixMiddleware, SetCacheControlMiddleware)
HANDSHAKE = frozenset({'client_id', 'tab_id', 'document_id'})  # what a browser says of itself and its page
LONGEST_REPORT = 300  # characters of what a browser reports that go into the log
NOWHERE = '/nowhere'  # what is not to be found at the host where it was asked for is asked for here
SAFE_METHODS = frozenset({'GET', 'HEAD', 'OPTIONS'})
MOST_UNCONNECTED = 300  # pages whose browser never opened a socket, and as many whose browser left; the oldest go first
CSP_PAGE = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
CSP_PLAIN = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
CSP_SCRIPTED = CSP_PLAIN + "; script-src 'self'; connect-src 'self'"  # a plain page with a script of ours


def drop_prefix_header(app: FastAPI) -> None:
    """Nobody tells us where we are mounted: NiceGUI would put `X-Forwarded-Prefix` in front of every redirect.

    The header is dropped before any middleware, and the two of NiceGUI that wrap each request in tasks of their own are
    left out: one is for that header, the other says how long files are kept, which `dress` does.
    """
    build = app.build_middleware_stack

    def build_inside_of_us() -> ASGIApp:
        app.user_middleware[:] = [one for one in app.user_middleware if one.cls not in LEFT_OUT]  # type: ignore[comparison-overlap]
        inner = build()

        async def outermost(scope: Scope, receive: Receive, send: Send) -> None:
            if scope['type'] in ('http', 'websocket'):
                scope['headers'] = [pair for pair in scope['headers'] if pair[0].lower() != b'x-forwarded-prefix']
            await inner(scope, receive, send)

        return outermost

    app.build_middleware_stack = build_inside_of_us  # type: ignore[method-assign]


class SecurityMiddleware:
    """Checks what comes in, dresses what goes out (R39, R40, R54)."""

    def __init__(self, app: ASGIApp, refusal: Callable[[], Response]) -> None:
        """`refusal` makes the page that answers a request that came from elsewhere."""
        self._app, self._refusal = app, refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope['type'] not in ('http', 'websocket'):
            await self._app(scope, receive, send)
            return
        note_host(scope)
        note_language(scope)
        if scope['path'].startswith(SOCKET_PATH):
            if not await socket_may_open(scope):
                await self._refuse(scope, receive, send)
                return
            await self._app(scope, receive, send if scope['type'] == 'websocket' else Dresser(scope, send))
            return
        if scope['type'] == 'websocket':
            await self._refuse(scope, receive, send)
            return
        if scope['method'] not in SAFE_METHODS and not same_origin(Headers(scope=scope)):
            await self._refuse(scope, receive, send)
            return
        if is_closed_here(scope['path']):
            scope = {**scope, 'path': NOWHERE, 'raw_path': NOWHERE.encode()}
        if scope['method'] == 'GET':
            drop_unconnected_pages()
        await self._app(scope, receive, Dresser(scope, send))

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        log.info('refused a request from elsewhere', kind=scope['type'])
        if scope['type'] == 'websocket':
            await receive()
            await send({'type': 'websocket.close', 'code': 1008})
        else:
            await self._refusal()(scope, receive, Dresser(scope, send))


class Dresser:
    """Adds the headers of R54 to a response, and the nonce to the scripts of a NiceGUI page."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._start: Message | None = None
        self._body: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message['type'] == 'http.response.start':
            headers = MutableHeaders(scope=message)
            if 'X-NiceGUI-Content' in headers:
                self._start = message
                return
            dress(headers, self._scope, CSP_PLAIN)
        elif message['type'] == 'http.response.body' and self._start is not None:
            self._body.append(message.get('body', b''))
            if message.get('more_body'):
                return
            nonce = secrets.token_urlsafe(16)
            body = b''.join(self._body).replace(b'<script', f'<script nonce="{nonce}"'.encode())
            headers = MutableHeaders(scope=self._start)
            headers['Content-Length'] = str(len(body))
            dress(headers, self._scope, CSP_PAGE.format(nonce=nonce))
            await self._send(self._start)
            self._start = None
            message = {'type': 'http.response.body', 'body': body}
        await self._send(message)


def dress(headers: MutableHeaders, scope: Scope, csp: str) -> None:
    """The headers every answer carries. A route that set one itself keeps it."""
    headers.setdefault('Content-Security-Policy', csp)
    headers.setdefault('X-Content-Type-Options', 'nosniff')
    headers.setdefault('Referrer-Policy', 'same-origin')
    headers.setdefault('Cross-Origin-Opener-Policy', 'same-origin')
    headers.setdefault('Cross-Origin-Resource-Policy', 'same-origin')
    headers.setdefault('X-Frame-Options', 'DENY')
    headers.setdefault('Permissions-Policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=()')
    headers.setdefault('X-Robots-Tag', 'noindex')
    if 'location' in headers:
        headers['Location'] = _without_our_host(headers['location'], Headers(scope=scope).get('host', ''))
    if is_https():
        headers.setdefault('Strict-Transport-Security', 'max-age=31536000')
    if scope['path'].startswith(FILES) and not scope['path'].startswith(f'{FILES}dynamic_resources/'):
        headers['Cache-Control'] = core.app.config.cache_control_directives
    elif scope['path'].startswith('/brand/'):
        headers.setdefault('Cache-Control', 'no-store')  # a logo that is there says for how long
    elif not scope['path'].startswith(('/_nicegui/', '/assets/')):
        headers['Cache-Control'] = 'no-store'
    if 'server' in headers:
        del headers['server']


def _without_our_host(location: str, host: str) -> str:
    """A redirect within the portal names no host: the one in the request is the sender's to choose (R12)."""
    parts = urlsplit(location)
    if not parts.netloc or parts.netloc.lower() != host.lower():
        return location
    return urlunsplit(('', '', '/' + parts.path.lstrip('/'), parts.query, parts.fragment))


def same_origin(headers: Headers) -> bool:
    """Whether an unsafe request comes from a page of ours (R40). Browsers always say so in one of the two headers."""
    site = headers.get('sec-fetch-site')
    if site is not None and site not in ('same-origin', 'none'):
        return False
    origin = headers.get('origin')
    if origin is not None:
        return is_ours(origin, headers)
    return True


def _host_of(origin: str) -> str:
    return urlsplit(origin).netloc.lower() or origin


def is_ours(origin: str, headers: Headers) -> bool:
    """Whether this is where the browser believes to be, the base URL, or the firm's own domain behind a proxy that
    hands on another `Host`."""
    host = _host_of(origin)
    ours = {headers.get('host', '').lower(), urlsplit(deps().settings.public_url).netloc.lower()}
    return host in ours or (origin.startswith('https://') and is_own_domain(host))


async def socket_may_open(scope: Scope) -> bool:
    """Whether a socket may open: our origin, and the very session its page was opened with (R39).

    A page nobody knows passes: its browser is told to load it again, and meets the door there.
    """
    headers = Headers(scope=scope)
    origin = headers.get('origin')
    if origin is not None and not is_ours(origin, headers):
        return False
    query = parse_qs(scope.get('query_string', b'').decode('latin-1'))
    if query.get('implicit_handshake', [''])[0] == 'true' and not query.keys() >= HANDSHAKE:
        return False
    client_id = query.get('client_id', [''])[0]
    owner = live.actor_of(client_id)
    if owner is None:
        return True
    connection = HTTPConnection(scope)
    here = await (staff_of(connection) if isinstance(owner, StaffActor) else client_of(connection))
    if here is None:
        return not await live.may_go_on(client_id)
    return here.session_id == owner.session_id


def drop_unconnected_pages() -> None:
    """Keep the memory that anonymous requests can take bounded: the oldest page without a browser goes first, among
    those whose browser never came and among the doors that wait for theirs to come back."""
    alone = [one for one in Client.instances.values() if not one.has_socket_connection and one._response_built]
    never_came = [client for client in alone if not client._delete_tasks]  # private: NiceGUI 3.18
    left = [client for client in alone if client._delete_tasks and live.actor_of(client.id) is None]
    for pages in (never_came, left):
        for client in pages[: max(0, len(pages) - MOST_UNCONNECTED)]:
            live.kill(client)


def guard_socket_events(excuse: Callable[[Exception], None]) -> None:
    """Put the session check in front of every event of every page.

    NiceGUI trusts whoever knows a `client_id`. We take an event only from a socket that shook hands for that page, and
    only while the session of the page holds; the events of a page stay in their order. Hands are shaken only for the
    page whose id the socket opened with, which is the one `socket_may_open` has looked at. Where the session cannot be
    looked at, nothing is done, and `excuse` tells the reader why.
    """
    handlers: MutableMapping[str, Callable[..., Any]] = core.sio.handlers['/']
    on_event: Callable[[str, dict[str, Any]], None] = handlers['event']
    on_handshake: Callable[[str, dict[str, Any]], Awaitable[bool]] = handlers['handshake']

    async def event(socket: str, message: object = None, *_: object) -> None:
        if not isinstance(message, dict) or not _shook_hands(socket, message):
            return
        turn = live.turn_of(message['client_id'])
        if turn is None:
            _handle(on_event, socket, message)
            return
        async with turn:
            try:
                goes_on = await live.may_go_on(message['client_id'])
            except Exception as error:
                if client := Client.instances.get(message['client_id']):
                    with client, speaking(live.language_of(client.id)):
                        excuse(error)
                return
            if goes_on:
                _handle(on_event, socket, message)

    async def handshake(socket: str, message: object = None, *_: object) -> bool:
        if not isinstance(message, dict) or not message.keys() >= HANDSHAKE:
            return False
        opened_with = parse_qs(core.sio.get_environ(socket).get('QUERY_STRING', '')).get('client_id')
        with speaking(live.language_of(message['client_id'])):
            return opened_with == [message['client_id']] and await on_handshake(socket, message)

    if not getattr(on_event, 'is_guarded', False):
        event.is_guarded = True  # type: ignore[attr-defined]
        core.sio.on('event', event)
        core.sio.on('handshake', handshake)
        for name in ('javascript_response', 'ack', 'log'):
            core.sio.on(name, _guarded(handlers[name]))


def _guarded(handler: Callable[[str, dict[str, Any]], Any]) -> Callable[..., Awaitable[None]]:
    async def guarded(socket: str, message: object = None, *_: object) -> None:
        if isinstance(message, dict) and _shook_hands(socket, message):
            if 'message' in message:  # a report for our log: one line, whatever it holds
                message['message'] = ascii(message['message'])[:LONGEST_REPORT]
            _handle(handler, socket, message)

    return guarded


def _handle(handler: Callable[[str, dict[str, Any]], Any], socket: str, message: dict[str, Any]) -> None:
    """In the language of its page. A message no browser of ours sends is dropped.

    What goes wrong in a page's own code does not come out here.
    """
    try:
        with speaking(live.language_of(message['client_id'])):
            handler(socket, message)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        log.info('dropped a message that makes no sense', error=type(error).__name__)


def _shook_hands(socket: str, message: dict[str, Any]) -> bool:
    client_id = message.get('client_id')
    client = Client.instances.get(client_id) if isinstance(client_id, str) else None
    return client is not None and socket in client._socket_to_document_id  # private: NiceGUI 3.18
