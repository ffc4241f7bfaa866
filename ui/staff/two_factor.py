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
    forget_new_codes,
    make_new_codes,
    read_new_codes,
    read_second_factor,
    turn_off,
    turn_on,
)
from domain.actors import StaffActor
from domain.dependencies import Dependencies
from domain.errors import DomainError, SignInNotFresh
from domain.language import gettext as _
from domain.portal.portal_settings import read_portal
from ui import live, session_cookie
from ui.brand import name_of, worn
from ui.components.basics import button, card, notice, plain_text
from ui.components.brand_mark import brand_mark
from ui.components.two_factor import codes_sheet, enrolment_of, fault, off_notice, off_sheet, on_sheet, refused
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page
from ui.messages import say
from ui.session_cookie import see_other, staff_of, visitor
from ui.staff.confirm import with_fresh_sign_in

PATH = '/staff/profile/two-factor'
Code = Annotated[str, Form()]


def register() -> None:
    """Register the page and its routes."""
    staff_page(PATH, title='Two-factor authentication', permission=None, held=True, waits=True)(page)
    app.post(f'{PATH}/turn-on')(post_turn_on)
    app.post(f'{PATH}/new-codes')(post_new_codes)
    app.post(f'{PATH}/turn-off')(post_turn_off)
    app.post(f'{PATH}/codes-saved')(post_codes_saved)


async def page(actor: StaffActor, error: str = '', wait: int = 0, off: int = 0, of: str = '') -> None:
    """New codes first, until they are saved; else how it stands. The rest comes back from the forms."""
    told = context.client.request.query_params.get('notice', '')
    codes = await read_new_codes(deps(), actor)
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
                brand_mark(worn())
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
    codes_sheet(codes, firm_name=name_of(firm_name), email=actor.email, saved_action=f'{PATH}/codes-saved')


def _on(actor: StaffActor, factor: SecondFactor, error: str, said: str, of: str) -> None:
    _head(_('It is on: signing in takes a code from your phone too.'))
    on_sheet(actor, factor, path=PATH, error=said, of=of, is_refused=error == 'required')


async def _off(actor: StaffActor, factor: SecondFactor, firm_name: str, told: str, said: str) -> None:
    _head(_('A second proof that it is you: a six-digit code from an app on your phone.'), back=not actor.is_held)
    try:
        enrolment = await enrolment_of(actor, PATH)
    except SignInNotFresh:
        off_notice(told)
        _needs_a_proof(actor)
        return
    firm = firm_name or _('The firm')
    off_sheet(enrolment, factor, firm_name=firm, path=PATH, told=told, error=said)


def _needs_a_proof(actor: StaffActor) -> None:
    client = context.client

    async def begin() -> None:
        await begin_enrolment(deps(), actor)
        client.open(PATH)

    async def ask() -> None:
        await with_fresh_sign_in(actor, begin)

    with card():
        plain_text('p', say(SignInNotFresh())).classes('fy-muted')
        with html.div().classes('fy-row'):
            button(_('Confirm'), kind='primary', on_click=ask)


async def post_turn_on(request: Request, code: Code = '') -> Response:
    """Turn it on; the browser goes on with a new session (R34)."""
    actor = await staff_of(request)
    if actor is None:
        return see_other(live.STAFF_PLACES.door)
    try:
        turned_on = await turn_on(deps(), actor, visitor(request), code)
    except DomainError as error:
        return refused(error, PATH, live.STAFF_PLACES.door)
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
        return refused(error, PATH, live.STAFF_PLACES.door, of=of)
    return see_other(onward)


async def post_codes_saved(request: Request) -> Response:
    """The new codes are saved, and no look shows them again (R28)."""
    actor = await staff_of(request)
    if actor is None:
        return see_other(live.STAFF_PLACES.door)
    try:
        await forget_new_codes(deps(), actor)
    except DomainError as error:
        return refused(error, PATH, live.STAFF_PLACES.door)
    return see_other('/staff/profile')
