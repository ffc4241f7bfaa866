"""What the portal knows of a contact and of its login, and what can be done to the login."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from nicegui import html
from nicegui import ui as nui

from domain.access.login_details import LoginDetails
from domain.access.rate_limits import unlock_login
from domain.authorization import Permission, may
from domain.contacts.directory import ContactView
from domain.errors import DomainError
from ui.components.basics import badge, button, card, plain_text, toast
from ui.components.offer import offer
from ui.components.part import Part
from ui.components.when import When
from ui.dependencies import deps
from ui.messages import say
from ui.staff.contact_words import method_words
from ui.staff.login_details_dialog import open_login_details_dialog
from ui.staff.shared_address_words import contacts_path, shared_path, why_words
from ui.staff.two_factor_dialog import open_two_factor_dialog

if TYPE_CHECKING:
    from ui.staff.contact import ContactPage

MAIL_WORDS = {
    'not_tried': 'None sent yet',
    'waiting': 'On its way',
    'captured': 'Captured, not sent',
    'sent': 'Handed to the mail server',
    'refused': 'Refused by the mail server',
    'failed': 'Could not be sent',
}
Act = Callable[[], Awaitable[None]]
NO_LOGIN = 'No login yet'
NAMED = 4  # contacts that share the address, named before the number of the others


class StatusCard:
    def __init__(self, page: 'ContactPage') -> None:
        """Build it in the page; `show` fills it."""
        self._page = page
        self._looks_again_at: datetime | None = None
        with card('Portal status') as self._card:
            unlock = self._unlock if may(page.actor, Permission.MANAGE_LOGINS) else None
            self._facts = Part(html.dl().classes('fy-dl'), partial(_facts, unlock))
            self._message_box = html.div()
            self._message = Part(self._message_box, _message)
        with self._card.header:
            self._online = html.span().classes('fy-row hug tight fy-xs').style('color: var(--ok)')
            with self._online:
                html.span().classes('fy-live').props('aria-hidden=true')
                html.span('Online now')
        self._online.set_visibility(False)
        with self._card.foot:
            self._edit = button('Edit login details', small=True, on_click=self._edit_login)
            self._reset = button('Reset 2FA', small=True, on_click=self._reset_two_factor)
        self._card.props('tabindex=-1')
        self._card.foot.set_visibility(may(page.actor, Permission.MANAGE_LOGINS))

    def show(self, contact: ContactView, login: LoginDetails | None, online: bool) -> None:
        """What is known of this contact and its login."""
        self._facts.show(contact, login)
        self._message.show(contact.message)
        self._message_box.set_visibility(bool(contact.message))
        self._online.set_visibility(online)
        offer(self._edit, '' if login else NO_LOGIN)
        offer(self._reset, _why_no_reset(login))
        self._look_again_at(login.locked_until if login else None)

    def _look_again_at(self, moment: datetime | None) -> None:
        """A lock ends by itself, and no event tells."""
        if moment is None or moment == self._looks_again_at:
            return
        self._looks_again_at = moment
        seconds = (moment - deps().clock.now()).total_seconds()
        with self._page.dialogs:
            nui.timer(max(seconds, 0) + 0.1, self._page.refresher.ask, once=True)

    async def _edit_login(self) -> None:
        await self._open(open_login_details_dialog)

    async def _reset_two_factor(self) -> None:
        await self._open(open_two_factor_dialog)

    async def _unlock(self) -> None:
        self._card.run_method('focus')
        with self._card:  # the button goes
            try:
                await unlock_login(deps(), self._page.actor, self._page.contact_id)
            except DomainError as error:
                toast(say(error), kind='bad')
            else:
                toast('Unlocked. The client can try again at once.')
        self._page.refresher.ask()

    async def _open(self, open_dialog: Callable[['ContactPage'], Awaitable[None]]) -> None:
        """Dialogs live beside the page, so that none vanishes when a part of it is drawn again."""
        with self._page.dialogs:
            try:
                await open_dialog(self._page)
            except DomainError as error:
                toast(say(error), kind='bad')


def _why_no_reset(login: LoginDetails | None) -> str:
    if login is None:
        return NO_LOGIN
    return '' if login.two_factor_since is not None else 'Two-factor authentication is off'


def _facts(unlock: Act | None, contact: ContactView, login: LoginDetails | None) -> None:
    with _fact('Invited'):
        if contact.invited_at is None:
            plain_text('span', 'Not yet')
        else:
            When(contact.invited_at, 'date')
            if contact.invited_by:
                plain_text('span', ' by ')
                plain_text('bdi', contact.invited_by)
    if contact.invitation_expires_at is not None:
        with _fact('Expired' if contact.status == 'invite_expired' else 'Expires'):
            When(contact.invitation_expires_at, 'datetime')
    with _fact('Joined'):
        if contact.joined_at is None:
            plain_text('span', 'Not yet')
        else:
            When(contact.joined_at, 'date')
    with _fact('Last sign-in'):
        if contact.last_sign_in_at is None:
            plain_text('span', 'Never')
        else:
            When(contact.last_sign_in_at, 'long')
            if contact.last_sign_in_method:
                plain_text('span', f', by {method_words(contact.last_sign_in_method).lower()}')
    with _fact('Login email'):
        plain_text('span', contact.login_email or contact.email or 'None')
    if contact.shared_with:
        with _fact('Also serves'), html.p():
            _others(contact)
        if login is not None:
            with _fact('Belongs with'), html.p():
                _belongs_with(contact, login)
    if login is not None:
        _login_facts(unlock, login)
    if contact.email:
        with _fact('Mail'):
            words = MAIL_WORDS.get(contact.email_status, contact.email_status)
            if contact.email_status in ('refused', 'failed'):
                badge(contact.email_status, words)
            else:
                plain_text('span', words)


def _others(contact: ContactView) -> None:
    """Some of those who share the address, and how many more."""
    for number, other in enumerate(contact.shared_with[:NAMED]):
        if number:
            plain_text('span', ', ')
        plain_text('a', other.name).props['href'] = f'/staff/contacts/{other.id}'
    if (more := len(contact.shared_with) - NAMED) > 0:
        plain_text('span', ' and ')
        plain_text('a', f'{more:,} more').props['href'] = contacts_path(contact.email)


def _belongs_with(contact: ContactView, login: LoginDetails) -> None:
    """Whom mail to the whole login is addressed to, why, and where that is put right."""
    found = login.belongs_with
    if found is None:
        plain_text('span', 'Nobody: none has access')
    elif found.contact_id == contact.id:
        plain_text('span', f'This contact, {why_words(found)}')
    else:
        plain_text('a', found.name).props['href'] = f'/staff/contacts/{found.contact_id}'
        plain_text('span', f', {why_words(found)}')
    if found is not None:
        plain_text('span', ' · ')
        plain_text('a', 'Choose another').props['href'] = shared_path(login.email)


def _login_facts(unlock: Act | None, login: LoginDetails) -> None:
    with _fact('Password'):
        _since('Set', 'Not set', login.password_set_at)
        if login.password_set_at is not None and not login.password_works:
            plain_text('span', ', not in use')
    with _fact('Two-factor'):
        _since('On since', 'Off', login.two_factor_since)
    if login.waiting is not None:
        with _fact('New email'):
            plain_text('span', login.waiting.email)
            plain_text('span', ' (not confirmed yet)').classes('fy-muted')
    if login.locked_until is not None:
        with _fact('Locked'), html.div().classes('fy-row hug wrap tight'):
            badge('failed', 'Locked')
            When(login.locked_until, 'datetime', prefix=' until ')
            if unlock:
                button('Unlock', small=True, label='Unlock login', on_click=unlock)


def _since(words: str, otherwise: str, moment: datetime | None) -> None:
    if moment is None:
        plain_text('span', otherwise)
    else:
        When(moment, 'date', prefix=f'{words} ')


@contextmanager
def _fact(name: str) -> Iterator[None]:
    plain_text('dt', name)
    with html.dd():
        yield


def _message(text: str) -> None:
    if text:
        plain_text('div', 'Personal message').classes('fy-over').style('padding-bottom: 4px')
        quote = plain_text('p', text).classes('fy-quote')
        quote.props('tabindex=0 dir=auto')
        quote.props['aria-label'] = 'Personal message'
        quote.props['role'] = 'group'
