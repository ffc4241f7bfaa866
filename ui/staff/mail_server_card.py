"""The mail server, the address mail comes from and whom answers reach, as far as the environment leaves it to a page.

The form goes to its door as a whole, because of the password in it, which takes no other way.
"""

from typing import Annotated, TypeVar

from fastapi import Form, Request
from nicegui import app, html
from nicegui import ui as nui
from starlette.responses import JSONResponse, Response

from domain.actors import StaffActor
from domain.addresses import normalise_address
from domain.authorization import Permission, may
from domain.errors import (
    AddressInvalid,
    DomainError,
    NotAllowed,
    NumberOutOfRange,
    SignedOut,
    SignInNotFresh,
    TextInvalid,
)
from domain.events import MailServerChanged
from domain.handover import RepliesTo
from domain.mail.transport import Obstacle
from domain.mail_errors import MailServerInvalid
from domain.portal.mail_server import (
    MailSettings,
    Tls,
    Tried,
    change_mail_settings,
    read_mail_settings,
    try_mail_server,
)
from ui import live
from ui.components.anchor import Anchor
from ui.components.basics import NoticeKind, TextField, button, card, notice, text_field, toast
from ui.components.part import Part
from ui.components.posted_form import PostedForm
from ui.dependencies import deps
from ui.messages import say
from ui.session_cookie import staff_of
from ui.staff.confirm import with_fresh_sign_in

T = TypeVar('T', Tls, RepliesTo)
DOOR = '/staff/settings/emails/server'
ANCHOR = 'how-mail-is-sent'
HOW_MAIL_IS_SENT = f'/staff/settings/emails#{ANCHOR}'  # for links that lead to this card
NOT_FRESH, TAKEN, NOT_TAKEN = 'not-fresh', 'taken', 'not-taken'  # in the place of a field
WAYS = {
    Tls.STARTTLS.value: 'STARTTLS, required (often port 587)',
    Tls.IMPLICIT.value: 'TLS from the start (often port 465)',
    Tls.NONE.value: 'None (this machine alone)',
}
ANSWERS = {
    RepliesTo.STAFF.value: 'The staff member who invited or wrote',
    RepliesTo.SENDER.value: 'The address mail comes from',
    RepliesTo.ADDRESS.value: 'One address',
}
OWNERS_ONLY = (
    'Only an owner changes this: whoever names the mail server can read every mail, links that let colleagues in too.'
)
NO_SERVER = 'No server is named, so mail is captured: it stays in the Outbox to be read.'
OBSTACLES = {
    Obstacle.NO_SUCH_NAME: 'No server of this name was found. Please check “Mail server” for a typing error.',
    Obstacle.NOBODY_ANSWERS: 'Nothing answers at this port of the server. Please check “Port”.',
    Obstacle.NO_STARTTLS: (
        'This server does not offer STARTTLS at this port. Please look at “Encryption” beside it: many servers '
        'speak TLS from the start, at port 465.'
    ),
}


def register() -> None:
    """Register the route."""
    app.post(DOOR)(take)


