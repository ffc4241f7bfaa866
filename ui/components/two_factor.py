"""What setting up a second factor is made of, for clients and staff alike: the sheet with the QR code, that with the
recovery codes, the field that codes are typed into, and what is said at it."""

from collections.abc import Callable
from typing import Literal
from urllib.parse import urlencode

from nicegui import context, html
from nicegui import ui as nui
from starlette.responses import Response

from domain.access.totp import Enrolment, SecondFactor, begin_enrolment, read_second_factor
from domain.actors import ClientActor, StaffActor
from domain.errors import (
    DomainError,
    RateLimited,
    SecondFactorNeeded,
    SecondFactorUnreadable,
    SecondFactorWrong,
    SignedOut,
    SignInNotFresh,
    TwoFactorIsOff,
    TwoFactorIsOn,
    TwoFactorRequired,
)
from domain.events import LoginChanged, SecurityChanged, TeamChanged
from domain.language import gettext as _
from domain.language import ngettext
from ui import live
from ui.components.basics import TextField, button, card, dialog, notice, plain_text, text_field
from ui.components.copy_button import CopyButton
from ui.components.door_form import door_form
from ui.components.download_button import DownloadButton
from ui.components.part import Part
from ui.components.qr_code import qr_code
from ui.components.refresher import Refresher
from ui.components.when import When
from ui.dependencies import deps
from ui.frame import SeeOther
from ui.messages import recovery_code_wrong, say
from ui.session_cookie import see_other
from ui.theme import icon

FEW_CODES = 3
MOST_MINUTES_OFF = 10
LONGEST_TYPED = 64


# ── What is said at the field ────────────────────────────────────────────────


def with_fault(path: str, error: DomainError, **more: str) -> str:
    """The address of the page that says at its field what was wrong; a code never travels in it."""
    match error:
        case RateLimited():
            said = {'wait': str(error.retry_after)}
        case SecondFactorWrong() if error.wait:
            said = {'wait': str(error.wait)}
        case SecondFactorUnreadable():
            said = {'error': 'unreadable'}
        case SecondFactorWrong() if error.minutes_off:
            said = {'error': 'clock', 'off': str(error.minutes_off)}
        case _:
            said = {'error': 'code'}
    return f'{path}?{urlencode(said | more)}'


def fault(error: str, wait: int, off: int, *, recovery: bool = False) -> str:
    """The sentence for what `with_fault` put into the address; empty if nothing was wrong. `recovery`: it was a
    recovery code that was asked for."""
    if wait > 0:
        return say(RateLimited(min(wait, 2 * 86_400)))
    if error == 'clock' and 0 < abs(off) <= MOST_MINUTES_OFF:
        return say(SecondFactorWrong(off))
    if error == 'unreadable':
        return say(SecondFactorUnreadable())
    if error not in ('code', 'clock'):
        return ''
    return recovery_code_wrong() if recovery else say(SecondFactorWrong())


def refused(error: DomainError, path: str, door: str, **more: str) -> Response:
    """What answers a form of the page at `path` that was not taken; `door` is where signing in begins. Raises what
    else went wrong."""
    match error:
        case SecondFactorWrong() | RateLimited():
            return see_other(with_fault(path, error, **more))
        case TwoFactorRequired():
            return see_other(f'{path}?error=required')
        case TwoFactorIsOn() | TwoFactorIsOff() | SecondFactorNeeded() | SignInNotFresh():
            return see_other(path)
        case SignedOut():
            return see_other(door)
    raise error


def code_field(*, error: str = '', focus: bool = False, hint: str = '') -> TextField:
    """Where the code of the app is typed, in a form that is posted."""
    return text_field(
        _('Authentication code'),
        name='code',
        inputmode='numeric',
        autocomplete='one-time-code',
        longest=LONGEST_TYPED,
        error=error,
        focus=focus,
        hint=hint,
    )


