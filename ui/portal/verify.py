"""`/sign-in/verify`: the second step of a sign-in, the code of the app or a recovery code. It opens nothing by itself
(R29)."""

from typing import Annotated

from fastapi import Form, Request
from nicegui import app, context, html
from nicegui import ui as nui
from starlette.responses import Response

from domain.access.second_step import pending_is_good, verify_second_step
from domain.errors import PendingOver, RateLimited, SecondFactorWrong
from domain.language import gettext as _
from domain.portal.branding import read_brand
from ui import session_cookie
from ui.components.basics import button, card, plain_text
from ui.components.door_form import door_form
from ui.components.two_factor import code_field, fault, recovery_field, with_fault
from ui.dependencies import deps
from ui.frame import SeeOther, door_frame, public_page
from ui.portal.go import first_place
from ui.session_cookie import PENDING, client_of, raw_session, see_other, visitor

PATH = '/sign-in/verify'


def register() -> None:
    """Register the page and its route."""
    public_page(PATH, title=lambda: _('Authentication code'))(page)
    app.post(PATH)(verify)


async def page(error: str = '', wait: int = 0, off: int = 0, recovery: str = '') -> None:
    """`error`, `wait` and `off` come back from the form; with `recovery` it asks for a recovery code."""
    request = context.client.request
    if not await pending_is_good(deps(), raw_session(request, PENDING)):
        raise SeeOther('/' if await client_of(request) is not None else '/sign-in')
    said = fault(error, wait, off, recovery=bool(recovery))
    brand = await read_brand()
    with door_frame(brand):
        with card().classes('fy-door-card'):
            if recovery:
                _recovery(said)
            else:
                _app(said)
            firm = brand.firm_name or _('the firm')
            plain_text('p', _('Lost your phone and the codes? Please ask %s: they can reset it.') % firm).classes(
                'fy-sm fy-muted fy-center'
            )
        with html.p().classes('fy-smallprint'), html.a().props('href=/sign-in'):
            html.span(_('Start over'))


def _app(said: str) -> None:
    with html.div():
        html.h1(_('One more step'))
        html.p(_('Type the code that your authenticator app shows.'))
    with door_form(PATH):
        code_field(error=said, focus=True).classes('fy-code')
        button(_('Verify'), kind='primary', submit=True).classes('fy-block')
    _link(f'{PATH}?recovery=1', _('Use a recovery code'))


def _recovery(said: str) -> None:
    with html.div():
        html.h1(_('Use a recovery code'))
        html.p(_('For when your phone is not at hand.'))
    with door_form(PATH):
        nui.element('input').props('type=hidden name=recovery value=1')
        recovery_field(error=said, focus=True)
        button(_('Verify'), kind='primary', submit=True).classes('fy-block')
    _link(PATH, _('Use your authenticator app'))


def _link(path: str, words: str) -> None:
    with html.p().classes('fy-center'), html.a().classes('fy-sm') as link:
        html.span(words)
    link.props['href'] = path


async def verify(
    request: Request, code: Annotated[str, Form()] = '', recovery: Annotated[str, Form()] = ''
) -> Response:
    """Finish the sign-in of this browser."""
    try:
        signed = await verify_second_step(deps(), visitor(request), raw_session(request, PENDING), code)
    except (SecondFactorWrong, RateLimited) as error:
        return see_other(with_fault(PATH, error, **({'recovery': '1'} if recovery else {})))
    except PendingOver:
        if await client_of(request) is not None:
            return see_other('/')
        return session_cookie.end_pending(see_other('/sign-in?notice=over'))
    return session_cookie.start_client(see_other(first_place(request, signed)), signed.raw_session)
