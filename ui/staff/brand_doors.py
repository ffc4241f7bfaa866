"""The doors that a logo comes in by, and what a browser makes of one that is a drawing."""

from collections.abc import Awaitable, Callable

from fastapi import Request
from nicegui import app
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from domain.actors import StaffActor
from domain.authorization import Permission, may
from domain.brand_errors import LogoFault, LogoNotFound, LogoRefused
from domain.errors import DomainError, NotAllowed, SecondFactorNeeded, SignedOut
from domain.portal.branding import give_picture, try_on_logo
from domain.portal.logo import MOST_BYTES
from ui.dependencies import deps
from ui.messages import say
from ui.session_cookie import staff_of

LOGO = '/staff/settings/branding/logo'
PICTURE = '/staff/settings/branding/picture'


def register() -> None:
    """Register the routes."""
    app.post(LOGO)(take)
    app.post(PICTURE)(take_picture)


def picture_of(digest: str) -> str:
    """Where a picture of the logo with this digest is handed in."""
    return f'{PICTURE}?logo={digest}'


async def take(request: Request) -> Response:
    """Take a logo in. 201 and its digest; else why not, as JSON. Its name is not looked at: it says nothing."""

    async def keep(actor: StaffActor, data: bytes) -> Response:
        return JSONResponse({'id': await try_on_logo(deps(), actor, data)}, 201)

    return await _taken(request, keep)


async def take_picture(request: Request, logo: str = '') -> Response:
    """Take in what a browser drew of the logo with this digest. 204; else why not, as JSON."""

    async def keep(actor: StaffActor, data: bytes) -> Response:
        await give_picture(deps(), actor, logo, data)
        return Response(status_code=204)

    return await _taken(request, keep)


async def _taken(request: Request, keep: Callable[[StaffActor, bytes], Awaitable[Response]]) -> Response:
    actor = await staff_of(request)
    if actor is None:
        return _fault(401, SignedOut())
    if actor.is_held:
        return _fault(403, SecondFactorNeeded())
    if not may(actor, Permission.CHANGE_SETTINGS):
        return _fault(403, NotAllowed(Permission.CHANGE_SETTINGS.value))
    try:
        return await keep(actor, await _whole(request))
    except LogoRefused as error:
        return _fault(413 if error.fault is LogoFault.TOO_BIG else 422, error)
    except LogoNotFound as error:
        return _fault(404, error)
    except DomainError as error:
        return _fault(403, error)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it


async def _whole(request: Request) -> bytes:
    """The body, as long as it may be a logo; what is longer is not read to its end."""
    held = bytearray()
    async for piece in request.stream():
        held += piece
        if len(held) > MOST_BYTES:
            break
    return bytes(held)


def _fault(status: int, error: DomainError) -> Response:
    headers = {'Connection': 'close'} if status == 413 else None
    return JSONResponse({'message': say(error)}, status, headers=headers)
