"""`/staff/profile/two-factor`: a staff member sets up its second factor, gets its recovery codes, turns it off.

It opens while the session is held, and is all that opens then. Codes travel by real forms to plain routes.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Form, Request
from nicegui import app, context, html
from nicegui import ui as nui
from starlette.responses import Response

from domain.access.totp import (
    SecondFactor,
    begin_enrolment,
    make_new_codes,
    read_second_factor,
    take_new_codes,
    turn_off,
    turn_on,
)
from domain.actors import StaffActor
from domain.dependencies import Dependencies
from domain.errors import (
    DomainError,
    RateLimited,
    SecondFactorNeeded,
    SecondFactorWrong,
    SignedOut,
    TwoFactorIsOff,
    TwoFactorIsOn,
    TwoFactorRequired,
)
from domain.events import TeamChanged
from domain.language import gettext as _
from domain.portal.portal_settings import read_portal
from ui import live, session_cookie
from ui.components.basics import button, notice, plain_text
from ui.components.refresher import Refresher
from ui.components.two_factor import OnSheet, codes_sheet, enrolment_sheet, fault, required_notice, with_fault
from ui.dependencies import deps
from ui.frame import name_of, staff_frame, staff_page
from ui.messages import say
from ui.session_cookie import see_other, staff_of, visitor

PATH = '/staff/profile/two-factor'
Code = Annotated[str, Form()]


def register() -> None:
    """Register the page and its routes."""
    staff_page(PATH, title='Two-factor authentication', permission=None, held=True)(page)
    app.post(f'{PATH}/turn-on')(post_turn_on)
    app.post(f'{PATH}/new-codes')(post_new_codes)
    app.post(f'{PATH}/turn-off')(post_turn_off)


async def page(actor: StaffActor, error: str = '', wait: int = 0, off: int = 0, of: str = '') -> None:
    """New codes first, this once; else how it stands. The rest comes back from the forms."""
    told = context.client.request.query_params.get('notice', '')
    codes = await take_new_codes(deps(), actor)
    factor = await read_second_factor(deps(), actor)
    firm_name = (await read_portal()).firm_name
    said = fault(error, wait, off)
    with _held_frame(firm_name) if actor.is_held else staff_frame(actor, firm_name, here='/staff/profile', narrow=True):
        if codes:
            _new_codes(actor, codes, firm_name, told)
        elif factor.is_on:
            _on(actor, factor, error, said, of)
        else:
            await _off(actor, factor, firm_name, told, said)


@contextmanager
def _held_frame(firm_name: str) -> Iterator[None]:
    """The page alone: every other place would lead back here."""
    with html.div().classes('fy-page narrow'):
        with html.div().classes('fy-row'):
            with html.div().classes('fy-brand fy-grow'):
                plain_text('span', name_of(firm_name)[:1].upper()).classes('fy-mark').props('aria-hidden=true')
                plain_text('span', name_of(firm_name)).classes('fy-cut')
            with nui.element('form').props('method=post action=/staff/sign-out'):
                button(_('Sign out'), kind='ghost', icon='log-out', submit=True)
        yield


def _head(words: str, *, back: bool = True) -> None:
    with html.div().classes('fy-head'), html.div():
        if back:
            with html.a().classes('fy-sm').props('href=/staff/profile'):
                html.span(_('Profile'))
        html.h1(_('Two-factor authentication'))
        plain_text('p', words).classes('fy-muted')


def _new_codes(actor: StaffActor, codes: tuple[str, ...], firm_name: str, told: str) -> None:
    if told == 'on':
        notice('ok', _('Two-factor authentication is on. Your other browsers were signed out.'), live=True)
    codes_sheet(codes, firm_name=firm_name or _('Client Portal'), email=actor.email, onward='/staff/profile')


def _on(actor: StaffActor, factor: SecondFactor, error: str, said: str, of: str) -> None:
    _head(_('It is on: signing in takes a code from your phone too.'))
    if error == 'required':
        notice('warn', say(TwoFactorRequired()), live=True)
    elif factor.is_required:
        notice('info', say(TwoFactorRequired()))
    sheet = OnSheet(factor, codes_action=f'{PATH}/new-codes', off_action=f'{PATH}/turn-off', error=said, of=of)

    async def read_again(_: object) -> None:
        sheet.show_left((await read_second_factor(deps(), actor)).codes_left)

    refresher = Refresher(read_again)
    live.on(TeamChanged, lambda event: refresher.ask(event) if actor.staff_id in event.staff_ids else None)


async def _off(actor: StaffActor, factor: SecondFactor, firm_name: str, told: str, said: str) -> None:
    try:
        enrolment = await begin_enrolment(deps(), actor)
    except TwoFactorIsOn:  # in another tab, just now
        return
    _head(_('A second proof that it is you: a six-digit code from an app on your phone.'), back=not actor.is_held)
    if factor.is_required:
        required_notice(firm_name or _('The firm'))
    elif told == 'off':
        notice('ok', _('Two-factor authentication is off.'), live=True)
    enrolment_sheet(enrolment, action=f'{PATH}/turn-on', error=said)


async def post_turn_on(request: Request, code: Code = '') -> Response:
    """Turn it on; the browser goes on with a new session (R34)."""
    actor = await staff_of(request)
    if actor is None:
        return see_other(live.STAFF_PLACES.door)
    try:
        turned_on = await turn_on(deps(), actor, visitor(request), code)
    except DomainError as error:
        return _refused(error)
    return session_cookie.start_staff(see_other(f'{PATH}?notice=on'), turned_on.raw_session)


async def post_new_codes(request: Request, code: Code = '') -> Response:
    """Ten new recovery codes, shown by the page this leads to."""
    return await _do(request, make_new_codes, code, 'codes', PATH)


async def post_turn_off(request: Request, code: Code = '') -> Response:
    """Turn it off."""
    return await _do(request, turn_off, code, 'off', f'{PATH}?notice=off')


async def _do(
    request: Request,
    act: Callable[[Dependencies, StaffActor, str], Awaitable[None]],
    code: str,
    of: str,
    onward: str,
) -> Response:
    actor = await staff_of(request)
    if actor is None:
        return see_other(live.STAFF_PLACES.door)
    try:
        await act(deps(), actor, code)
    except DomainError as error:
        return _refused(error, of=of)
    return see_other(onward)


def _refused(error: DomainError, **more: str) -> Response:
    match error:
        case SecondFactorWrong() | RateLimited():
            return see_other(with_fault(PATH, error, **more))
        case TwoFactorRequired():
            return see_other(f'{PATH}?error=required')
        case TwoFactorIsOn() | TwoFactorIsOff() | SecondFactorNeeded():
            return see_other(PATH)
        case SignedOut():
            return see_other(live.STAFF_PLACES.door)
    raise error
