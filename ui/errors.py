"""Pages for what went wrong: plain HTML, no websocket, nothing about the inside (R60)."""

from contextlib import suppress
from pathlib import Path
from traceback import format_tb
from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from jinja2 import Environment, FileSystemLoader
from nicegui import Client, context
from nicegui.slot import Slot
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from domain.errors import DomainError, SignedOut
from domain.health import DATABASE_ERRORS, what_ails_the_database
from domain.language import catalogue, language_in_use
from domain.language import gettext as _
from domain.portal.branding import Brand
from ui import live
from ui.brand import plain_look, worn_lately
from ui.components.basics import toast
from ui.components.language_switch import other_languages
from ui.frame import Forbidden, SeeOther
from ui.messages import duration, say_any
from ui.security import CSP_PLAIN, dress
from ui.session_cookie import see_other

log = structlog.get_logger(__name__)

TEMPLATES = Path(__file__).parent / 'templates'


def render(name: str, **values: object) -> str:
    """A plain page of ours, in the language in use."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, extensions=['jinja2.ext.i18n'])
    translations = catalogue(language_in_use.get())
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    return environment.get_template(name).render(language=language_in_use.get(), others=other_languages(), **values)


def plain_page(name: str, status: int, *, brand: Brand | None = None, **values: object) -> HTMLResponse:
    """Such a page as an answer. Without a brand it looks like the house: nothing has to be read for it."""
    look = plain_look(brand) if brand else None
    firm_name = brand.firm_name if brand else ''
    return HTMLResponse(render(name, look=look, firm_name=firm_name, **values), status_code=status)


def error_page(
    status: int, title: str, text: str, *, retry_after: int = 0, link: str = '/', label: str = ''
) -> Response:
    """A page that says what went wrong and where to go on."""
    onward = {'link': link, 'label': label or _('To the start page')}
    response = plain_page('error.html', status, brand=worn_lately(), title=title, text=text, **onward)
    if retry_after:
        response.headers['Retry-After'] = str(retry_after)
    return response


async def not_found(request: Request, error: Exception) -> Response:
    """An address that leads nowhere, or takes forms alone. It is not logged: it may be a link with a token in it."""
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (404, None)
    response = error_page(status, _('There is nothing here'), _('The address may be mistyped, or the page has moved.'))
    response.headers.update(headers or {})
    return response


async def forbidden(request: Request, error: Exception) -> Response:
    """A page the role does not permit."""
    return error_page(
        403,
        _('This page is not yours to open'),
        _('Your role does not permit this. Please ask an owner of the firm.'),
        link='/staff',
    )


def from_elsewhere() -> Response:
    """A form or a socket that no page of this portal has sent."""
    return error_page(
        403,
        _('This did not come from this portal'),
        _('Nothing was done. If you pressed a button here, please open the page again and try once more.'),
    )


async def elsewhere(request: Request, error: Exception) -> Response:
    """A page's guard sends the browser elsewhere."""
    assert isinstance(error, SeeOther)
    return see_other(error.path)


async def no_database(request: Request, error: Exception) -> Response:
    """The database is locked or away."""
    log.warning('the database does not answer', error=what_ails_the_database(error))
    return too_busy()


def too_busy(seconds: int = 5) -> Response:
    """The database or the processors have no room now."""
    return error_page(
        503,
        _('One moment, please'),
        _('There is a lot going on right now. Please try again in %s.') % duration(seconds),
        retry_after=seconds,
    )


async def broken(request: Request, error: Exception) -> Response:
    """Something we did not foresee. This answer is made outside of every middleware, so it is dressed here."""
    response = error_page(
        500, _('Something went wrong'), _('It is not your fault, and nothing was lost. Please try again in a moment.')
    )
    dress(response.headers, request.scope, CSP_PLAIN)
    return response


def broken_page(error: Exception) -> None:
    """A live page could not be built: what there is of it goes, and the error gets the answer it has anywhere else."""
    request = context.client.request
    for client in [one for one in Client.instances.values() if one._request is request]:  # private: NiceGUI 3.18
        live.kill(client)
    raise error


def excuse(error: Exception) -> None:
    """What a page did for its reader went wrong: it is logged, and the reader is told, once.

    The log gets neither the words of the error nor locals: they may hold a link (R60).
    """
    if isinstance(error, SignedOut):
        return  # the page is being closed
    if not isinstance(error, DomainError):
        where = ''.join(format_tb(error.__traceback__)[-3:])
        log.error('a page stumbled', error=what_ails_the_database(error), where=where)
    for slot in reversed(Slot.get_stack()):  # the innermost may be gone, a dialog that has closed
        with suppress(RuntimeError), slot.parent.client:
            toast(say_any(error), kind='bad')
            return


HANDLERS: dict[int | type[Exception], Any] = {
    404: not_found,
    405: not_found,
    RequestValidationError: not_found,  # an address or a form that no page of ours makes
    SeeOther: elsewhere,
    Forbidden: forbidden,
    **dict.fromkeys(DATABASE_ERRORS, no_database),
    Exception: broken,
}
