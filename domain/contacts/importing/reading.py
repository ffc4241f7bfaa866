"""A stored file, read row by row: a piece at a time out of the database, and never long without a pause for pages."""

import asyncio
from collections import deque
from time import perf_counter

from domain.contacts.importing.decoding import Decoder, Encoding, EncodingJudge
from domain.contacts.importing.layout import LOOKED_AT, Delimiter, Layout, lay_out
from domain.contacts.importing.records import Record, Records
from domain.file_errors import FileFault, ImportFileNotFound, ImportFileRefused
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


class Chunks:
    """The pieces of a file, in order. One that could not be read is read when the next is asked for.

    Raises ImportFileNotFound at the end of a file that is not there as a whole any more.
    """

    def __init__(self, file_id: int) -> None:
        self._file_id, self._position, self._left = file_id, 0, -1

    def __aiter__(self) -> 'Chunks':
        return self

    async def __anext__(self) -> bytes:
        if not self._position:
            self._left = await import_files.size_of(self._file_id)
        chunk = await import_files.read_chunk(self._file_id, self._position)
        if chunk is not None:
            self._left -= len(chunk)
            self._position += 1
            return chunk
        if self._left or not self._position:
            raise ImportFileNotFound()
        raise StopAsyncIteration


async def detect_encoding(file_id: int) -> Encoding:
    """Raises ImportFileRefused for what is no text, ImportFileNotFound."""
    judge, breather = EncodingJudge(), Breather()
    async for chunk in Chunks(file_id):
        judge.feed(chunk)
        await breather.pause()
    return judge.verdict()


async def detect_layout(file_id: int, encoding: Encoding, delimiter: Delimiter | None) -> Layout:
    """Raises ImportFileRefused for a file without anything in it, ImportFileNotFound."""
    decoder, text = Decoder(encoding), ''
    async for chunk in Chunks(file_id):
        text += decoder.feed(chunk)
        if len(text) > LOOKED_AT:
            break
    return lay_out(text, delimiter)


class OpenFile:
    """The rows of a file, from its beginning. `fed` is how many bytes of it were read."""

    def __init__(self, file_id: int, encoding: Encoding, layout: Layout) -> None:
        self.fed = 0
        self.taken = 0  # rows
        self._chunks = Chunks(file_id)
        self._decoder = Decoder(encoding)
        self._reader = Records(layout.delimiter.sign, line=1)
        self._header_line = layout.line
        self._rows: deque[Record] = deque()
        self._is_over = False
        self._breather = Breather()

    async def take(self, most: int) -> list[Record]:
        """The next rows; fewer than `most` at the end of the file only.

        Raises ImportFileRefused for a broken file, ImportFileNotFound for one that is not there as a whole.
        """
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
