"""`/staff/access-report.csv` and `.xlsx`: the report as a download, of the contacts that its address or its form names.

The parameters are those of the contact list. A form may name contacts one by one too: `ids`, or all that fit `but` for
some, as numbers with commas between. What is not understood is refused (422): a report of everybody must not be taken
for one of a few.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlencode

from nicegui import app, html
from nicegui import ui as nui
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from domain.activity.access_report import FileFormat, access_report
from domain.activity.report_xlsx import MEDIA_TYPE
from domain.authorization import Permission
from domain.contacts.contact_filter import NAMES, ContactFilter
from domain.contacts.selection import MOST_TICKED, Selection
from domain.view_errors import FilterInvalid, NoRoom
from ui.dependencies import deps
from ui.errors import error_page
from ui.frame import staff_who_may
from ui.messages import say

PAGE = '/staff/access-report'
ADDRESSES = {one: f'{PAGE}.{one.value}' for one in FileFormat}
MEDIA_TYPES = {FileFormat.CSV: 'text/csv; charset=utf-8', FileFormat.XLSX: MEDIA_TYPE}
OF_A_PAGE = frozenset({'page', 'file', 'sort', 'after', 'before'})  # say where in a list one is, not who is in it
LONGEST_IDS = MOST_TICKED * 12  # characters
_ending: set[asyncio.Task[None]] = set()


def register() -> None:
    """Register the downloads: by their address, and by a form for contacts that somebody ticked."""
    app.get(ADDRESSES[FileFormat.CSV])(csv_by_address)
    app.get(ADDRESSES[FileFormat.XLSX])(xlsx_by_address)
    app.post(ADDRESSES[FileFormat.CSV])(csv_by_form)
    app.post(ADDRESSES[FileFormat.XLSX])(xlsx_by_form)


async def csv_by_address(request: Request) -> Response:
    return await _answer(request, FileFormat.CSV, request.query_params)


async def xlsx_by_address(request: Request) -> Response:
    return await _answer(request, FileFormat.XLSX, request.query_params)


async def csv_by_form(request: Request) -> Response:
    return await _answer(request, FileFormat.CSV, None)


async def xlsx_by_form(request: Request) -> Response:
    return await _answer(request, FileFormat.XLSX, None)


async def _answer(request: Request, file_format: FileFormat, query: 'ImmutableMultiDict[str, Any] | None') -> Response:
    back = f'{PAGE}?{urlencode(query)}' if query else PAGE
    actor = await staff_who_may(request, Permission.EXPORT_REPORT, came_from=quote(back, safe='/'))
    try:
        selection, asked = chosen_by(query) if query is not None else chosen_by(await request.form(), ticked=True)
    except FilterInvalid as error:
        return error_page(422, 'This is not a report we know', say(error), link=PAGE, label='To the access report')
    chunks = await access_report(deps(), actor, file_format, selection.chosen(), asked)
    return Download(chunks, f'access-report-{deps().clock.now():%Y-%m-%d}.{file_format}', MEDIA_TYPES[file_format])


def chosen_by(asked: 'ImmutableMultiDict[str, Any]', *, ticked: bool = False) -> tuple[Selection, dict[str, str]]:
    """Whom these parameters mean, and how that is told; `ticked`: single contacts may be named too.

    Raises FilterInvalid with the names of those that are not understood, or stand there twice.
    """
    known = {*NAMES, *OF_A_PAGE, *(('ids', 'but') if ticked else ())}
    said = {name: str(value).strip() for name, value in asked.items()}
    wrong = {name for name in said if name not in known or len(asked.getlist(name)) > 1}
    fits = ContactFilter.from_query(said)
    ids, but = _numbers(said.get('ids', '')), _numbers(said.get('but', ''))
    wrong |= set(fits.faults) | {name for name, found in (('ids', ids), ('but', but)) if found is None}
    if 'ids' in said and (but or not fits.is_empty):
        wrong.add('ids')
    if wrong or ids is None or but is None:
        raise FilterInvalid(tuple(sorted(wrong)))
    if 'ids' in said:  # none of them is nobody, never everybody
        return Selection(ids=ids), {'contacts': str(len(ids))}
    return Selection(fits=fits, but=but), fits.to_query() | ({'without': str(len(but))} if but else {})


def _numbers(text: str) -> tuple[int, ...] | None:
    """None for what is no list of numbers."""
    if not text:
        return ()
    parts = text.split(',') if len(text) <= LONGEST_IDS else []
    fine = all(one.isascii() and one.isdigit() and len(one) < 19 for one in parts)
    return tuple(int(one) for one in parts) if parts and fine and len(parts) <= MOST_TICKED else None


def hand_over(selection: Selection, file_format: FileFormat) -> None:
    """From a page: have its browser download the report of these contacts. The page stays as it is."""
    address = ADDRESSES[file_format]
    if selection.fits is not None and not selection.but:
        nui.navigate.to(f'{address}?{urlencode(selection.fits.to_query())}' if not selection.fits.is_empty else address)
        return
    listed = ('ids', selection.ids) if selection.fits is None else ('but', selection.but)
    fields = (selection.fits.to_query() if selection.fits else {}) | {listed[0]: ','.join(map(str, listed[1]))}
    form = html.form().props(f'method=post action={address}').style('display: none')
    with form:
        for name, value in fields.items():
            nui.element('input').props.update({'type': 'hidden', 'name': name, 'value': value})
    form.run_method('submit')
    nui.timer(5, form.delete, once=True)


class Download(StreamingResponse):
    """Chunks that stop being made when nobody takes them any more.

    The first is there before the answer begins, so that a fault until then gets an answer of its own. The line is
    watched meanwhile: a file may take a while before it has a first chunk, and a browser that goes away ends the work.
    """

    def __init__(self, chunks: AsyncIterator[bytes], name: str, media_type: str = MEDIA_TYPES[FileFormat.CSV]) -> None:
        """`name` is the file's name; ASCII without quotes."""
        super().__init__(
            self._all(), media_type=media_type, headers={'Content-Disposition': f'attachment; filename="{name}"'}
        )
        self._chunks = chunks
        self._first = b''

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        making = asyncio.create_task(self._make_first())
        leaving = asyncio.create_task(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait({making, leaving}, return_when=asyncio.FIRST_COMPLETED)
            leaving.cancel()
            if making.done():
                await self._answer(making, scope, receive, send)
        finally:
            ending = asyncio.create_task(self._end(making, leaving))  # a request that ends is cancelled again and again
            _ending.add(ending)
            ending.add_done_callback(_ending.discard)
            await asyncio.shield(ending)

    async def _answer(self, making: 'asyncio.Task[None]', scope: Scope, receive: Receive, send: Send) -> None:
        try:
            making.result()
        except NoRoom as error:
            page = error_page(507, 'This file could not be made', say(error), link=PAGE, label='To the access report')
            await page(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _make_first(self) -> None:
        self._first = await anext(self._chunks, b'')

    async def _all(self) -> AsyncIterator[bytes]:
        yield self._first
        async for chunk in self._chunks:
            yield chunk

    async def _end(self, *tasks: 'asyncio.Task[None]') -> None:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        close = getattr(self._chunks, 'aclose', None)
        if close is not None:
            await close()
