"""`/login-address/{token}`: where the mail that asks a new address leads. A person's click changes it, looking never.

Plain HTML, because machines open every link of a mail (R10). The click posts the token, so that it leaves the address
of the page at once (R11). It signs nobody in.
"""

from typing import Annotated

from fastapi import Form, Request
from nicegui import app
from starlette.responses import Response

from domain.access.login_address import confirm_login_address, look_at_address_link
from domain.errors import DeadLink, LinkExpired, RateLimited
from domain.language import gettext as _
from domain.portal.branding import Brand, read_brand
from ui.dependencies import deps
from ui.errors import error_page, plain_page
from ui.messages import duration, say
from ui.session_cookie import see_other, visitor

DONE = '/login-address/done'


def register() -> None:
    """Register the routes."""
    app.get(DONE)(done)  # before the links: no token is so short
    app.api_route('/login-address/{token}', methods=['GET', 'HEAD'])(land)
    app.post('/login-address')(confirm)


async def land(token: str) -> Response:
    """What the link would do."""
    brand = await read_brand()
    try:
        view = await look_at_address_link(deps(), token)
    except LinkExpired as error:
        return _dead(brand, error.reason)
    return plain_page(
        'login_address.html',
        200,
        brand=brand,
        view=view,
        token=token,
        time_left=duration(view.seconds_left),
    )


async def confirm(request: Request, token: Annotated[str, Form()] = '') -> Response:
    """A person's click: from now on the login has this address."""
    try:
        await confirm_login_address(deps(), visitor(request), token)
    except RateLimited as error:
        return error_page(429, _('One moment, please'), say(error), retry_after=error.retry_after)
    except LinkExpired as error:
        return _dead(await read_brand(), error.reason)
    return see_other(DONE)


async def done() -> Response:
    """It is done. Says nothing that depends on who looks."""
    return plain_page('login_address_done.html', 200, brand=await read_brand())


def _dead(brand: Brand, reason: DeadLink) -> Response:
    firm = brand.firm_name or _('the firm')
    perhaps = _('If you think this is a mistake, please ask %s.') % firm
    heading, why = {
        DeadLink.USED: (
            _('This address was confirmed already'),
            _('You can sign in with it.') + ' ' + _('Was it not you? Please tell %s.') % firm,
        ),
        DeadLink.EXPIRED: (_('This link has expired'), _('Please ask %s to send it again.') % firm),
        DeadLink.REPLACED: (_('A newer mail was sent to you'), _('Please use the button in the newest one.')),
        DeadLink.CANCELLED: (_('This link no longer works'), perhaps),
        DeadLink.UNKNOWN: (
            _('This link has expired or already been used'),
            _('If you copied it, a part may be missing. Please use the button in the mail itself.'),
        ),
    }[reason]
    return plain_page('dead_login_address.html', 410, brand=brand, heading=heading, why=why)
