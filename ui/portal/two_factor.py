"""`/profile/two-factor`: a client sets up its second factor, gets its recovery codes, moves it to another phone, turns
it off.

It opens while the session is held, and is all that opens then (R30). Codes travel by real forms to plain routes.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Form, Request
from nicegui import app, context, html
from nicegui import ui as nui
from starlette.responses import Response

from domain.access.new_phone import begin_new_phone, is_proved, keep_old_phone, read_new_phone, use_new_phone
from domain.access.totp import (
    Enrolment,
    SecondFactor,
    forget_new_codes,
    make_new_codes,
    read_new_codes,
    read_second_factor,
    turn_off,
    turn_on,
)
from domain.actors import ClientActor
from domain.errors import DomainError, SignInNotFresh
from domain.language import gettext as _
from ui import session_cookie
from ui.components.basics import button, card, notice, plain_text
from ui.components.door_form import door_form
from ui.components.portal_set_up import set_up_words
from ui.components.two_factor import (
    codes_sheet,
    enrolment_of,
    fault,
    new_phone_sheet,
    off_notice,
    off_sheet,
    on_sheet,
    refused,
)
from ui.dependencies import deps
from ui.frame import client_page
from ui.portal.frame import page_head, portal_frame
from ui.portal.go import way_to
from ui.session_cookie import client_of, see_other, visitor, way_of

PATH = '/profile/two-factor'
DOOR = '/sign-in?notice=ended'
Code = Annotated[str, Form()]


def register() -> None:
    """Register the page and its routes."""
    client_page(PATH, title=lambda: _('Two-factor authentication'), held=True, waits=True)(page)
    app.post(f'{PATH}/turn-on')(post_turn_on)
    app.post(f'{PATH}/new-codes')(post_new_codes)
    app.post(f'{PATH}/turn-off')(post_turn_off)
    app.post(f'{PATH}/codes-saved')(post_codes_saved)
    app.post(f'{PATH}/new-phone')(post_new_phone)
    app.post(f'{PATH}/new-phone/use')(post_use_new_phone)
    app.post(f'{PATH}/new-phone/keep')(post_keep_old_phone)


async def page(actor: ClientActor, error: str = '', wait: int = 0, off: int = 0, of: str = '') -> None:
    """New codes first, until they are saved; else how it stands. The rest comes back from the forms."""
    told = context.client.request.query_params.get('notice', '')
    codes = await read_new_codes(deps(), actor)
    factor = await read_second_factor(deps(), actor)
    said = fault(error, wait, off)
    async with portal_frame(actor) as firm_name:
        if codes:
            _new_codes(actor, codes, firm_name, told)
        elif factor.is_on and (new_phone := await read_new_phone(deps(), actor)):
            _new_phone(new_phone, said)
        elif factor.is_on:
            await _on(actor, factor, error, said, of)
        else:
            await _off(actor, factor, firm_name, told, said)


def _new_codes(actor: ClientActor, codes: tuple[str, ...], firm_name: str, told: str) -> None:
    if told == 'on':
        notice('ok', _('Two-factor authentication is on. Your other devices were signed out.'), live=True).classes(
            remove='wrap'
        )
    elif told == 'moved':
        notice('ok', _('Your new phone is set up. Your other devices were signed out.'), live=True).classes(
            remove='wrap'
        )
    codes_sheet(codes, firm_name=firm_name, email=actor.email, saved_action=f'{PATH}/codes-saved')


def _new_phone(enrolment: Enrolment, said: str) -> None:
    page_head(_('Set up another phone'), _('Have the phone at hand that is to show your codes from now on.'))
    new_phone_sheet(enrolment, path=PATH, error=said)


async def _on(actor: ClientActor, factor: SecondFactor, error: str, said: str, of: str) -> None:
    page_head(
        _('Two-factor authentication'),
        _('It is on: signing in takes a code from your phone too.'),
        back=(_('Profile'), '/profile'),
    )
    on_sheet(
        actor,
        factor,
        path=PATH,
        error=said,
        of=of,
        is_refused=error == 'required',
        moves='at once' if await is_proved(deps(), actor) else 'by code',
    )


async def _off(actor: ClientActor, factor: SecondFactor, firm_name: str, told: str, said: str) -> None:
    page_head(*set_up_words(), back=None if actor.is_held else (_('Profile'), '/profile'))
    try:
        enrolment = await enrolment_of(actor, PATH)
    except SignInNotFresh:
        off_notice(told)
        _needs_a_sign_in(actor)
        return
    off_sheet(enrolment, factor, firm_name=firm_name, path=PATH, told=told, error=said)
    if actor.is_held:
        plain_text('p', _('No smartphone? Please ask %s.') % firm_name).classes('fy-sm fy-muted')


def _needs_a_sign_in(actor: ClientActor) -> None:
    with card(), door_form('/sign-in/email'):
        plain_text(
            'p',
            _('To be sure that it is you, we email you a link. Sign in with it, then come back here.'),
        ).classes('fy-muted')
        hidden = nui.element('input').props('type=hidden name=email')
        hidden.props['value'] = actor.email
        with html.div().classes('fy-row'):
            button(_('Email me a link'), kind='primary', submit=True)


async def post_turn_on(request: Request, code: Code = '') -> Response:
    """Turn it on; the browser goes on with a new session (R34)."""

    async def act(actor: ClientActor) -> Response:
        turned_on = await turn_on(deps(), actor, visitor(request), code)
        return session_cookie.start_client(see_other(f'{PATH}?notice=on'), turned_on.raw_session)

    return await _do(request, act)


async def post_new_codes(request: Request, code: Code = '') -> Response:
    """Ten new recovery codes, shown by the page this leads to."""

    async def act(actor: ClientActor) -> Response:
        await make_new_codes(deps(), actor, code)
        return see_other(PATH)

    return await _do(request, act, of='codes')


async def post_turn_off(request: Request, code: Code = '') -> Response:
    """Turn it off."""

    async def act(actor: ClientActor) -> Response:
        await turn_off(deps(), actor, code)
        return see_other(f'{PATH}?notice=off')

    return await _do(request, act, of='off')


async def post_codes_saved(request: Request) -> Response:
    """The new codes are saved, and no look shows them again (R28)."""

    async def act(actor: ClientActor) -> Response:
        await forget_new_codes(deps(), actor)
        factor = await read_second_factor(deps(), actor)
        return see_other(way_to(way_of(request)) if factor.is_required else PATH)

    return await _do(request, act)


async def post_new_phone(request: Request, code: Code = '') -> Response:
    """Another phone is to be set up; the page this leads to shows its key, or asks for the code that was not given."""

    async def act(actor: ClientActor) -> Response:
        if not code and not await is_proved(deps(), actor):
            return see_other(f'{PATH}?of=phone')
        await begin_new_phone(deps(), actor, code)
        return see_other(PATH)

    return await _do(request, act, of='phone')


async def post_use_new_phone(request: Request, code: Code = '') -> Response:
    """The new phone takes the place of the one before; the browser goes on with a new session (R34)."""

    async def act(actor: ClientActor) -> Response:
        moved = await use_new_phone(deps(), actor, visitor(request), code)
        return session_cookie.start_client(see_other(f'{PATH}?notice=moved'), moved.raw_session)

    return await _do(request, act)


async def post_keep_old_phone(request: Request) -> Response:
    """No other phone after all."""

    async def act(actor: ClientActor) -> Response:
        await keep_old_phone(deps(), actor)
        return see_other(PATH)

    return await _do(request, act)


async def _do(request: Request, act: Callable[[ClientActor], Awaitable[Response]], **of: str) -> Response:
    """What every form of this page is answered with: what it leads to, or the page with what was wrong, at what `of`
    names."""
    actor = await client_of(request)
    if actor is None:
        return see_other('/sign-in')
    try:
        return await act(actor)
    except DomainError as error:
        return refused(error, PATH, DOOR, **of)