def recovery_field(*, error: str = '', focus: bool = False) -> TextField:
    """Where a recovery code is typed."""
    field = text_field(
        _('Recovery code'),
        name='code',
        autocomplete='off',
        longest=LONGEST_TYPED,
        error=error,
        focus=focus,
        hint=_('One of the ten you saved. Each works once; dashes and case do not matter.'),
    )
    field.props('autocapitalize=characters spellcheck=false')
    return field


# ── Setting it up ────────────────────────────────────────────────────────────


async def enrolment_of(actor: ClientActor | StaffActor, path: str) -> Enrolment:
    """What the app of the one who looks is given. SeeOther `path`: another tab has just turned it on.

    Raises SignInNotFresh.
    """
    try:
        return await begin_enrolment(deps(), actor)
    except TwoFactorIsOn:
        raise SeeOther(path) from None


def off_sheet(enrolment: Enrolment, factor: SecondFactor, *, firm_name: str, path: str, told: str, error: str) -> None:
    """While it is off: why it is asked for, or that it was `told` to be off just now, and how to set it up."""
    if factor.is_required:
        required_notice(firm_name)
    else:
        off_notice(told)
    enrolment_sheet(enrolment, action=f'{path}/turn-on', error=error, ends=_('Your other devices are signed out.'))


def new_phone_sheet(enrolment: Enrolment, *, path: str, error: str) -> None:
    """While another phone is being set up: how to, what it ends, and the way back, which is posted."""
    notice('info', _('The phone you have used so far works until the new one has shown its first code.')).classes(
        remove='wrap'
    )
    enrolment_sheet(
        enrolment,
        action=f'{path}/new-phone/use',
        error=error,
        label=_('Use this phone'),
        ends=_('The phone before, your recovery codes and your other devices then no longer open this portal.'),
    )
    with door_form(f'{path}/new-phone/keep'), html.div().classes('fy-row'):
        button(_('Keep the phone I have'), kind='link', submit=True)


def off_notice(told: str) -> None:
    """That it was turned off just now, if that is what is `told`."""
    if told == 'off':
        notice('ok', _('Two-factor authentication is off.'), live=True).classes(remove='wrap')


def enrolment_sheet(
    enrolment: Enrolment | None, *, action: str = '', error: str = '', label: str = '', ends: str = ''
) -> None:
    """Scan, then type the code: a form that is posted to `action` by the button `label`. `ends`: what that ends.

    Without an enrolment it is there to be looked at by somebody else: no key, and nothing that can be used.
    """
    with card(), html.div().classes('fy-steps-down'):
        with html.div().classes('fy-step'):
            _number('1')
            with html.div().classes('fy-grow fy-stack'):
                _on_the_phone(enrolment)
                plain_text('h2', _('Scan this with your authenticator app'))
                with html.div().classes('fy-enrol'):
                    if enrolment:
                        qr_code(enrolment.uri, _('QR code with the key for your authenticator app'))
                    else:
                        _no_qr_code()
                    with html.div().classes('fy-stack snug'):
                        _by_hand(enrolment)
        with html.div().classes('fy-step'):
            _number('2')
            with html.div().classes('fy-grow fy-stack'):
                plain_text('h2', _('Type the code it shows'))
                with door_form(action) if enrolment else html.div(), html.div().classes('fy-code-row'):
                    field = code_field(error=error, focus=bool(error), hint=_('Six digits, new every 30 seconds.'))
                    turn_on = button(label or _('Turn on'), kind='primary', submit=True)
                    if not enrolment:
                        field.disable()
                        turn_on.disable()
                if ends:
                    plain_text('p', ends).classes('fy-sm fy-muted')


def _no_qr_code() -> None:
    with html.div().classes('fy-qr none').props('role=img') as frame:
        nui.icon(icon('eye-off')).props('aria-hidden=true')
    frame.props['aria-label'] = _('A QR code stands here. Only the client sees it.')


