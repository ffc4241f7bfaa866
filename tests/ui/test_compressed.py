"""Files of the pages come compressed, are compressed once, and are what they were."""

import gzip
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from ui import compressed
from ui.compressed import Compressed

SCRIPT = 'function knock() { return "who is there" }\n' * 200


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was compressed, in this order."""
    seen: list[bytes] = []
    real = gzip.compress

    def compress(data: bytes, *how: Any, **more: Any) -> bytes:
        seen.append(data)
        return real(data, *how, **more)

    monkeypatch.setattr(compressed.gzip, 'compress', compress)
    return seen


@pytest.fixture
def script() -> list[str]:
    """What the file holds; a test may change it."""
    return [SCRIPT]


@pytest.fixture
def browser(script: list[str]) -> httpx.AsyncClient:
    async def file(_: Request) -> Response:
        async def parts() -> Any:
            yield script[0][:1000]
            yield script[0][1000:]

        return StreamingResponse(parts(), media_type='text/javascript', headers={'ETag': '"one"'})

    async def font(_: Request) -> Response:
        return Response(SCRIPT, media_type='font/woff2')

    async def small(_: Request) -> Response:
        return PlainTextResponse('few')

    async def unchanged(_: Request) -> Response:
        return Response(status_code=304)

    routes = [
        Route('/assets/script.js', file),
        Route('/assets/font.woff2', font),
        Route('/assets/small.txt', small),
        Route('/assets/unchanged.js', unchanged),
        Route('/page', file),
    ]
    transport = httpx.ASGITransport(Compressed(Starlette(routes=routes)))
    return httpx.AsyncClient(transport=transport, base_url='http://foyer.test')


async def test_a_file_is_compressed_once(browser: httpx.AsyncClient, made: list[bytes], script: list[str]) -> None:
    for _ in range(3):
        answer = await browser.get('/assets/script.js')
        assert answer.text == SCRIPT
        assert answer.headers['content-encoding'] == 'gzip'
        assert int(answer.headers['content-length']) < len(SCRIPT) / 5
        assert answer.headers['vary'] == 'Accept-Encoding'
        assert answer.headers['etag'] == '"one"'
    assert made == [SCRIPT.encode()]
    script[0] = SCRIPT.replace('who', 'nobody')
    assert 'nobody is there' in (await browser.get('/assets/script.js')).text


async def test_who_cannot_read_it_gets_it_as_it_is(browser: httpx.AsyncClient, made: list[bytes]) -> None:
    for asked in ({'Accept-Encoding': 'identity'}, {'Accept-Encoding': 'gzip', 'Range': 'bytes=0-9'}):
        answer = await browser.get('/assets/script.js', headers=asked)
        assert answer.text == SCRIPT
    for path in ('/assets/font.woff2', '/assets/small.txt', '/assets/unchanged.js'):
        answer = await browser.get(path)
        assert 'content-encoding' not in answer.headers, path
    assert made == []


async def test_pages_are_compressed_as_ever(browser: httpx.AsyncClient, made: list[bytes]) -> None:
    answer = await browser.get('/page')
    assert answer.text == SCRIPT
    assert answer.headers['content-encoding'] == 'gzip'
    assert made == []


async def test_there_is_an_end_to_what_is_kept(
    browser: httpx.AsyncClient, made: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compressed, 'MOST_KEPT', 10)
    for _ in range(2):
        assert (await browser.get('/assets/script.js')).text == SCRIPT
    assert len(made) == 2
