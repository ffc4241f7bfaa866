"""Check your email: takes the code, looks the same for every address, and goes on by itself once the link was used."""

from nicegui import context, html
from nicegui import ui as nui

from domain.access.one_time_tokens import hash_token
from domain.errors import CodeWrong, RateLimited
from domain.events import MissedSome, SignedInEvent
from domain.language import gettext as _
from domain.portal.branding import read_brand
from ui import live
from ui.components.basics import button, card, notice, text_field
from ui.components.resend_button import ResendButton
from ui.frame import SeeOther, door_frame, public_page
from ui.messages import say
from ui.session_cookie import address_asked_for, client_of, seconds_since_asking, visitor

GO_ON_IF_SIGNED_IN = (  # only the browser has the cookie; a page that was signed in elsewhere would redirect
    "fetch('/sign-in/sent',{redirect:'manual'}).then(r=>r.type==='opaqueredirect'&&location.assign('/'))"
)
RESEND_SECONDS = 60  # R47: one mail a minute


def register() -> None:
    """Register the page."""
    public_page('/sign-in/sent', title=lambda: _('Check your email'))(page)


async def page(error: str = '', wait: int = 0) -> None:
    """`error` and `wait` come back from the form."""
    request = context.client.request
    if await client_of(request) is not None:
        raise SeeOther('/')
    address, browser = address_asked_for(request), visitor(request).browser
    with door_frame(await read_brand()):
        with card():
            with html.div():
                html.h1(_('Check your email'))
                html.p(
                    _('If %s has access, a link and a code are on their way.') % address
                    if address
                    else _('If the address has access, a link and a code are on their way.')
                )
            if not browser:
                notice(
                    'info', _('A code works only in the browser that asked for it, and this one has not asked yet.')
                ).classes(remove='wrap')
            with nui.element('form').props('method=post action=/sign-in/code').classes('fy-stack'):
                text_field(
                    _('Code'),
                    name='code',
                    inputmode='numeric',
                    autocomplete='one-time-code',
                    longest=12,
                    error=_fault(error, wait),
                    hint=_('Only works in this browser, for 10 minutes.'),
                    focus=True,
                ).classes('fy-code')
                button(_('Continue'), kind='primary', submit=True).classes('fy-block')
            _nothing_there(address, seconds_since_asking(request))
        with html.p().classes('fy-smallprint'), html.a().props('href=/sign-in'):
            html.span(_('Use another email'))
    if browser:
        mine = hash_token(browser)
        live.on(SignedInEvent, lambda event: context.client.open('/') if event.browser_hash == mine else None)
        live.on(MissedSome, lambda event: context.client.run_javascript(GO_ON_IF_SIGNED_IN))


def _nothing_there(address: str, asked_ago: int) -> None:
    with html.div().classes('fy-row wrap'):
        html.span(_('Nothing there? Look in spam.')).classes('fy-sm fy-muted fy-grow')
        if address:
            with nui.element('form').props('method=post action=/sign-in/email'):
                hidden = nui.element('input').props('type=hidden name=email')
                hidden.props['value'] = address
                ResendButton(_('Send again'), max(0, RESEND_SECONDS - asked_ago))


def _fault(error: str, wait: int) -> str:
    if wait > 0:
        return say(RateLimited(min(wait, 86_400)))
    if error == 'digits':
        return _('Please type the six digits from the mail.')
    return say(CodeWrong()) if error == 'code' else ''