def _on_the_phone(enrolment: Enrolment | None) -> None:
    """A phone cannot scan itself: there this comes first, elsewhere it stands beneath the rest."""
    with html.div().classes('fy-stack snug fy-here'):
        plain_text(
            'p',
            _(
                'You need an authenticator app, for example Google Authenticator, Microsoft Authenticator or Aegis: '
                'install one first.'
            ),
        ).classes('fy-sm fy-muted')
        with html.div().classes('fy-row'):
            opens = button(_('Open in your app'), icon='smartphone', small=True)
            if enrolment:
                opens.props['href'] = enrolment.uri
            else:
                opens.disable()


def _by_hand(enrolment: Enrolment | None) -> None:
    secret = enrolment.secret if enrolment else '•' * 32
    plain_text('h3', _('Cannot scan it?')).classes('fy-sm fy-strong')
    words = plain_text('p', _('Choose “enter a key” in the app and type this:')).classes('fy-sm fy-muted')
    with nui.element('code').classes('fy-mono fy-secret') as key:
        for first in range(0, len(secret), 4):  # apart by their margins alone: what is copied has no spaces
            plain_text('span', secret[first : first + 4])
    key.props['aria-describedby'] = words.html_id
    with html.div().classes('fy-row wrap tight'):
        CopyButton(_('Copy key'), enrolment.secret if enrolment else '', small=True)


def _number(number: str) -> None:
    plain_text('span', number).classes('fy-n now').props('aria-hidden=true')


def codes_sheet(codes: tuple[str, ...], *, firm_name: str, email: str, saved_action: str) -> None:
    """The recovery codes, until `I have saved them` is posted to `saved_action`."""
    with card():
        with html.div():
            html.h1(_('Keep your recovery codes'))
            html.p(_('Each one works once if you lose your phone. They are shown only now.')).classes('fy-muted')
        with html.ul().classes('fy-codes') as listed:
            for code in codes:
                plain_text('li', code)
        listed.props['aria-label'] = _('Recovery codes')
        with html.div().classes('fy-row wrap tight'):
            DownloadButton(_('Download'), _file(codes, firm_name, email), 'recovery-codes.txt')
            CopyButton(_('Copy all'), '\n'.join(codes))
        with door_form(saved_action), html.div().classes('fy-row'):
            button(_('I have saved them'), kind='link', submit=True)


def _file(codes: tuple[str, ...], firm_name: str, email: str) -> str:
    head = _('Recovery codes for %(address)s at %(firm)s') % {'address': email, 'firm': firm_name}
    tail = _('Each code works once, in place of the code of your app. Keep them where only you find them.')
    return '\r\n'.join([head, '', *codes, '', tail, ''])


# ── Once it is on ────────────────────────────────────────────────────────────


def on_sheet(
    actor: ClientActor | StaffActor,
    factor: SecondFactor,
    *,
    path: str,
    error: str,
    of: str,
    is_refused: bool,
    moves: Literal['', 'by code', 'at once'] = '',
) -> None:
    """The sheet of the page at `path`, which follows what happens elsewhere: a code is used, or the firm asks for a
    second factor, or no longer; where another tab has turned it off, the page begins anew. `is_refused`: it was to be
    turned off while it is required. `moves`: whether another phone can be set up here, and what for."""
    required = Part(html.div().style('display: contents'), lambda stays: _stays_on(is_refused) if stays else None)
    required.show(factor.is_required)
    sheet = OnSheet(factor, path, error=error, of=of, moves=moves)

    async def read_again(_event: object) -> None:
        now = await read_second_factor(deps(), actor)
        if now.is_on:
            sheet.show(now)
            required.show(now.is_required)
        else:
            context.client.open(path)

    ask = Refresher(read_again).ask
    live.on(SecurityChanged, ask)
    if isinstance(actor, StaffActor):
        _hear_of_staff(actor.staff_id, ask)
    else:
        login_id = actor.login_id
        live.on(LoginChanged, lambda event: ask(event) if event.login_id == login_id else None)


