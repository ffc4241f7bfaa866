"""Where links for staff lead: the invitation to the team, and the link of a password reset. Behind both a password is
chosen.

The link itself is only looked at, and leaves the address at once (R10, R11): its token waits in a cookie of this
browser for the form.
"""

from typing import Annotated, Final

from fastapi import Form, Request
from nicegui import app, context, html
from starlette.responses import Response

from domain.access.one_time_tokens import Purpose
from domain.access.security_policy import LEAST_PASSWORD
from domain.errors import Busy, DeadLink, DomainError, LinkExpired, RateLimited
from domain.language import gettext as _
from domain.portal.branding import read_brand
from domain.staff.staff_invitations import StaffLink, accept_staff_invitation, look_at_staff_link
from domain.staff.staff_passwords import reset_staff_password
from ui import session_cookie
from ui.brand import name_of
from ui.components.basics import button, card, plain_text, text_field
from ui.components.door_form import door_form
from ui.components.new_password import new_password_field
from ui.dependencies import deps
from ui.errors import error_page, plain_page, too_busy
from ui.frame import door_frame, public_page
from ui.messages import say, why_dead
from ui.session_cookie import see_other, visitor
from ui.staff import typed
from ui.staff.sign_in import hidden

JOIN: Final = '/staff/invitation'
RESET: Final = '/staff/reset-password'
LONGEST_PASSWORD = 4_096  # characters looked at; the domain says what is too long
Field = Annotated[str, Form()]


def register() -> None:
    """Register pages and routes."""
    public_page(JOIN, title=lambda: _('Join the team'))(join_page)
    public_page(RESET, title=lambda: _('Choose a new password'))(reset_page)
    app.api_route(f'{JOIN}/{{token}}', methods=['GET', 'HEAD'])(land_to_join)
    app.api_route(f'{RESET}/{{token}}', methods=['GET', 'HEAD'])(land_to_reset)
    app.post(JOIN)(join)
    app.post(RESET)(reset)


# ── Landing ──────────────────────────────────────────────────────────────────


async def land_to_join(token: str) -> Response:
    """The link of an invitation: looked at, not used."""
    return await _land(token, Purpose.STAFF_INVITATION, JOIN)


async def land_to_reset(token: str) -> Response:
    """The link of a reset: looked at, not used."""
    return await _land(token, Purpose.STAFF_RESET, RESET)


async def _land(token: str, purpose: Purpose, path: typed.Path) -> Response:
    try:
        await look_at_staff_link(deps(), token, purpose)
    except LinkExpired as error:
        return await _dead(error, path)
    return typed.keep(see_other(path), path, token=token)


async def _dead(error: LinkExpired, path: str) -> Response:
    brand = await read_brand()
    heading, why = why_dead(error.reason, brand.firm_name)
    if error.reason is DeadLink.USED:
        why = _('A link works once. Was it not you who used it? Please tell an owner of the firm.')
    return plain_page('staff_dead_link.html', 410, brand=brand, heading=heading, why=why, is_invitation=path == JOIN)


# ── The form ─────────────────────────────────────────────────────────────────


async def join_page() -> Response | None:
    """Choose a password and be in."""
    return await _page(Purpose.STAFF_INVITATION, JOIN)


async def reset_page() -> Response | None:
    """Choose another password."""
    return await _page(Purpose.STAFF_RESET, RESET)


async def _page(purpose: Purpose, path: typed.Path) -> Response | None:
    before = typed.kept_for_form(context.client.request, path)
    try:
        link = await look_at_staff_link(deps(), before.get('token', ''), purpose)
    except LinkExpired as error:
        return await _dead(error, path)
    brand = await read_brand()
    with door_frame(brand), card():
        with html.div():
            if path == JOIN:
                html.h1(_('Welcome to the team'))
                plain_text('p', _invited_as(link, name_of(brand.firm_name))).classes('fy-muted')
            else:
                html.h1(_('Choose a new password'))
                plain_text('p', _('You sign in with it afterwards.')).classes('fy-muted')
        _form(link, before, path)
    return None


def _invited_as(link: StaffLink, firm_name: str) -> str:
    return _('%(name)s, choose a password of your own to work in the client portal of %(firm)s.') % {
        'name': link.name,
        'firm': firm_name,
    }


def _form(link: StaffLink, before: dict[str, str], path: str) -> None:
    with door_form(path) as form:
        form.props['novalidate'] = True
        hidden('token', before['token'])
        text_field(_('Email'), name='username', kind='email', autocomplete='username', value=link.email, read_only=True)
        new_password_field(_('Password'), who='staff', least=LEAST_PASSWORD, error=before.get('words', ''), focus=True)
        words = _('Join the team') if path == JOIN else _('Change password')
        button(words, kind='primary', submit=True).classes('fy-block')


# ── The doors ────────────────────────────────────────────────────────────────


async def join(request: Request, token: Field = '', password: Field = '') -> Response:
    """Join the team with a password of one's own, and be signed in."""
    try:
        raw = await accept_staff_invitation(deps(), visitor(request), token, password[:LONGEST_PASSWORD])
    except DomainError as error:
        return await _refused(error, token, JOIN)
    return typed.forget(session_cookie.start_staff(see_other('/staff'), raw), JOIN)


async def reset(request: Request, token: Field = '', password: Field = '') -> Response:
    """Change the password with a link. It signs nobody in (R20)."""
    try:
        await reset_staff_password(deps(), visitor(request), token, password[:LONGEST_PASSWORD])
    except DomainError as error:
        return await _refused(error, token, RESET)
    return typed.forget(see_other('/staff/sign-in?notice=password'), RESET)


async def _refused(error: DomainError, token: str, path: typed.Path) -> Response:
    match error:
        case LinkExpired():
            return await _dead(error, path)
        case Busy():
            return too_busy(error.retry_after)
        case RateLimited():
            return error_page(429, _('One moment, please'), say(error), retry_after=error.retry_after)
    return typed.send_back(path, token=token, words=say(error))
