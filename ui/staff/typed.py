"""What somebody typed into a form that was not taken, kept for the page that shows it again.

It travels in a cookie of the browser that typed it: encrypted, HttpOnly, for ten minutes, for one path. A password is
never kept.
"""

import json
from typing import Literal

from starlette.requests import HTTPConnection
from starlette.responses import Response

from ui.dependencies import deps
from ui.hosts import is_https
from ui.session_cookie import see_other

COOKIE = 'foyer_typed'
SECONDS = 600
LONGEST = 320
Path = Literal[
    '/setup',
    '/staff/sign-in',
    '/staff/forgot-password',
    '/staff/invitation',
    '/staff/reset-password',
    '/staff/profile',
]


def keep(response: Response, path: Path, **values: str) -> Response:
    """Remember these for `path`; each is cut to what a cookie can carry."""
    cut = json.dumps({name: value[:LONGEST] for name, value in values.items()}, ensure_ascii=False)
    sealed = deps().cipher.encrypt(cut, _bound_to(path))
    response.set_cookie(COOKIE, sealed, max_age=SECONDS, path=path, secure=is_https(), httponly=True, samesite='lax')
    return response


def send_back(path: Path, **values: str) -> Response:
    """Back to the form, which tells what was wrong this once: a later visit has no `error` in its address."""
    return keep(see_other(f'{path}?error=1'), path, **values)


def forget(response: Response, path: Path) -> Response:
    """The form was taken: nothing is remembered any more."""
    response.delete_cookie(COOKIE, path=path, secure=is_https(), httponly=True, samesite='lax')
    return response


def kept(connection: HTTPConnection, path: Path) -> dict[str, str]:
    """What was typed, empty if nothing is remembered or it is not what we wrote."""
    try:
        values = json.loads(deps().cipher.decrypt(connection.cookies[COOKIE], _bound_to(path)))
    except (KeyError, ValueError):
        return {}
    return {str(name): str(value) for name, value in values.items()}


def kept_for_form(connection: HTTPConnection, path: Path) -> dict[str, str]:
    """The same, without `fault` and `words` unless the door has just sent us back."""
    values = kept(connection, path)
    if connection.query_params.get('error'):
        return values
    return {name: value for name, value in values.items() if name not in ('fault', 'words')}


def _bound_to(path: Path) -> str:
    return f'typed:{path}'
