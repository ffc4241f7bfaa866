"""The sign-in page: an address and one button; a password for those who want one."""

from nicegui import context, html

from domain.access.security_policy import policy_at
from domain.addresses import normalise_address
from domain.errors import AddressInvalid, PasswordsOff, PendingOver, RateLimited, SignInRefused
from domain.events import Event, SecurityChanged
from domain.language import gettext as _
from domain.portal.branding import read_brand
from ui import live
from ui.components.basics import button, card, notice, text_field
from ui.components.door_form import door_form
from ui.components.part import Part
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import SeeOther, door_frame, public_page
from ui.hosts import is_closed_here
from ui.messages import say
from ui.session_cookie import client_of, typed_address

LONGEST_WAIT = 86_400  # seconds that a page tells; the number comes from the address
USE_PASSWORD = """(event) => {
    const form = event.currentTarget.closest('form');
    form.classList.add('by-password');
    form.querySelector('[formaction]').type = 'submit';  // the first of its kind is what Enter presses
    const [email, password] = [form.elements.email, form.elements.password];
    (email.value ? password : email).focus();
}"""


def register() -> None:
    """Register the page."""
    public_page('/sign-in', title=lambda: _('Sign in'))(page)


async def page(error: str = '', wait: int = 0) -> None:
    """`error` and `wait` come back from the form, `notice` from a page that was closed."""
    request = context.client.request
    told = request.query_params.get('notice', '')
    if await client_of(request) is not None and not told:
        raise SeeOther('/')
    typed = typed_address(request) if error or wait or told == 'password-set' else ''
    brand = await read_brand()
    has_passwords = (await policy_at(deps().clock.now())).passwords_work
    with door_frame(brand):
        with card().classes('fy-door-card'):
            _notice(told, brand.firm_name)
            with html.div():
                html.h1(_('Welcome'))
                html.p(_('We will email you a link that signs you in.')).classes('fy-by-mail-words')
            _form(typed, error, wait, has_passwords=has_passwords, by_password=told == 'password-set')
        if not is_closed_here('/staff/sign-in'):
            with html.p().classes('fy-smallprint'):
                html.span(_('Do you work here?') + ' ')
                with html.a().props('href=/staff/sign-in'):
                    html.span(_('Staff sign-in'))


def _form(typed: str, error: str, wait: int, *, has_passwords: bool, by_password: bool) -> None:
    """One form for both ways, so that what is typed stays: `Sign in` posts it to the door of passwords."""
    of_password = has_passwords and error == 'password'
    fault = _password_fault(wait) if of_password else ''
    is_asked = of_password or (by_password and has_passwords)
    is_next = of_password or (is_asked and bool(typed))  # what is left to type is the password
    with door_form('/sign-in/email') as form:
        form.classes('fy-ways by-password' if is_asked else 'fy-ways')
        text_field(
            _('Email'),
            name='email',
            kind='email',
            autocomplete='username',
            value=typed,
            error='' if of_password else _fault(typed, error, wait),
            focus=not is_next,
        )
        password = Part(
            _unseen_box(), lambda has, asked: _password(fault, is_asked=asked, focus=asked and is_next) if has else None
        )
        by_mail = button(_('Email me a sign-in link'), kind='primary', submit=True)
        by_mail.classes('fy-block fy-by-mail')
        other = Part(_unseen_box(), lambda passwords: _other_way() if passwords else None)
    password.show(has_passwords, is_asked)
    other.show(has_passwords)
    now_has = has_passwords

    async def follow(_event: Event | None) -> None:
        """A page that is open follows the firm's choice; the address that is typed stays."""
        nonlocal now_has
        has = (await policy_at(deps().clock.now())).passwords_work
        if has != now_has:
            now_has = has
            password.show(has, False)
            other.show(has)
            form.classes(remove='by-password', toggle='changed')  # what the browser added goes with it

    live.on(SecurityChanged, Refresher(follow).ask)


def _unseen_box() -> html.div:
    """Takes no room of its own in the form."""
    return html.div().style('display: contents')


def _other_way() -> None:
    other = button(_('Use a password'), kind='ghost').classes('fy-block fy-other-way')
    other.on('click', js_handler=USE_PASSWORD)


def _password(fault: str, *, is_asked: bool, focus: bool) -> None:
    with html.div().classes('fy-stack fy-way'):
        with html.div().classes('fy-stack snug'):
            text_field(
                _('Password'),
                name='password',
                kind='password',
                autocomplete='current-password',
                error=fault,
                focus=focus,
            )
            with html.p().classes('fy-sm'), html.a().props('href=/forgot-password'):
                html.span(_('Forgot password?'))
        go = button(_('Sign in'), kind='primary').classes('fy-block').props('formaction=/sign-in/password')
        go.props['type'] = 'submit' if is_asked else 'button'  # hidden, it must not be what Enter presses


def _notice(kind: str, firm_name: str) -> None:
    firm = firm_name or _('the firm')
    if kind == 'ended':
        text = _('You have been signed out. If you cannot get back in, please ask %s.') % firm
        notice('info', text, live=True).classes(remove='wrap')  # on a phone too the icon stands beside the text
    elif why := _why_signed_out(kind):
        notice('info', why + ' ' + _('Please sign in again.'), live=True).classes(remove='wrap')
    elif kind == 'signed-out':
        notice('ok', _('You are signed out. See you soon.'), live=True).classes(remove='wrap')
    elif kind == 'password-set':
        notice('ok', _('Your password is set. Sign in with it.'), live=True).classes(remove='wrap')
    elif kind == 'over':
        notice('info', say(PendingOver()), live=True).classes(remove='wrap')


def _why_signed_out(kind: str) -> str:
    return {
        'password-changed': _('Your password was changed, so you were signed out here.'),
        'address-changed': _('You have a new email address for signing in, so you were signed out here.'),
        'two-factor-on': _('Two-factor authentication was turned on, so you were signed out here.'),
        'two-factor-moved': _('Two-factor authentication moved to another phone, so you were signed out here.'),
        'two-factor-off': _('Two-factor authentication was turned off, so you were signed out here.'),
        'two-factor-reset': _('Your two-factor authentication was reset, so you were signed out everywhere.'),
        'elsewhere': _('You were signed out here from another of your devices.'),
    }.get(kind, '')


def _password_fault(wait: int) -> str:
    return say(RateLimited(min(wait, LONGEST_WAIT))) if wait > 0 else say(SignInRefused())


def _fault(typed: str, error: str, wait: int) -> str:
    if error in ('password', 'passwords-off'):
        return say(PasswordsOff())
    if wait > 0:
        return say(RateLimited(min(wait, LONGEST_WAIT)))
    if error == 'address':
        try:
            normalise_address(typed)
        except AddressInvalid as fault:
            return say(fault)
    return ''
