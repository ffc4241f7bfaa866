"""First run: the page behind the link that the terminal prints (R61)."""

from nicegui import context, html
from nicegui import ui as nui

from domain.access.security_policy import LEAST_PASSWORD
from domain.language import gettext as _
from domain.portal.branding import read_brand
from domain.staff.owner import is_set_up, setup_token_is_good
from ui.components.basics import button, card, notice, text_field
from ui.components.new_password import new_password_field
from ui.dependencies import deps
from ui.frame import door_frame, public_page
from ui.staff import typed
from ui.staff.sign_in import hidden


def register() -> None:
    """Register the page."""
    public_page('/setup', title=lambda: _('Set up'))(page)


async def page(token: str = '') -> None:
    """`token` comes with the printed link. After a fault the form's own values come back, the token among them."""
    before = typed.kept(context.client.request, '/setup')
    if token and token != before.get('token'):
        before = {}
    token = token or before.get('token', '')
    is_good, has_owner = await setup_token_is_good(deps(), token), await is_set_up()
    with door_frame(await read_brand()), card():
        if before.get('fault') == 'form' and (has_owner or not is_good):  # too many tries, with a link that is none
            notice('bad', before.get('words', ''), live=True)
        if has_owner:
            _has_owner()
        elif is_good:
            _form(token, before)
        else:
            _dead_link()


def _form(token: str, before: dict[str, str]) -> None:
    at_fault, words = before.get('fault', ''), before.get('words', '')

    def fault(field: str) -> str:
        return words if at_fault == field else ''

    with html.div():
        html.h1(_('Welcome to Foyer'))
        html.p(_('Create the owner: the one who can do everything here.')).classes('fy-muted')
    if at_fault == 'form':
        notice('bad', words, live=True)
    with nui.element('form').props('method=post action=/setup novalidate').classes('fy-stack'):
        hidden('token', token)
        text_field(
            _('Firm name'),
            name='firm_name',
            autocomplete='organization',
            value=before.get('firm_name', ''),
            hint=_('Optional. Clients see it on every page and in every mail.'),
            error=fault('firm_name'),
            focus=at_fault in ('', 'form', 'firm_name'),
        )
        text_field(
            _('Name'),
            name='name',
            autocomplete='name',
            value=before.get('name', ''),
            error=fault('name'),
            focus=at_fault == 'name',
        )
        text_field(
            _('Email'),
            name='email',
            kind='email',
            autocomplete='username',
            value=before.get('email', ''),
            error=fault('email'),
            focus=at_fault == 'email',
        )
        new_password_field(
            _('Password'),
            who='staff',
            least=LEAST_PASSWORD,
            error=fault('password'),
            focus=at_fault == 'password',
        )
        button(_('Create owner'), kind='primary', submit=True).classes('fy-block')


def _dead_link() -> None:
    with html.div():
        html.h1(_('This set-up link does not work'))
        html.p(_('It may be an old one: every start of Foyer prints a new link, and only the newest works.')).classes(
            'fy-muted'
        )
    notice(
        'info',
        _('Look for the newest link in the terminal. To get another, stop Foyer and start it again.'),
    )


def _has_owner() -> None:
    with html.div():
        html.h1(_('The set-up is done'))
        html.p(_('This portal has an owner, so the set-up link has closed for good.')).classes('fy-muted')
    button(_('Go to staff sign-in'), kind='primary').classes('fy-block').props('href=/staff/sign-in')
