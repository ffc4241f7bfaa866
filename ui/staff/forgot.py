"""`/staff/forgot-password`: a member asks for a link behind which a new password is chosen.

The same answer for every address (R41).
"""

from typing import Annotated, Final

from fastapi import Form, Request
from nicegui import app, context, html
from starlette.responses import Response

from domain.access.rate_limits import Limits, check_limit, network_of
from domain.addresses import normalise_address
from domain.errors import AddressInvalid, RateLimited
from domain.language import gettext as _
from domain.portal.branding import read_brand
from domain.staff.staff_passwords import ask_for_staff_reset
from ui.after_answer import after_the_answer
from ui.components.basics import button, card, notice, text_field
from ui.components.door_form import door_form
from ui.dependencies import deps
from ui.frame import door_frame, public_page
from ui.messages import say
from ui.session_cookie import ip_of, see_other, visitor
from ui.staff import typed

PATH: Final = '/staff/forgot-password'


def register() -> None:
    """Register the page and its route."""
    public_page(PATH, title=lambda: _('Forgot password?'))(page)
    app.post(PATH)(ask)


async def page(sent: str = '') -> None:
    """`sent` once a mail was asked for; whether there is one, nobody is told."""
    before = typed.kept_for_form(context.client.request, PATH)
    with door_frame(await read_brand()):
        with card():
            with html.div():
                html.h1(_('Forgot password?'))
                html.p(_('We email you a link behind which you choose a new one.')).classes('fy-muted')
            if sent:
                notice(
                    'ok',
                    _('If somebody here signs in with this address, a mail is on its way.')
                    + ' '
                    + _('Its link works for 30 minutes.'),
                    live=True,
                )
            with door_form(PATH) as form:
                form.props['novalidate'] = True
                text_field(
                    _('Email'),
                    name='email',
                    kind='email',
                    autocomplete='username',
                    value=before.get('email', ''),
                    error='' if sent else before.get('words', ''),
                    focus=not sent,
                )
                button(_('Email me a link'), kind='primary', submit=True).classes('fy-block')
        with html.p().classes('fy-smallprint'), html.a().props('href=/staff/sign-in'):
            html.span(_('Back to staff sign-in'))


async def ask(request: Request, email: Annotated[str, Form()] = '') -> Response:
    """Ask for the mail."""
    try:
        address = normalise_address(email)
        await check_limit(deps(), Limits.ASK_PER_IP, network_of(ip_of(request)))
    except (AddressInvalid, RateLimited) as error:
        return typed.send_back(PATH, email=email, words=say(error))
    after_the_answer(ask_for_staff_reset(deps(), visitor(request), address))
    return typed.keep(see_other(f'{PATH}?sent=1'), PATH, email=address)
