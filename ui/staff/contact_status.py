"""The right-hand side of a contact's page: what the portal knows of it, and the devices it is signed in on."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import html
from nicegui import ui as nui

from domain.access.devices import SessionRow
from domain.contacts.directory import ContactView
from ui.components.basics import badge, card, plain_text
from ui.components.when import When
from ui.devices import describe
from ui.staff.contact_words import method_words
from ui.staff.part import Part
from ui.theme import icon

PHONES = ('iPhone', 'Android', 'iPad', 'Mobile')
MAIL_WORDS = {
    'not_tried': 'None sent yet',
    'waiting': 'On its way',
    'captured': 'Captured, not sent',
    'sent': 'Handed to the mail server',
    'refused': 'Refused by the mail server',
    'failed': 'Could not be sent',
}


class StatusCard:
    def __init__(self) -> None:
        """Build it in the page; `show` fills it."""
        with card('Portal status') as sheet:
            self._facts = Part(html.dl().classes('fy-dl'), _facts)
            self._message = Part(html.div(), _message)
        with sheet.header:
            self._online = html.span().classes('fy-row hug tight fy-xs').style('color: var(--ok)')
            with self._online:
                html.span().classes('fy-live').props('aria-hidden=true')
                html.span('Online now')
        self._online.set_visibility(False)

    def show(self, contact: ContactView, online: bool) -> None:
        """What is known of this contact."""
        self._facts.show(contact)
        self._message.show(contact.message)
        self._online.set_visibility(online)


def _facts(contact: ContactView) -> None:
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
        with _fact('Also serves'):
            for number, other in enumerate(contact.shared_with):
                if number:
                    plain_text('span', ', ')
                link = plain_text('a', other.name)
                link.props['href'] = f'/staff/contacts/{other.id}'
    if contact.email:
        with _fact('Mail'):
            words = MAIL_WORDS.get(contact.email_status, contact.email_status)
            if contact.email_status in ('refused', 'failed'):
                badge(contact.email_status, words)
            else:
                plain_text('span', words)


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


class DevicesCard:
    def __init__(self) -> None:
        """Build it in the page; `show` fills it."""
        with card('Signed-in devices', rows=True) as sheet:
            self._devices = Part(sheet.body, _devices)

    def show(self, devices: tuple[SessionRow, ...]) -> None:
        """The browsers that are signed in, newest first."""
        self._devices.show(devices)


def _devices(devices: tuple[SessionRow, ...]) -> None:
    if not devices:
        plain_text('p', 'Nobody is signed in.').classes('fy-muted fy-sm').style(
            'padding: var(--s3) var(--s5) var(--s5)'
        )
    for device in devices:
        with html.div().classes('fy-device'):
            phone = any(word in device.user_agent for word in PHONES)
            with html.span().classes('fy-dot').props('aria-hidden=true'):
                nui.icon(icon('smartphone' if phone else 'monitor'))
            with html.div().classes('fy-grow'):
                plain_text('div', describe(device.user_agent)).classes('fy-strong fy-cut')
                with html.div().classes('fy-sm fy-muted'):
                    if device.online:
                        plain_text('span', 'Active now')
                    else:
                        When(device.last_seen_at, 'long', prefix='Last seen ')
                    plain_text('span', f' · {device.ip}' if device.ip else '')
