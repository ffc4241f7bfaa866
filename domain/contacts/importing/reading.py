"""A stored file, read row by row: a piece at a time out of the database, and never long without a pause for pages."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from time import perf_counter

from domain.contacts.importing.decoding import Decoder, Encoding, EncodingJudge
from domain.contacts.importing.layout import LOOKED_AT, Delimiter, Layout, lay_out
from domain.contacts.importing.records import Record, Records
from domain.errors import FileFault, ImportFileRefused
from storage import import_files

MOST_ROWS = 1_000_000
SLICE = 0.004  # seconds that are worked before others have their turn
_PIECE = 32 * 2**10  # bytes that become records in less than that


class Breather:
    """`await` its `pause` between small pieces of work: others have their turn when it was long enough."""

    def __init__(self) -> None:
        self._since = perf_counter()

    async def pause(self) -> None:
        if perf_counter() - self._since > SLICE:
            await asyncio.sleep(0)
            self._since = perf_counter()


async def chunks_of(file_id: int) -> AsyncIterator[bytes]:
    """The pieces of a file, in order."""
    position = 0
    while (chunk := await import_files.read_chunk(file_id, position)) is not None:
        yield chunk
        position += 1


async def detect_encoding(file_id: int) -> Encoding:
    """Raises ImportFileRefused for what is no text, or is empty."""
    judge, breather, there = EncodingJudge(), Breather(), False
    async for chunk in chunks_of(file_id):
        there = True
        judge.feed(chunk)
        await breather.pause()
    if not there:
        raise ImportFileRefused(FileFault.EMPTY)
    return judge.verdict()


async def detect_layout(file_id: int, encoding: Encoding, delimiter: Delimiter | None) -> Layout:
    """Raises ImportFileRefused for a file without anything in it."""
    decoder, text = Decoder(encoding), ''
    async for chunk in chunks_of(file_id):
        text += decoder.feed(chunk)
        if len(text) > LOOKED_AT:
            break
    return lay_out(text, delimiter)


class OpenFile:
    """The rows of a file, from its beginning. `fed` is how many bytes of it were read."""

    def __init__(self, file_id: int, encoding: Encoding, layout: Layout) -> None:
        self.fed = 0
        self.taken = 0  # rows
        self._chunks = chunks_of(file_id)
        self._decoder = Decoder(encoding)
        self._reader = Records(layout.delimiter.sign, line=1)
        self._header_line = layout.line
        self._rows: deque[Record] = deque()
        self._is_over = False
        self._breather = Breather()

    async def take(self, most: int) -> list[Record]:
        """The next rows; fewer than `most` at the end of the file only. Raises ImportFileRefused for a broken file."""
        while len(self._rows) < most and not self._is_over:
            await self._read_on()
        taken = [self._rows.popleft() for _ in range(min(most, len(self._rows)))]
        self.taken += len(taken)
        if self.taken > MOST_ROWS:
            raise ImportFileRefused(FileFault.TOO_MANY_ROWS, f'{MOST_ROWS:,}')
        return taken

    async def skip(self, rows: int) -> None:
        """Go on behind so many rows."""
        left = rows
        while left and (taken := await self.take(min(left, 1_000))):
            left -= len(taken)

    async def close(self) -> None:
        """Let go of it."""
        await self._chunks.aclose()  # type: ignore[attr-defined]

    async def _read_on(self) -> None:
        chunk = await anext(self._chunks, None)
        if chunk is None:
            self._is_over = True
            self._keep(self._decoder.feed(b'', final=True))
            self._rows.extend(row for row in self._reader.finish() if row.line > self._header_line)
            return
        self.fed += len(chunk)
        for start in range(0, len(chunk), _PIECE):
            self._keep(self._decoder.feed(chunk[start : start + _PIECE]))
            await self._breather.pause()

    def _keep(self, text: str) -> None:
        self._rows.extend(row for row in self._reader.feed(text) if row.line > self._header_line)
