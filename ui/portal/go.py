"""The doors of the portal's home: to where a link leads, and to what a sign-in was meant for.

Who comes to one of them without being in goes through the door of the portal first, by whichever way, and then on.
"""

from fastapi import Request
from nicegui import app
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from domain.access.sign_in import SignedIn
from domain.actors import ClientActor
from domain.errors import SecondFactorNeeded, SignedOut
from domain.home_errors import HomeItemNotFound
from domain.portal.branding import read_brand
from domain.portal.home_items import ItemKind
from domain.portal.links import look_at_link, open_link
from domain.portal.own_home import look_at_item
from ui import live
from ui.dependencies import deps
from ui.errors import plain_page
from ui.session_cookie import LONGEST_NUMBER, client_of, forget_way, remember_way, see_other, way_of

GO, LEAD = '/go/{item_id}', '/to/{item_id}'


def register() -> None:
    """Register the routes."""
    app.api_route(GO, methods=['GET', 'HEAD'])(go)
    app.get(LEAD)(lead)


def is_number(typed: str) -> bool:
    """Whether an address holds what may be the id of an item."""
    return typed.isascii() and typed.isdecimal() and len(typed) <= LONGEST_NUMBER


def way_to(item_id: int | None) -> str:
    """The path that leads there: always one of ours (R53)."""
    return '/' if item_id is None else LEAD.format(item_id=item_id)


def first_place(request: Request, signed: SignedIn) -> str:
    """Where somebody who has just signed in goes on to: what the link was made for, else what this browser asked for
    before it was in."""
    return way_to(way_of(request) if signed.leads_to_id is None else signed.leads_to_id)


async def go(request: Request, item_id: str) -> Response:
    """To where a link leads. A click is counted; a look is not, nor what a browser fetches before anybody clicked.

    What the client may not see is as unknown as what never was.
    """
    actor = await client_of(request)
    if actor is None or actor.is_held:
        return _the_door_first(actor, item_id)
    is_click = request.method == 'GET' and 'prefetch' not in _purpose(request)
    try:
        url = await (open_link if is_click else look_at_link)(deps(), actor, _number(item_id))
    except HomeItemNotFound:
        raise HTTPException(404) from None
    except (SignedOut, SecondFactorNeeded):  # meanwhile
        return _the_door_first(None, item_id)
    return RedirectResponse(url, status_code=303, headers={'Referrer-Policy': 'no-referrer'})


async def lead(request: Request, item_id: str) -> Response:
    """To what the sign-in was meant for; home, where that is no longer there.

    A form may not lead to another site, not even by way of ours (`form-action 'self'`), and a sign-in is a form. So a
    link is not redirected to: a page of ours goes on to its door.
    """
    actor = await client_of(request)
    if actor is None or actor.is_held:
        return _the_door_first(actor, item_id)
    try:
        number = _number(item_id)
        item = await look_at_item(deps(), actor, number)
    except (HomeItemNotFound, HTTPException):
        return forget_way(see_other('/'))
    except (SignedOut, SecondFactorNeeded):
        return _the_door_first(None, item_id)
    if item.kind == ItemKind.ANNOUNCEMENT:
        return forget_way(see_other(f'/?to={number}'))
    path = GO.format(item_id=number)
    page = plain_page('leading.html', 200, brand=await read_brand(), title=item.title, path=path)
    page.headers['Refresh'] = f'0;url={path}'
    return forget_way(page)


def _the_door_first(actor: ClientActor | None, item_id: str) -> Response:
    """To the door, or to where a second factor is set up first; the browser keeps what it came for."""
    answer = see_other('/sign-in' if actor is None else live.CLIENT_PLACES.second_factor)
    return remember_way(answer, int(item_id)) if is_number(item_id) else answer


def _purpose(request: Request) -> str:
    return request.headers.get('sec-purpose', '') + request.headers.get('purpose', '')


def _number(item_id: str) -> int:
    if not is_number(item_id):
        raise HTTPException(404)
    return int(item_id)
