"""Files of the pages are compressed once, not for every browser that comes for the first time.

They are a megabyte and a half, and compressing them takes a quarter of a second of a core: more than all else that a
first visit costs. What was compressed is kept by what it was made of, so nothing old is ever sent.
"""

import asyncio
import gzip
import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FILES = ('/_nicegui/', '/assets/')
TEXTS = ('text/', 'application/javascript', 'application/json', 'image/svg+xml')
SMALLEST = 500  # bytes; below, compressing spares nothing
MOST_KEPT = 16 * 2**20  # bytes


class Compressed(GZipMiddleware):
    """Around the whole app: files by what is kept of them, all else as Starlette does it."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._kept: dict[bytes, bytes] = {}
        self._size = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope['type'] != 'http' or not scope['path'].startswith(FILES) or not _is_for(Headers(scope=scope)):
            await super().__call__(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def gather(message: Message) -> None:
            if message['type'] == 'http.response.start':
                start.update(message)
                return
            body.extend(message.get('body', b''))
            if not message.get('more_body'):
                await self._answer(start, bytes(body), send)

        await self.app(scope, receive, gather)

    async def _answer(self, start: Message, body: bytes, send: Send) -> None:
        headers = MutableHeaders(raw=start['headers'])
        if headers.get('content-type', '').startswith(TEXTS) and len(body) >= SMALLEST:
            headers.add_vary_header('Accept-Encoding')
            if 'content-encoding' not in headers:
                body = await self._compressed(body)
                headers['Content-Encoding'] = 'gzip'
                headers['Content-Length'] = str(len(body))
        await send(start)
        await send({'type': 'http.response.body', 'body': body})

    async def _compressed(self, body: bytes) -> bytes:
        made_of = hashlib.sha256(body).digest()
        kept = self._kept.get(made_of)
        if kept is None:
            kept = await asyncio.to_thread(gzip.compress, body, 9, mtime=0)
            if self._size + len(kept) <= MOST_KEPT and self._kept.setdefault(made_of, kept) is kept:
                self._size += len(kept)
        return kept


def _is_for(asked: Headers) -> bool:
    """Whether the whole of a file is wanted, and may come compressed."""
    return 'gzip' in asked.get('accept-encoding', '') and 'range' not in asked
