"""`/profile/password`: a client sets its password, or puts a new one in place of the current."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Request
from nicegui import app, context, html
from nicegui import ui as nui
from starlette.responses import Response

from domain.access.passwords import OwnPassword, change_password, look_at_own_password
from domain.actors import ClientActor
from domain.errors import (
    Busy,
    PasswordsOff,
    PasswordTooLong,
    PasswordTooShort,
    PasswordTooWeak,
    PasswordWrong,
    RateLimited,
    SecondFactorNeeded,
    SignedOut,
    SignInNotFresh,
)
from domain.events import Event, LoginChanged, SecurityChanged
from domain.language import gettext as _
from domain.language import ngettext
from ui import live
from ui.components.basics import button, card, notice, plain_text, text_field
from ui.components.door_form import door_form
from ui.components.new_password import new_password_field
from ui.components.when import When
from ui.dependencies import deps
from ui.errors import too_busy
from ui.frame import client_page
from ui.messages import say
from ui.portal.frame import page_head, portal_frame
from ui.portal.password_doors import LONGEST_PASSWORD, REFUSED, password_fault
from ui.session_cookie import client_of, see_other

PATH = '/profile/password'
MOST_DEVICES = 10_000  # that are told of; the number comes from the address
Field = Annotated[str, Form()]


def register() -> None:
    """Register the page and its route."""
    client_page(PATH, title=lambda: _('Update password'), waits=True)(page)
    app.post(PATH)(save)


async def page(actor: ClientActor, error: str = '', wait: int = 0, others: int = 0) -> None:
    """`error` and `wait` come back from the form; `notice` once it was taken, and how many `others` it signed out."""
    own = await look_at_own_password(deps(), actor)
    async with portal_frame(actor):
        page_head(_('Update password'), back=(_('Profile'), '/profile'))
        if own.set_at and context.client.request.query_params.get('notice') == 'saved':
            _saved(own.set_at, others)
        elif not own.works:
            notice('info', _('This portal works without passwords. You sign in with a link from your mail.'))
        elif own.may_set:
            _form(actor, own, error, wait)
        else:
            _needs_a_link(actor)
    _follow(actor, own)


def _saved(since: datetime, others: int) -> None:
    said = _('Your password is set.')
    if 0 < others < MOST_DEVICES:
        said += ' ' + ngettext('%d other device was signed out.', '%d other devices were signed out.', others) % others
    notice('ok', said, live=True).classes(remove='wrap')
    with card():
        with html.p():
            html.span(_('Last set') + ' ')
            When(since, 'datetime')
        with html.div().classes('fy-row wrap'):
            button(_('Back to profile'), kind='primary').props('href=/profile')
            button(_('Change it again'), kind='ghost').props(f'href={PATH}')


def _form(actor: ClientActor, own: OwnPassword, error: str, wait: int) -> None:
    fault = password_fault(error, own.least)
    of_current = _current_fault(error, wait)
    with card(), door_form(PATH):
        _state(own)
        name = nui.element('input').props('type=text name=username autocomplete=username hidden readonly tabindex=-1')
        name.props['value'] = actor.email
        if own.is_set:
            with html.div().classes('fy-stack snug'):
                text_field(
                    _('Current password'),
                    name='current',
                    kind='password',
                    autocomplete='current-password',
                    error=of_current,
                    focus=fault is None,
                )
                with html.p().classes('fy-sm'), html.a().props('href=/forgot-password'):
                    html.span(_('Forgot password?'))
        new_password_field(
            who='client',
            least=own.least,
            error=say(fault) if fault else '' if own.is_set else of_current,
            focus=fault is not None or not own.is_set,
        )
        with html.div().classes('fy-row'):
            button(_('Save'), kind='primary', submit=True)


def _state(own: OwnPassword) -> None:
    with html.p().classes('fy-muted'):
        if own.set_at is None:
            html.span(_('You have no password yet. With one you can sign in without waiting for a mail.'))
        else:
            html.span(_('Last set') + ' ')
            When(own.set_at, 'date')
            html.span('. ' + _('A new one signs your other devices out.'))


def _needs_a_link(actor: ClientActor) -> None:
    with card(), door_form('/forgot-password'):
        plain_text(
            'p',
            _('To be sure that it is you, we email you a link with which you set your password.'),
        ).classes('fy-muted')
        hidden = nui.element('input').props('type=hidden name=email')
        hidden.props['value'] = actor.email
        with html.div().classes('fy-row'):
            button(_('Email me a link'), kind='primary', submit=True)


def _current_fault(error: str, wait: int) -> str:
    if wait > 0:
        return say(RateLimited(min(wait, 86_400)))
    return say(PasswordWrong()) if error == 'wrong' else ''


def _follow(actor: ClientActor, shown: OwnPassword) -> None:
    """When the firm switches passwords off or on, or this one was changed elsewhere, the page is another one."""

    async def look(_: Event) -> None:
        try:
            now = await look_at_own_password(deps(), actor)
        except (SignedOut, SecondFactorNeeded):
            return  # the page is being closed, or sent to the second factor
        if (now.works, now.set_at, now.least) != (shown.works, shown.set_at, shown.least):
            context.client.open(PATH)

    live.on(SecurityChanged, look)
    live.on(LoginChanged, lambda event: look(event) if event.login_id == actor.login_id else None)


async def save(request: Request, current: Field = '', password: Field = '') -> Response:
    """Take the new password. On a fault the form comes back, empty, with the fault at its field."""
    actor = await client_of(request)
    if actor is None:
        return see_other('/sign-in?notice=ended')
    try:
        others = await change_password(deps(), actor, current[:LONGEST_PASSWORD], password[:LONGEST_PASSWORD])
    except (PasswordTooShort, PasswordTooLong, PasswordTooWeak) as error:
        return _again(error=REFUSED[type(error)])
    except PasswordWrong as error:
        return _again(wait=str(error.wait)) if error.wait else _again(error='wrong')
    except RateLimited as error:
        return _again(wait=str(error.retry_after))
    except (SignInNotFresh, PasswordsOff):
        return see_other(PATH)
    except Busy as error:
        return too_busy(error.retry_after)
    except SecondFactorNeeded:
        return see_other(live.CLIENT_PLACES.second_factor)
    except SignedOut:
        return see_other('/sign-in?notice=ended')
    return see_other(f'{PATH}?notice=saved' + (f'&others={others}' if others > 0 else ''))


def _again(**codes: str) -> Response:
    return see_other(f'{PATH}?{urlencode(codes)}')
