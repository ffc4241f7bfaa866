"""As much of a browser as a load needs: GET, POST, and the websocket that a NiceGUI page opens, spoken by hand.

A page is opened as its own script does it: the `client_id` out of the HTML, one websocket, an implicit handshake, and
pings answered. Two hundred of these cost what two of Chromium's tabs do.
"""

import asyncio
import html
import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any, Self

import aiohttp

PAGE = re.compile(r'String\.raw`(.*?)`', re.DOTALL)
CLIENT_ID = re.compile(r"'client_id': '([0-9a-f-]{36})'")


class Browser:
    """Many browsers at once, with their cookies given by hand. `async with` it."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._session: aiohttp.ClientSession
        self._sockets: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._session = self._new_session(aiohttp.TCPConnector(limit=0))
        # Browsers open a new connection for each websocket; one that has served a page is closed by uvicorn after 5 s.
        self._sockets = self._new_session(aiohttp.TCPConnector(limit=0, force_close=True))
        return self

    def _new_session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        jar, timeout = aiohttp.DummyCookieJar(), aiohttp.ClientTimeout(60)
        return aiohttp.ClientSession(connector=connector, cookie_jar=jar, timeout=timeout)

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._sockets.close()

    async def get(self, path: str, cookie: str = '') -> tuple[float, int, str]:
        """Seconds, status and body."""
        began = time.perf_counter()
        async with self._session.get(
            self.base_url + path, headers={'Cookie': cookie} if cookie else {}, allow_redirects=False
        ) as answer:
            body = await answer.text()
        return time.perf_counter() - began, answer.status, body

    async def post(self, path: str, **form: str) -> tuple[float, int]:
        """Seconds and status of a form that a page of the portal sends."""
        began = time.perf_counter()
        async with self._session.post(
            self.base_url + path, data=form, headers={'Origin': self.base_url}, allow_redirects=False
        ) as answer:
            await answer.read()
        return time.perf_counter() - began, answer.status

    async def open(self, path: str, cookie: str) -> 'Tab':
        """Open a page and its websocket; returns once the handshake is through."""
        _, status, body = await self.get(path, cookie)
        found = CLIENT_ID.search(body)
        if status != 200 or not found:
            raise RuntimeError(f'{path} answered {status}')
        query = f'client_id={found.group(1)}&next_message_id=0&implicit_handshake=true'
        query += f'&document_id={uuid.uuid4()}&tab_id={uuid.uuid4()}&EIO=4&transport=websocket'
        socket = await self._sockets.ws_connect(
            f'{self.base_url}/_nicegui_ws/socket.io/?{query}',
            headers={'Cookie': cookie, 'Origin': self.base_url},
            max_msg_size=0,
        )
        tab = Tab(found.group(1), body, socket)
        await tab.shake_hands()
        return tab

    async def open_bare(self, path: str) -> 'Tab':
        """A websocket without a page, to the bare Socket.IO server that is the floor."""
        socket = await self._sockets.ws_connect(f'{self.base_url}{path}?EIO=4&transport=websocket')
        tab = Tab('', '', socket)
        await tab.shake_hands()
        return tab


class Tab:
    """An open page."""

    def __init__(self, client_id: str, body: str, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.client_id = client_id
        self.closed_at: float | None = None  # when it was sent away
        self.is_cut = False  # its connection ended without a word
        self._body, self._socket = body, socket
        self._wanted: Callable[[str], bool] = lambda _: False
        self._seen: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._reader: asyncio.Task[None] | None = None

    async def shake_hands(self) -> None:
        """Engine.IO's greeting, then Socket.IO's; RuntimeError when the server does not want us."""
        await self._socket.receive_str()
        await self._socket.send_str('40')
        while not (said := await self._socket.receive_str()).startswith('40'):
            if said.startswith('44'):
                raise RuntimeError(f'the handshake was refused: {said}')
        self._reader = asyncio.create_task(self._read())

    @property
    def elements(self) -> dict[str, dict[str, Any]]:
        """What the page is built of, as its HTML says."""
        found = PAGE.search(self._body)
        assert found, 'not a page of NiceGUI'
        parsed: dict[str, dict[str, Any]] = json.loads(html.unescape(found.group(1)))
        return parsed

    def watch(self, wanted: Callable[[str], bool]) -> 'asyncio.Future[float]':
        """The moment (perf_counter) at which the next message arrives that is wanted."""
        self._wanted, self._seen = wanted, asyncio.get_running_loop().create_future()
        return self._seen

    async def emit(self, element_id: str, event: str, *arguments: Any) -> None:
        """What the page sends when somebody uses one of its elements."""
        listeners = self.elements[element_id]['events']
        listener = next(one['listener_id'] for one in listeners if one['type'] == event)
        message = {
            'id': int(element_id),
            'client_id': self.client_id,
            'listener_id': listener,
            'args': [json.dumps(one) for one in arguments],
        }
        await self._socket.send_str('42' + json.dumps(['event', message]))

    async def _answer(self, question: dict[str, Any]) -> None:
        """The page asks how wide the window is and the like: no, to everything."""
        if 'request_id' in question:
            answer = {'request_id': question['request_id'], 'client_id': self.client_id, 'result': False}
            await self._socket.send_str('42' + json.dumps(['javascript_response', answer]))

    async def close(self) -> None:
        await self._socket.close()
        if self._reader:
            await self._reader

    async def _read(self) -> None:
        async for message in self._socket:
            now = time.perf_counter()
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            if message.data == '2':
                await self._socket.send_str('3')
                continue
            if message.data.startswith('42["open"') and self.closed_at is None:
                self.closed_at = now
            elif message.data.startswith('42["run_javascript"'):
                await self._answer(json.loads(message.data[2:])[1])
            if not self._seen.done() and self._wanted(message.data):
                self._seen.set_result(now)
        self.is_cut = self.closed_at is None