class MailServerCard:
    def __init__(self, actor: StaffActor, settings: MailSettings) -> None:
        """Build it in the page."""
        self._actor, self._shown = actor, settings
        self._may = may(actor, Permission.CHANGE_MAIL_SERVER)
        with Anchor(ANCHOR), card('How mail is sent'):
            self._form = PostedForm(DOOR, on_taken=self._saved, on_fault=self._told)
            with self._form:
                self._about_environment()
                self._fill(settings)
        live.on(MailServerChanged, self._follow)

    def _about_environment(self) -> None:
        by = ' and '.join(filter(None, (self._shown.server_by, self._shown.from_by)))
        if by:
            notice('info', f'{by}: set in the environment, which wins. Whoever runs Foyer can change it there.')
        if not self._may:
            notice('info', OWNERS_ONLY, icon='lock')

    def _fill(self, now: MailSettings) -> None:
        server_fixed, from_fixed = bool(now.server_by) or not self._may, bool(now.from_by) or not self._may
        with html.div().classes('fy-pair'):
            self._host = _field('host', 'Mail server', now.host, hint='Like mail.example.com', fixed=server_fixed)
            self._port = _field('port', 'Port', str(now.port), fixed=server_fixed)
            self._tls = _select('tls', 'Encryption', WAYS, now.tls.value, fixed=server_fixed)
        with html.div().classes('fy-pair'):
            self._user = _field('username', 'User', now.username, fixed=server_fixed)
            self._password = text_field(
                'Password', name='password', kind='password', autocomplete='new-password', longest=1_000,
                read_only=server_fixed, hint=_kept(now),
            )  # fmt: skip
        with html.div().classes('fy-pair'):
            self._from = _field(
                'mail_from', 'From address', now.mail_from, fixed=from_fixed, kind='email',
                hint=f'Mail comes from {now.sender}',
            )  # fmt: skip
            self._replies = _select('replies_to', 'Answers go to', ANSWERS, now.replies_to.value, fixed=not self._may)
            self._reply = _field(
                'reply_address', 'Address for answers', now.reply_address, fixed=not self._may, kind='email'
            )
        self._reply.bind_visibility_from(self._replies, 'value', value=RepliesTo.ADDRESS.value)
        self._fields = {
            'host': self._host, 'port': self._port, 'username': self._user, 'password': self._password,
            'mail_from': self._from, 'reply_address': self._reply,
        }  # fmt: skip
        self._captured = notice('warn', NO_SERVER, icon='inbox')
        self._captured.set_visibility(not now.host)
        self._nowhere = Part(html.div(), _warn_of_nowhere)
        self._nowhere.show(_nowhere(now))
        self._below = html.div().props('role=status')
        self._below.set_visibility(False)
        if self._may:
            with html.div().classes('fy-row wrap').style('justify-content: flex-end'):
                _submits(button('Try this server', icon='mail', submit=True), 'test')
                _submits(button('Save', kind='primary', submit=True), 'save')

    # ── What the door answered ──

    def _saved(self) -> None:
        self._clear()
        toast('Saved.')

    async def _told(self, field: str, message: str) -> None:
        self._clear()
        if field == NOT_FRESH:
            await self._prove_and_go_on()
        elif field in (TAKEN, NOT_TAKEN):
            self._say('ok' if field == TAKEN else 'bad', message)
        elif field in self._fields:
            self._fields[field].show_error(message)
        else:
            self._say('bad', message)

    async def _prove_and_go_on(self) -> None:
        asked: list[bool] = []

        async def act() -> None:
            if not asked:
                asked.append(True)
                raise SignInNotFresh()
            self._form.run_method('again')

        await with_fresh_sign_in(self._actor, act)

    def _say(self, kind: NoticeKind, message: str) -> None:
        with self._below:
            notice(kind, message, title='Handed over.' if kind == 'ok' else 'That did not work.')
        self._below.set_visibility(True)

    def _clear(self) -> None:
        self._below.clear()
        self._below.set_visibility(False)
        for field in self._fields.values():
            field.clear_error()

    async def _follow(self, _: MailServerChanged) -> None:
        """Somebody saved, here or elsewhere: what is not being edited here follows."""
        try:
            now = await read_mail_settings(deps(), self._actor)
        except (NotAllowed, SignedOut):
            return  # the page is on its way out
        before, self._shown = self._shown, now
        for field, old, new in (
            (self._host, before.host, now.host),
            (self._port, str(before.port), str(now.port)),
            (self._user, before.username, now.username),
            (self._from, before.mail_from, now.mail_from),
            (self._reply, before.reply_address, now.reply_address),
        ):
            if (field.value or '') in (old, new):
                field.value = new
        for select, was, is_now in (
            (self._tls, before.tls.value, now.tls.value),
            (self._replies, before.replies_to.value, now.replies_to.value),
        ):
            if select.value == was:
                select.value = is_now
        self._password.props['hint'] = _kept(now)
        self._from.props['hint'] = f'Mail comes from {now.sender}'
        self._captured.set_visibility(not now.host)
        self._nowhere.show(_nowhere(now))


