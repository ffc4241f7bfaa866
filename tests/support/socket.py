"""The socket of a live page, spoken by hand: engine.io 4 and socket.io 5, as NiceGUI's browser side does.

By hand, because a test has to be able to do what no browser does: shake hands without a cookie, from elsewhere, or not
at all.
"""

import ast
import json
import re
import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

ELEMENTS = re.compile(r'parseElements\(String\.raw`(.*?)`\)', re.DOTALL)
QUERY = re.compile(r'query: (\{.*?\}),\n')
PATH = '/_nicegui_ws/socket.io/'


@dataclass(frozen=True)
class Element:
    """An element of a live page."""

    id: int
    data: dict[str, Any]

    def listeners(self, kind: str) -> list[str]:
        """The ids under which it waits for events of this kind."""
        return [str(event['listener_id']) for event in self.data['events'] if event['type'] == kind]


class LivePage:
    """What the HTML of a live page tells its browser."""

    def __init__(self, html: str) -> None:
        self.elements: dict[int, dict[str, Any]] = {}
        found, query = ELEMENTS.search(html), QUERY.search(html)
        assert found and query, f'not a live page: {html[:300]}'
        self.elements = {int(number): data for number, data in json.loads(unescape(found.group(1))).items()}
        self.query: dict[str, Any] = ast.literal_eval(query.group(1))

    @property
    def client_id(self) -> str:
        return str(self.query['client_id'])

    def find(self, text: str, kind: str = 'click') -> Element:
        """The element with this text or accessible name, or around it, that listens for `kind`."""
        for number, data in self.elements.items():
            if text in self._says(number) and any(one['type'] == kind for one in data.get('events', [])):
                return Element(number, data)
        raise AssertionError(f'nothing called {text!r} listens for {kind}')

    def _says(self, number: int) -> list[str]:
        data = self.elements[number]
        props = data.get('props', {})
        said = [data.get('text'), props.get('label'), props.get('aria-label')]
        for child in data.get('children', []):
            said += self._says(child)
        return [one for one in said if one]


class LiveSocket:
    """The socket of one page. As a context manager it closes itself; ConnectionRefusedError when it may not open."""

    def __init__(
        self,
        base_url: str,
        client_id: str = '',
        *,
        cookies: str = '',
        origin: str | None = None,
        implicit: bool = True,
        tab_id: str = '',
    ) -> None:
        self.tab_id = tab_id or str(uuid.uuid4())
        self.identity = {
            **({'client_id': client_id} if client_id else {}),
            'next_message_id': '0',
            'implicit_handshake': 'true' if implicit and client_id else 'false',
            'tab_id': self.tab_id,
            'document_id': str(uuid.uuid4()),
        }
        self.heard: list[tuple[str, Any]] = []
        self.replies: list[Any] = []
        self.closed = False
        self._stack = ExitStack()
        query = urlencode({**self.identity, 'EIO': '4', 'transport': 'websocket'})
        try:
            self._socket: ClientConnection = self._stack.enter_context(
                connect(
                    f'{base_url.replace("http", "ws", 1)}{PATH}?{query}',
                    origin=origin,  # type: ignore[arg-type]
                    additional_headers={'Cookie': cookies} if cookies else {},
                    proxy=None,
                    open_timeout=10,
                )
            )
        except InvalidStatus as error:
            raise ConnectionRefusedError(f'HTTP {error.response.status_code}') from error
        self._answer = ''
        self._socket.send('40')
        self._read_until(lambda: bool(self._answer), 5)
        if not self._answer.startswith('40'):
            self.close()
            raise ConnectionRefusedError(self._answer)

    def __enter__(self) -> 'LiveSocket':
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._stack.close()

    def emit(self, name: str, payload: Any) -> None:
        """Say something, without waiting."""
        self._socket.send(f'42{json.dumps([name, payload])}')

    def shake_hands(self, client_id: str, tab_id: str = '') -> bool:
        """The handshake that a prefetched page does by itself: whether it was taken."""
        identity = {**self.identity, 'client_id': client_id, 'tab_id': tab_id or self.tab_id}
        self._socket.send(f'421{json.dumps(["handshake", identity])}')
        before = len(self.replies)
        self._read_until(lambda: len(self.replies) > before, 5)
        return len(self.replies) > before and self.replies[-1] == [True]

    def fire(self, page: LivePage, element: Element, kind: str = 'click', value: Any = None) -> None:
        """An event of an element, as the browser sends it: once for each that listens."""
        args = [json.dumps({} if value is None else value)]
        for listener in element.listeners(kind):
            event = {'id': element.id, 'client_id': page.client_id, 'listener_id': listener, 'args': args}
            self.emit('event', event)

    def hear(self, name: str, seconds: float = 5.0) -> Any:
        """The next message of this name, or one heard already. AssertionError when none comes in time."""
        self._read_until(lambda: any(one == name for one, _ in self.heard), seconds)
        for number, (one, payload) in enumerate(self.heard):
            if one == name:
                del self.heard[number]
                return payload
        raise AssertionError(f'no {name!r} within {seconds} s; heard {self.heard}')

    def listen(self, seconds: float) -> list[tuple[str, Any]]:
        """Everything heard by then."""
        self._read_until(lambda: False, seconds)
        return self.heard

    def _read_until(self, done: Any, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not done() and not self.closed and (left := until - time.monotonic()) > 0:
            try:
                self._take(str(self._socket.recv(timeout=left)))
            except TimeoutError:
                return
            except ConnectionClosed:
                self.closed = True

    def _take(self, packet: str) -> None:
        if packet == '2':
            self._socket.send('3')
        elif packet.startswith(('40', '44')):
            self._answer = packet
        elif packet.startswith('43'):
            self.replies.append(json.loads(packet[packet.index('[') :]))
        elif packet.startswith('42'):
            name, *payload = json.loads(packet[2:])
            said = payload[0] if payload else None
            self.heard.append((name, {k: v for k, v in said.items() if k != '_id'} if isinstance(said, dict) else said))
        elif packet in ('1', '41'):
            self.closed = True
