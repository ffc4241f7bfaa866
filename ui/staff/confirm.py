"""Before what is sensitive a member who signed in a while ago proves once more who sits there (R38).

The page beneath stays as it is, so nothing typed in it is lost. The password goes from the browser to its door by a
request of its own, never over the socket.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Form, Request
from nicegui import app, context
from nicegui import ui as nui
from starlette.responses import JSONResponse, Response

from domain.actors import StaffActor
from domain.errors import (
    Busy,
    DomainError,
    PasswordWrong,
    RateLimited,
    SecondFactorWrong,
    SignedOut,
    SignInNotFresh,
)
from domain.language import gettext as _
from domain.staff.own_login import read_own_login
from domain.staff.staff_sign_in import confirm_sign_in
from ui.components.basics import button, dialog, notice, plain_text, text_field
from ui.components.posted_form import PostedForm
from ui.dependencies import deps
from ui.messages import say
from ui.session_cookie import staff_of

LONGEST_PASSWORD = 4_096  # characters looked at; none longer can be right
LONGEST_CODE = 64
PATH = '/staff/sign-in/confirm'


def register() -> None:
    """Register the route."""
    app.post(PATH)(confirm)


async def with_fresh_sign_in(actor: StaffActor, action: Callable[[], Awaitable[object]]) -> bool:
    """Run `action`; when it raises SignInNotFresh, ask who is there and run it again. Whether it ran to its end.

    False means that the question was put away: nothing was done, and what was typed still stands. Every other error of
    `action` goes on to the caller.
    """
    try:
        await action()
    except SignInNotFresh:
        if not await _is_confirmed(actor):
            return False
        await action()
    return True


async def _is_confirmed(actor: StaffActor) -> bool:
    """Ask, and wait for the answer: a proof, or the dialog closed, or the page."""
    client = context.client
    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def answered(yes: bool) -> None:
        if not answer.done():
            answer.set_result(yes)

    with client.content:
        asked = ConfirmDialog(actor, (await read_own_login(deps(), actor)).has_second_factor, lambda: answered(True))
    asked.dialog.on('hide', lambda: answered(False))
    client.on_delete(lambda: answered(False))
    asked.dialog.open()
    try:
        return await answer
    finally:
        if not asked.dialog.is_deleted:
            asked.dialog.delete()


class ConfirmDialog:
    def __init__(self, actor: StaffActor, has_second_factor: bool, on_confirmed: Callable[[], None]) -> None:
        """Built closed; `on_confirmed` is called once the proof was taken."""
        self._on_confirmed = on_confirmed
        title = _('Please confirm that it is you')
        with dialog(title, _('This is sensitive, and you signed in a while ago.'), has_fields=True) as self.dialog:
            self.form = PostedForm(PATH, on_taken=self._taken, on_fault=self._fault)
            with self.form:
                self._notice = notice('bad', '', live=True)
                self._notice.set_visibility(False)
                _for_password_managers(actor.email)
                self._fields = {
                    'password': text_field(
                        _('Password'), name='password', kind='password', autocomplete='current-password', focus=True
                    )
                }
                if has_second_factor:
                    self._fields['code'] = text_field(
                        _('Authentication code'), name='code', autocomplete='one-time-code', inputmode='numeric'
                    )
        with self.dialog.foot:
            button(_('Cancel'), on_click=self.dialog.close)
            button(_('Confirm'), kind='primary', submit=True).props['form'] = self.form.html_id

    def _taken(self) -> None:
        self._on_confirmed()
        self.dialog.close()

    def _fault(self, field: str, message: str) -> None:
        for name, one in self._fields.items():
            one.show_error(message if name == field else '')
        self._notice.clear()
        self._notice.set_visibility(field not in self._fields)
        if field not in self._fields:
            with self._notice:
                plain_text('span', message)


def _for_password_managers(email: str) -> None:
    nui.element('input').props.update(
        {'type': 'text', 'name': 'username', 'autocomplete': 'username', 'value': email, 'hidden': True}
    )


async def confirm(
    request: Request, password: Annotated[str, Form()] = '', code: Annotated[str, Form()] = ''
) -> Response:
    """Prove once more who is there. 204, or what is wrong and at which field."""
    actor = await staff_of(request)
    if actor is None:
        return _wrong(401, '', SignedOut())
    try:
        await confirm_sign_in(deps(), actor, password[:LONGEST_PASSWORD], code[:LONGEST_CODE])
    except (PasswordWrong, SecondFactorWrong) as error:
        return _wrong(422, 'password' if isinstance(error, PasswordWrong) else 'code', error)
    except RateLimited as error:
        return _wrong(429, '', error, error.retry_after)
    except Busy as error:
        return _wrong(503, '', error, error.retry_after)
    except SignedOut as error:
        return _wrong(401, '', error)
    return Response(status_code=204)


def _wrong(status: int, field: str, error: DomainError, retry_after: int = 0) -> Response:
    headers = {'Retry-After': str(retry_after)} if retry_after else None
    return JSONResponse({'field': field, 'message': say(error)}, status, headers)