def _nowhere(now: MailSettings) -> str:
    """The sender that no server elsewhere would take mail from, where mail is handed over at all."""
    return now.sender if now.host and now.is_from_nowhere else ''


def _warn_of_nowhere(sender: str) -> None:
    if sender:
        notice(
            'warn',
            f'Mail comes from {sender}, and no mail server outside of this machine takes mail from there. Please enter '
            'a From address of your own domain.',
        )


def _field(name: str, label: str, value: str, *, fixed: bool, hint: str = '', kind: str = 'text') -> TextField:
    made: TextField = text_field(
        label, name=name, value=value, hint=hint, autocomplete='off', longest=400, read_only=fixed, quiet=False,
        kind=kind,  # type: ignore[arg-type]
    )  # fmt: skip
    made.on_value_change(made.clear_error)
    return made


def _select(name: str, label: str, options: dict[str, str], value: str, *, fixed: bool) -> nui.select:
    """A choice; a hidden field carries it into the form."""
    made = nui.select(options, value=value, label=label)
    carried = nui.element('input').props(f'type=hidden name={name}')
    carried.props['value'] = value
    made.on_value_change(lambda event: carried.props.update({'value': event.value}))
    made.set_enabled(not fixed)
    return made


def _submits(made: nui.button, deed: str) -> None:
    made.props['name'], made.props['value'] = 'deed', deed


def _kept(settings: MailSettings) -> str:
    return 'One is kept. Leave this empty to go on with it.' if settings.has_password else ''


# ── The door ─────────────────────────────────────────────────────────────────


async def take(
    request: Request,
    deed: Annotated[str, Form()] = '',
    host: Annotated[str, Form()] = '',
    port: Annotated[str, Form()] = '',
    tls: Annotated[str, Form()] = '',
    username: Annotated[str, Form()] = '',
    password: Annotated[str, Form()] = '',
    mail_from: Annotated[str, Form()] = '',
    replies_to: Annotated[str, Form()] = '',
    reply_address: Annotated[str, Form()] = '',
) -> Response:
    """Save, or try what is typed. 204, or what is wrong and at which field, or what the server said."""
    actor = await staff_of(request)
    if actor is None:
        return _answer(401, '', say(SignedOut()))
    wanted = MailSettings(
        host[:400], _whole(port), _one_of(Tls, tls, Tls.STARTTLS), username[:400], password[:2_000], mail_from[:400],
        _one_of(RepliesTo, replies_to, RepliesTo.STAFF), reply_address[:400],
    )  # fmt: skip
    try:
        if deed == 'test':
            return _said(await try_mail_server(deps(), actor, wanted))
        await change_mail_settings(deps(), actor, wanted)
    except (SignInNotFresh, SignedOut) as error:
        return _answer(401, NOT_FRESH if isinstance(error, SignInNotFresh) else '', say(error))
    except NotAllowed as error:
        return _answer(403, '', say(error))
    except AddressInvalid as error:
        return _answer(422, 'mail_from' if _is_wrong(mail_from) else 'reply_address', say(error))
    except (MailServerInvalid, NumberOutOfRange, TextInvalid) as error:
        return _answer(422, error.field, say(error))
    except DomainError as error:
        return _answer(422, '', say(error))
    return Response(status_code=204)


def _said(tried: Tried) -> Response:
    if tried.taken:
        return _answer(200, TAKEN, f'{tried.server} took the mail to {tried.to}: {tried.answer}')
    plainly = f'{OBSTACLES[tried.obstacle]} ' if tried.obstacle else ''
    return _answer(200, NOT_TAKEN, f'{plainly}{tried.server}: {tried.answer}')


def _answer(status: int, field: str, message: str) -> Response:
    return JSONResponse({'field': field, 'message': message}, status)


def _is_wrong(address: str) -> bool:
    try:
        return bool(address.strip()) and not normalise_address(address)
    except AddressInvalid:
        return True


def _whole(text: str) -> int:
    clean = text.strip()
    return int(clean) if clean.isascii() and clean.isdigit() and len(clean) < 7 else -1


def _one_of(kinds: type[T], value: str, otherwise: T) -> T:
    return kinds(value) if value in {str(one) for one in kinds} else otherwise
