"""The doors of the portal's home: to where a link leads, and to what a sign-in was meant for."""

from fastapi import Request
from nicegui import app
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from domain.access.sign_in import SignedIn
from domain.actors import ClientActor
from domain.errors import SignedOut
from domain.home_errors import HomeItemNotFound
from domain.portal.branding import read_brand
from domain.portal.home_items import ItemKind
from domain.portal.links import look_at_link, open_link
from domain.portal.own_home import look_at_item
from ui import live
from ui.dependencies import deps
from ui.errors import plain_page
from ui.frame import SeeOther
from ui.session_cookie import client_of, see_other

GO, LEAD = '/go/{item_id}', '/to/{item_id}'
LONGEST_ID = 18  # digits


def register() -> None:
    """Register the routes."""
    app.api_route(GO, methods=['GET', 'HEAD'])(go)
    app.get(LEAD)(lead)


def first_place(signed: SignedIn) -> str:
    """Where somebody who has just signed in goes on to: a path of ours, whatever the link was made for (R53)."""
    return '/' if signed.leads_to_id is None else LEAD.format(item_id=signed.leads_to_id)


async def go(request: Request, item_id: str) -> Response:
    """To where a link leads. A click is counted; a look is not, nor what a browser fetches before anybody clicked.

    What the client may not see is as unknown as what never was.
    """
    actor = await _inside(request)
    is_click = request.method == 'GET' and 'prefetch' not in _purpose(request)
    try:
        url = await (open_link if is_click else look_at_link)(deps(), actor, _number(item_id))
    except HomeItemNotFound:
        raise HTTPException(404) from None
    except SignedOut:
        raise SeeOther('/sign-in') from None
    return RedirectResponse(url, status_code=303, headers={'Referrer-Policy': 'no-referrer'})


async def lead(request: Request, item_id: str) -> Response:
    """To what the sign-in was meant for; home, where that is no longer there.

    A form may not lead to another site, not even by way of ours (`form-action 'self'`), and a sign-in is a form. So a
    link is not redirected to: a page of ours goes on to its door.
    """
    actor = await _inside(request)
    try:
        number = _number(item_id)
        item = await look_at_item(deps(), actor, number)
    except (HomeItemNotFound, HTTPException):
        return see_other('/')
    except SignedOut:
        raise SeeOther('/sign-in') from None
    if item.kind == ItemKind.ANNOUNCEMENT:
        return see_other(f'/?to={number}')
    path = GO.format(item_id=number)
    page = plain_page('leading.html', 200, brand=await read_brand(), title=item.title, path=path)
    page.headers['Refresh'] = f'0;url={path}'
    return page


async def _inside(request: Request) -> ClientActor:
    """Whose session this is. Raises SeeOther to the door, or to where a second factor is set up first."""
    actor = await client_of(request)
    if actor is None:
        raise SeeOther('/sign-in')
    if actor.is_held:
        raise SeeOther(live.CLIENT_PLACES.second_factor)
    return actor


def _purpose(request: Request) -> str:
    return request.headers.get('sec-purpose', '') + request.headers.get('purpose', '')


def _number(item_id: str) -> int:
    if not (item_id.isascii() and item_id.isdecimal() and len(item_id) <= LONGEST_ID):
        raise HTTPException(404)
    return int(item_id)