def _stays_on(is_refused: bool) -> None:
    notice('warn' if is_refused else 'info', say(TwoFactorRequired()), live=is_refused).classes(remove='wrap')


def _hear_of_staff(staff_id: int, ask: Callable[[TeamChanged], None]) -> None:
    live.on(TeamChanged, lambda event: ask(event) if staff_id in event.staff_ids else None)


class OnSheet:
    def __init__(self, factor: SecondFactor, path: str, *, error: str = '', of: str = '', moves: str = '') -> None:
        """Since when, how many codes are left, and what there is to do, each of which asks for a code and is posted.

        `error` is what was wrong with the code of the one that `of` names: `codes`, `phone` or `off`.
        """
        turn_off = _asked(
            _('Turn off two-factor authentication?'),
            _('Signing in will take one proof again. Your other devices are signed out and open links end.'),
            f'{path}/turn-off',
            (_('Turn off'), True),
            error if of == 'off' else '',
        )
        make_codes = _asked(
            _('Make new recovery codes'),
            _('You get ten new ones. Those you have now stop working at once.'),
            f'{path}/new-codes',
            (_('Make new recovery codes'), False),
            error if of == 'codes' else '',
        )
        with card(rows=True):
            with html.div().classes('fy-switch fy-acts'):
                with html.div():
                    plain_text('h2', _('Authenticator app'))
                    with html.p():
                        html.span(_('On since') + ' ')
                        When(factor.since, 'date')
                if moves:
                    _move(f'{path}/new-phone', error if of == 'phone' else '', moves == 'at once', asks=of == 'phone')
                self._off = button(_('Turn off'), kind='danger', on_click=turn_off.open)
            with html.div().classes('fy-switch fy-acts'):
                with html.div():
                    plain_text('h2', _('Recovery codes'))
                    self._left = plain_text('p', '')
                button(_('Make new recovery codes'), on_click=make_codes.open)
        self.show(factor)

    def show(self, factor: SecondFactor) -> None:
        """How many codes still work, and whether it may be turned off."""
        left = ngettext('%d of 10 is left.', '%d of 10 are left.', factor.codes_left) % factor.codes_left
        self._left.set_text(left + ' ' + _('Time to make new ones.') if factor.codes_left <= FEW_CODES else left)
        self._off.set_visibility(not factor.is_required)


def _move(action: str, error: str, at_once: bool, *, asks: bool) -> None:
    """To another phone: by a code that is asked for, or `at_once` where a recovery code has just proved enough."""
    words = _('Set up another phone')
    if at_once:
        with door_form(action):
            button(words, submit=True)
        return
    text = _('To be sure that it is you. The phone you have works until the new one is set up.')
    asked = _asked(words, text, action, (_('Continue'), False), error, opens=asks)
    button(words, on_click=asked.open)


def _asked(title: str, text: str, action: str, act: tuple[str, bool], error: str, *, opens: bool = False) -> nui.dialog:
    """`opens`: by itself, as where there is an error to tell."""
    words, is_dangerous = act
    with dialog(title, text, has_fields=True) as asked, door_form(action) as form:
        code_field(error=error, focus=True, hint=_('From your app, or a recovery code.'))
    with asked.foot:
        button(_('Cancel'), on_click=asked.close)
        submit = button(words, kind='danger-fill' if is_dangerous else 'primary', submit=True)
        submit.props['form'] = form.html_id
    if error or opens:
        nui.timer(0.05, asked.open, once=True)
    return asked


def required_notice(firm_name: str) -> None:
    """Why nothing else opens until it is set up."""
    words = _('%s asks for two-factor authentication. Set it up once, then everything else opens.') % firm_name
    notice('warn', words, icon='shield-check').classes(remove='wrap')
