"""The doors of an import: the one a file comes in by, and those that lists leave by."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

from fastapi import Request
from nicegui import app
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from domain.authorization import Permission, may
from domain.contacts.importing.decoding import MOST_BYTES
from domain.contacts.importing.lists import contacts_csv, refused_in_preview, refused_rows
from domain.contacts.importing.plan import Wishes
from domain.contacts.importing.uploads import hand_in
from domain.errors import DomainError, NotAllowed, SecondFactorNeeded, SignedOut
from domain.file_errors import FileFault, ImportFileNotFound, ImportFileRefused
from ui.dependencies import deps
from ui.errors import error_page
from ui.frame import staff_who_may
from ui.messages import say
from ui.session_cookie import staff_of
from ui.staff.access_report_files import Download
from ui.staff.import_words import all_that_is_wrong

PAGE = '/staff/contacts/import'
FILE = f'{PAGE}/file'
REFUSED = f'{PAGE}/refused.csv'
CONTACTS = f'{PAGE}/contacts.csv'
LONGEST_NAME = 400  # characters of a file's name that are looked at
STATUS = {FileFault.TOO_BIG: 413}


def register() -> None:
    """Register the routes."""
    app.post(FILE)(take)
    app.get(REFUSED)(refused)
    app.get(CONTACTS)(contacts)


async def take(request: Request, name: str = '') -> Response:
    """Take a file in, as it comes. 201 and its id; else why not, as JSON, before the rest of it is read."""
    actor = await staff_of(request)
    if actor is None:
        return _fault(401, SignedOut())
    if actor.is_held:
        return _fault(403, SecondFactorNeeded())
    if not may(actor, Permission.EDIT_CONTACTS):
        return _fault(403, NotAllowed(Permission.EDIT_CONTACTS.value))
    try:
        if _announced(request) > MOST_BYTES:
            raise ImportFileRefused(FileFault.TOO_BIG)
        file_id = await hand_in(deps(), actor, name[:LONGEST_NAME], _body(request))
    except ImportFileRefused as error:
        return _fault(STATUS.get(error.fault, 422), error)
    except DomainError as error:
        return _fault(403, error)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    return JSONResponse({'id': file_id}, 201)


def _announced(request: Request) -> int:
    """How long the body says it is; 0 where it does not say."""
    said = request.headers.get('content-length', '')
    return int(said[:12]) if said.isascii() and said.isdigit() else 0


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for piece in request.stream():
        yield piece


def _fault(status: int, error: DomainError) -> Response:
    headers = {'Connection': 'close'} if status == 413 else None  # the rest of the body is not waited for
    return JSONResponse({'message': say(error)}, status, headers=headers)


async def refused(request: Request, job: int = 0, file: int = 0) -> Response:
    """The rows of a job that did not go in, or those of a file that would not, with the reasons added."""
    actor = await staff_who_may(request, Permission.EDIT_CONTACTS, came_from=PAGE)
    wishes = Wishes.from_text(dict(parse_qsl(request.url.query)))
    try:
        if job:
            parts = await refused_rows(deps(), actor, job, all_that_is_wrong)
        else:
            parts = await refused_in_preview(deps(), actor, file, wishes, all_that_is_wrong)
    except ImportFileNotFound as error:
        return error_page(404, 'This file is gone', say(error), link=PAGE, label='To the import')
    except ImportFileRefused as error:
        return error_page(422, 'This file cannot be read', say(error), link=PAGE, label='To the import')
    return Download(parts, f'refused-rows-{deps().clock.now():%Y-%m-%d}.csv')


async def contacts(request: Request) -> Response:
    """All contacts in the columns that an import takes, in chunks as they are read."""
    actor = await staff_who_may(request, Permission.EXPORT_REPORT, came_from=PAGE)
    return Download(await contacts_csv(deps(), actor), f'contacts-{deps().clock.now():%Y-%m-%d}.csv')
