"""In which language a reader is spoken to, settled once for each request.

Staff read English. A client reads the language of its contact; where none is set, and at the doors, what the browser
was told last at the foot of a page, else what it asks for. A page keeps the language it was built in: its events and
what it reads anew run in that language too (ui/live.py).
"""

from typing import Annotated

from fastapi import Form, Request
from nicegui import app
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from domain.access.own_language import choose_language
from domain.language import DEFAULT_LANGUAGE, known_language, language_in_use, preferred_language
from ui.components.language_switch import DOOR
from ui.dependencies import deps
from ui.hosts import is_of_staff
from ui.session_cookie import client_of, language_chosen, page_before, remember_language, see_other


def register() -> None:
    """Register the door."""
    app.post(DOOR)(choose)


def note_language(scope: Scope) -> None:
    """As long as this request lasts, this is the language in use."""
    language_in_use.set(DEFAULT_LANGUAGE if is_of_staff(scope['path']) else _asked_for(HTTPConnection(scope)))


def _asked_for(connection: HTTPConnection) -> str:
    chosen = known_language(language_chosen(connection))
    return chosen or preferred_language(connection.headers.get('accept-language', ''))


async def choose(request: Request, language: Annotated[str, Form()] = '') -> Response:
    """A reader wants another language: the browser keeps it, and the contact of whoever is signed in here."""
    back = see_other(page_before(request))
    if not known_language(language):
        return back
    actor = await client_of(request)
    if actor is not None:
        await choose_language(deps(), actor, language)
    return remember_language(back, language)
