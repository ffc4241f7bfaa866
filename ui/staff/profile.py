"""`/staff/profile`: a staff member's own login: its password, its second factor, the browsers it is signed in at."""

from typing import Annotated, Final

from fastapi import Form, Request
from nicegui import app, context, html
from starlette.responses import Response

from domain.access.devices import SessionRow
from domain.access.security_policy import LEAST_PASSWORD
from domain.access.totp import SecondFactor, read_second_factor
from domain.actors import StaffActor
from domain.errors import Busy, DomainError, PasswordWrong, RateLimited, SignedOut
from domain.events import Event, TeamChanged
from domain.language import gettext as _
from domain.language import ngettext
from domain.portal.portal_settings import read_portal
from domain.staff.staff_passwords import change_own_password
from domain.staff.staff_sessions import end_own_other_sessions, end_own_session, list_own_staff_sessions
from ui import live
from ui.components.basics import button, card, face, notice, plain_text, text_field, toast
from ui.components.device_list import device_list
from ui.components.door_form import door_form
from ui.components.line_link import line_link
from ui.components.new_password import new_password_field
from ui.components.refresher import Refresher
from ui.components.when import When
from ui.dependencies import deps
from ui.errors import too_busy
from ui.frame import staff_frame, staff_page
from ui.messages import say
from ui.session_cookie import see_other, staff_of
from ui.staff import typed

PATH: Final = '/staff/profile'
LONGEST_PASSWORD = 4_096  # characters looked at; the domain says what is too long


def register() -> None:
    """Register the page and its route."""
    staff_page(PATH, title='Your profile', permission=None, waits=True)(page)
    app.post(f'{PATH}/password')(change_password)


async def page(actor: StaffActor) -> None:
    """What this member has to sign in with, and where it is signed in."""
    before = typed.kept_for_form(context.client.request, PATH)
    factor = await read_second_factor(deps(), actor)
    with staff_frame(actor, (await read_portal()).firm_name, here=PATH, narrow=True):
        with html.div().classes('fy-head'), html.div().classes('fy-row'):
            face(actor.name, 'person', 'l')
            with html.div():
                plain_text('h1', actor.name)
                plain_text('p', f'{actor.email} · {actor.role.value.capitalize()}').classes('fy-muted')
        if context.client.request.query_params.get('notice') == 'password':
            notice('ok', _('Your password is changed. Your other browsers were signed out.'), live=True)
        _second_factor(factor)
        _password_card(before)
        await BrowsersCard(actor).show()


def _second_factor(factor: SecondFactor) -> None:
    with (
        card(rows=True),
        line_link('/staff/profile/two-factor', 'shield-check', _('Two-factor authentication')),
    ):
        if factor.is_on:
            html.span(_('On since') + ' ')
            When(factor.since, 'date')
        else:
            html.span(_('Off. A code from your phone makes your sign-in much safer.'))


def _password_card(before: dict[str, str]) -> None:
    at_fault, words = before.get('fault', ''), before.get('words', '')

    def fault(field: str) -> str:
        return words if at_fault == field else ''

    with card(_('Change password')) as sheet:
        if at_fault == 'form':
            notice('bad', words, live=True)
        with door_form(f'{PATH}/password') as form:
            form.props['novalidate'] = True
            text_field(
                _('Current password'),
                name='current',
                kind='password',
                autocomplete='current-password',
                error=fault('current'),
                focus=at_fault == 'current',
            )
            new_password_field(who='staff', least=LEAST_PASSWORD, error=fault('password'), focus=at_fault == 'password')
    with sheet.foot:
        plain_text('span', _('Signs you out in every other browser.')).classes('fy-grow fy-sm fy-muted')
        button(_('Change password'), kind='primary', submit=True).props['form'] = form.html_id


class BrowsersCard:
    def __init__(self, actor: StaffActor) -> None:
        """The browsers this member is signed in at, live; `show` fills it."""
        self._actor = actor
        self._card = card(_('Signed-in browsers'), rows=True)
        self._card.body.props['role'] = 'list'
        with self._card.header:
            self._end = button(_('End the others'), small=True, on_click=self._end_others)
        self._refresher = Refresher(self._read)
        live.on(TeamChanged, self._asked)

    async def show(self) -> None:
        """Read and show."""
        rows = await list_own_staff_sessions(deps(), self._actor)
        self._end.set_visibility(len(rows) > 1)
        self._card.body.clear()
        with self._card.body:
            device_list(rows, self._end_one)

    async def _read(self, change: Event | None) -> None:
        await self.show()

    def _asked(self, event: TeamChanged) -> None:
        if self._actor.staff_id in event.staff_ids:
            self._refresher.ask(event)

    async def _end_one(self, row: SessionRow) -> None:
        await self._ended(await end_own_session(deps(), self._actor, row.id))

    async def _end_others(self) -> None:
        await self._ended(await end_own_other_sessions(deps(), self._actor))

    async def _ended(self, number: int) -> None:
        toast(ngettext('%d browser was signed out.', '%d browsers were signed out.', number) % number)
        await self.show()


async def change_password(
    request: Request, current: Annotated[str, Form()] = '', password: Annotated[str, Form()] = ''
) -> Response:
    """Change one's own password (R19). Neither of the two is kept when one does not do."""
    actor = await staff_of(request)
    if actor is None:
        return see_other(live.STAFF_PLACES.door)
    try:
        await change_own_password(deps(), actor, current[:LONGEST_PASSWORD], password[:LONGEST_PASSWORD])
    except Busy as error:
        return too_busy(error.retry_after)
    except SignedOut:
        return see_other(live.STAFF_PLACES.door)
    except DomainError as error:
        field = 'current' if isinstance(error, PasswordWrong) else 'password'
        field = 'form' if isinstance(error, RateLimited) else field
        return typed.send_back(PATH, fault=field, words=say(error))
    return typed.forget(see_other(f'{PATH}?notice=password'), PATH)
