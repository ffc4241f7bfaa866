"""What setting up a second factor is made of, for clients and staff alike: the sheet with the QR code, that with the
recovery codes, the field that codes are typed into, and what is said at it."""

from urllib.parse import urlencode

from nicegui import html
from nicegui import ui as nui

from domain.access.totp import Enrolment, SecondFactor
from domain.errors import DomainError, RateLimited, SecondFactorWrong
from domain.language import gettext as _
from domain.language import ngettext
from ui.components.basics import TextField, button, card, dialog, notice, plain_text, text_field
from ui.components.copy_button import CopyButton
from ui.components.door_form import door_form
from ui.components.download_button import DownloadButton
from ui.components.qr_code import qr_code
from ui.components.when import When
from ui.messages import say

FEW_CODES = 3
MOST_MINUTES_OFF = 10
LONGEST_TYPED = 64


# ── What is said at the field ────────────────────────────────────────────────


def with_fault(path: str, error: DomainError, **more: str) -> str:
    """The address of the page that says at its field what was wrong; a code never travels in it."""
    match error:
        case RateLimited():
            said = {'wait': str(error.retry_after)}
        case SecondFactorWrong() if error.minutes_off:
            said = {'error': 'clock', 'off': str(error.minutes_off)}
        case _:
            said = {'error': 'code'}
    return f'{path}?{urlencode(said | more)}'


def fault(error: str, wait: int, off: int) -> str:
    """The sentence for what `with_fault` put into the address; empty if nothing was wrong."""
    if wait > 0:
        return say(RateLimited(min(wait, 2 * 86_400)))
    if error == 'clock' and 0 < abs(off) <= MOST_MINUTES_OFF:
        return say(SecondFactorWrong(off))
    return say(SecondFactorWrong()) if error in ('code', 'clock') else ''


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


def enrolment_sheet(enrolment: Enrolment, *, action: str, error: str = '') -> None:
    """Scan, then type the code: a form that is posted to `action`."""
    with card(), html.div().classes('fy-steps-down'):
        with html.div().classes('fy-step'):
            _number('1')
            with html.div().classes('fy-grow fy-stack'):
                plain_text('h2', _('Scan this with your authenticator app'))
                with html.div().classes('fy-enrol'):
                    qr_code(enrolment.uri, _('QR code with the key for your authenticator app'))
                    with html.div().classes('fy-stack snug'):
                        _by_hand(enrolment)
        with html.div().classes('fy-step'):
            _number('2')
            with html.div().classes('fy-grow fy-stack'):
                plain_text('h2', _('Type the code it shows'))
                with door_form(action), html.div().classes('fy-code-row'):
                    code_field(error=error, focus=bool(error), hint=_('Six digits, new every 30 seconds.'))
                    button(_('Turn on'), kind='primary', submit=True)


def _by_hand(enrolment: Enrolment) -> None:
    groups = ' '.join(enrolment.secret[first : first + 4] for first in range(0, len(enrolment.secret), 4))
    plain_text('h3', _('Cannot scan it?')).classes('fy-sm fy-strong')
    plain_text('p', _('Choose “enter a key” in the app and type this:')).classes('fy-sm fy-muted')
    plain_text('code', groups).classes('fy-mono fy-secret').props['aria-label'] = _('Key')
    with html.div().classes('fy-row wrap tight'):
        CopyButton(_('Copy key'), enrolment.secret, small=True)
        button(_('Open in your app'), icon='smartphone', small=True).props['href'] = enrolment.uri
    plain_text('p', _('Any app will do: Google Authenticator, Microsoft Authenticator, 1Password, Aegis.')).classes(
        'fy-sm fy-muted'
    )


def _number(number: str) -> None:
    plain_text('span', number).classes('fy-n now').props('aria-hidden=true')


def codes_sheet(codes: tuple[str, ...], *, firm_name: str, email: str, onward: str) -> None:
    """The recovery codes, this once; `onward` is where `I have saved them` leads."""
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
        with html.p(), html.a().classes('fy-sm') as on:
            html.span(_('I have saved them'))
        on.props['href'] = onward


def _file(codes: tuple[str, ...], firm_name: str, email: str) -> str:
    head = _('Recovery codes for %(address)s at %(firm)s') % {'address': email, 'firm': firm_name}
    tail = _('Each code works once, in place of the code of your app. Keep them where only you find them.')
    return '\r\n'.join([head, '', *codes, '', tail, ''])


# ── Once it is on ────────────────────────────────────────────────────────────


class OnSheet:
    def __init__(self, factor: SecondFactor, *, codes_action: str, off_action: str, error: str = '', of: str = ''):
        """Since when, how many codes are left, and the two things to do, each of which asks for a code and is posted.

        `error` is what was wrong with the code of the one that `of` names: `codes` or `off`.
        """
        turn_off = _asked(
            _('Turn off two-factor authentication?'),
            _('Signing in will take one proof again. Your other devices are signed out and open links end.'),
            off_action,
            (_('Turn off'), True),
            error if of == 'off' else '',
        )
        make_codes = _asked(
            _('Make new recovery codes'),
            _('You get ten new ones. Those you have now stop working at once.'),
            codes_action,
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
                off = button(_('Turn off'), kind='danger', on_click=turn_off.open)
                if factor.is_required:
                    off.set_visibility(False)
            with html.div().classes('fy-switch fy-acts'):
                with html.div():
                    plain_text('h2', _('Recovery codes'))
                    self._left = plain_text('p', '')
                button(_('Make new recovery codes'), on_click=make_codes.open)
        self.show_left(factor.codes_left)

    def show_left(self, number: int) -> None:
        """How many codes still work."""
        left = ngettext('%d of 10 is left.', '%d of 10 are left.', number) % number
        self._left.set_text(left + ' ' + _('Time to make new ones.') if number <= FEW_CODES else left)


def _asked(title: str, text: str, action: str, act: tuple[str, bool], error: str) -> nui.dialog:
    words, is_dangerous = act
    with dialog(title, text, has_fields=True) as asked, door_form(action) as form:
        code_field(error=error, focus=True, hint=_('From your app, or a recovery code.'))
    with asked.foot:
        button(_('Cancel'), on_click=asked.close)
        submit = button(words, kind='danger-fill' if is_dangerous else 'primary', submit=True)
        submit.props['form'] = form.html_id
    if error:
        nui.timer(0.05, asked.open, once=True)
    return asked


def required_notice(firm_name: str) -> None:
    """Why nothing else opens until it is set up."""
    words = _('%s asks for two-factor authentication. Set it up once, then everything else opens.') % firm_name
    notice('warn', words, icon='shield-check').classes(remove='wrap')
