"""`/profile/two-factor`: a client sets up its second factor, gets its recovery codes, turns it off.

It opens while the session is held, and is all that opens then (R30). Codes travel by real forms to plain routes.
"""

from typing import Annotated

from fastapi import Form, Request
from nicegui import app, context
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
from domain.actors import ClientActor
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
from domain.events import LoginChanged
from domain.language import gettext as _
from ui import live, session_cookie
from ui.components.basics import notice
from ui.components.refresher import Refresher
from ui.components.two_factor import OnSheet, codes_sheet, enrolment_sheet, fault, required_notice, with_fault
from ui.dependencies import deps
from ui.frame import client_page
from ui.messages import say
from ui.portal.frame import page_head, portal_frame
from ui.session_cookie import client_of, see_other, visitor

PATH = '/profile/two-factor'
Code = Annotated[str, Form()]


def register() -> None:
    """Register the page and its routes."""
    client_page(PATH, title=lambda: _('Two-factor authentication'), held=True)(page)
    app.post(f'{PATH}/turn-on')(post_turn_on)
    app.post(f'{PATH}/new-codes')(post_new_codes)
    app.post(f'{PATH}/turn-off')(post_turn_off)


async def page(actor: ClientActor, error: str = '', wait: int = 0, off: int = 0, of: str = '') -> None:
    """New codes first, this once; else how it stands. The rest comes back from the forms."""
    told = context.client.request.query_params.get('notice', '')
    codes = await take_new_codes(deps(), actor)
    factor = await read_second_factor(deps(), actor)
    said = fault(error, wait, off)
    async with portal_frame(actor) as firm_name:
        if codes:
            _new_codes(actor, codes, factor, firm_name, told)
        elif factor.is_on:
            _on(actor, factor, error, said, of)
        else:
            await _off(actor, factor, firm_name, told, said)


def _new_codes(actor: ClientActor, codes: tuple[str, ...], factor: SecondFactor, firm_name: str, told: str) -> None:
    if told == 'on':
        notice('ok', _('Two-factor authentication is on. Your other devices were signed out.'), live=True).classes(
            remove='wrap'
        )
    codes_sheet(codes, firm_name=firm_name, email=actor.email, onward='/' if factor.is_required else PATH)


def _on(actor: ClientActor, factor: SecondFactor, error: str, said: str, of: str) -> None:
    page_head(
        _('Two-factor authentication'),
        _('It is on: signing in takes a code from your phone too.'),
        back=(_('Profile'), '/profile'),
    )
    if error == 'required':
        notice('warn', say(TwoFactorRequired()), live=True).classes(remove='wrap')
    elif factor.is_required:
        notice('info', say(TwoFactorRequired())).classes(remove='wrap')
    sheet = OnSheet(factor, codes_action=f'{PATH}/new-codes', off_action=f'{PATH}/turn-off', error=said, of=of)

    async def read_again(_: object) -> None:
        sheet.show_left((await read_second_factor(deps(), actor)).codes_left)

    refresher = Refresher(read_again)
    live.on(LoginChanged, lambda event: refresher.ask(event) if event.login_id == actor.login_id else None)


async def _off(actor: ClientActor, factor: SecondFactor, firm_name: str, told: str, said: str) -> None:
    try:
        enrolment = await begin_enrolment(deps(), actor)
    except TwoFactorIsOn:  # in another tab, just now
        return
    page_head(
        _('Two-factor authentication'),
        _('A second proof that it is you: a six-digit code from an app on your phone.'),
        back=None if actor.is_held else (_('Profile'), '/profile'),
    )
    if factor.is_required:
        required_notice(firm_name)
    elif told == 'off':
        notice('ok', _('Two-factor authentication is off.'), live=True).classes(remove='wrap')
    enrolment_sheet(enrolment, action=f'{PATH}/turn-on', error=said)


async def post_turn_on(request: Request, code: Code = '') -> Response:
    """Turn it on; the browser goes on with a new session (R34)."""
    actor = await client_of(request)
    if actor is None:
        return see_other('/sign-in')
    try:
        turned_on = await turn_on(deps(), actor, visitor(request), code)
    except DomainError as error:
        return _refused(error)
    return session_cookie.start_client(see_other(f'{PATH}?notice=on'), turned_on.raw_session)


async def post_new_codes(request: Request, code: Code = '') -> Response:
    """Ten new recovery codes, shown by the page this leads to."""
    actor = await client_of(request)
    if actor is None:
        return see_other('/sign-in')
    try:
        await make_new_codes(deps(), actor, code)
    except DomainError as error:
        return _refused(error, of='codes')
    return see_other(PATH)


async def post_turn_off(request: Request, code: Code = '') -> Response:
    """Turn it off."""
    actor = await client_of(request)
    if actor is None:
        return see_other('/sign-in')
    try:
        await turn_off(deps(), actor, code)
    except DomainError as error:
        return _refused(error, of='off')
    return see_other(f'{PATH}?notice=off')


def _refused(error: DomainError, **more: str) -> Response:
    match error:
        case SecondFactorWrong() | RateLimited():
            return see_other(with_fault(PATH, error, **more))
        case TwoFactorRequired():
            return see_other(f'{PATH}?error=required')
        case TwoFactorIsOn() | TwoFactorIsOff() | SecondFactorNeeded():
            return see_other(PATH)
        case SignedOut():
            return see_other('/sign-in?notice=ended')
    raise error
