"""The mails Foyer writes. Each function returns one mail, ready to be put in the outbox.

Every name may be empty. `language` is that of the reader; without it, the language in use.
The names inside the templates are those of the merge fields: `contact.first_name`, `portal.magic_link` and so on.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from domain.language import catalogue, language_in_use
from domain.mail import firms_words
from domain.mail.letterhead import Letterhead
from domain.mail.own_words import FIELDS
from domain.mail.rendering import Message, in_words, on_one_line, render, to_greet_by
from storage.models import Contact

__all__ = [
    'Message', 'Reader', 'in_round_numbers', 'invitation', 'login_email', 'notice', 'password_reset', 'reminder',
    'sign_in', 'test_mail',
]  # fmt: skip

_leads_elsewhere = re.compile(r'://|www\.', re.IGNORECASE)


@dataclass(frozen=True)
class Reader:
    """Whom a mail is to, for the firm's own words; what Foyer brings along greets by the first name alone."""

    name: str = ''
    email: str = ''
    organisation: str = ''

    @classmethod
    def of(cls, contact: Contact) -> 'Reader':
        """The contact; an organisation is of its own."""
        organisation = contact.name if contact.kind == 'organisation' else contact.organisation
        return cls(contact.name, contact.email or '', organisation)


NOBODY = Reader()


def shown(reader: Reader) -> Reader:
    """The reader as a mail shows one: each in one line."""
    return Reader(_inert(reader.name), on_one_line(reader.email), _inert(reader.organisation))


def invitation(
    *,
    letterhead: Letterhead,
    link: str,
    link_lifetime: timedelta,
    first_name: str = '',
    reader: Reader = NOBODY,
    staff_name: str = '',
    message: str = '',
    portal_url: str = '',
    language: str | None = None,
) -> Message:
    """Asks a contact in. `message` is what staff wrote, several lines at most, shown as it stands."""
    language = language or language_in_use.get()
    values = _values(letterhead, reader, first_name=first_name, staff_name=staff_name, portal_url=portal_url)
    values['portal']['magic_link'] = link
    values['link'] = {'expires_in': in_words(link_lifetime, language)}
    values['message'] = _lines(message)
    return _written('invitation', letterhead, language, values, label='Open my portal')


def reminder(
    *,
    letterhead: Letterhead,
    link: str,
    link_lifetime: timedelta,
    first_name: str = '',
    reader: Reader = NOBODY,
    staff_name: str = '',
    message: str = '',
    portal_url: str = '',
    language: str | None = None,
) -> Message:
    """Says to a contact that was asked in that the invitation ends in `link_lifetime`; `message` as in the invitation.

    What is left of it is told in round numbers.
    """
    language = language or language_in_use.get()
    values = _values(letterhead, reader, first_name=first_name, staff_name=staff_name, portal_url=portal_url)
    values['portal']['magic_link'] = link
    values['link'] = {'expires_in': in_words(in_round_numbers(link_lifetime), language)}
    values['message'] = _lines(message)
    return _written('reminder', letterhead, language, values, label='Open my portal')


def in_round_numbers(span: timedelta) -> timedelta:
    """What is left of something, as one tells it: whole days from a day and a half on, whole hours below that."""
    day, hour = timedelta(days=1), timedelta(hours=1)
    if span >= 1.5 * day:
        return day * round(span / day)
    return hour * (span // hour) if span >= hour else span


def login_email(
    *,
    letterhead: Letterhead,
    link: str,
    link_lifetime: timedelta,
    first_name: str = '',
    reader: Reader = NOBODY,
    staff_name: str = '',
    portal_url: str = '',
    language: str | None = None,
) -> Message:
    """A quick sign-in button that staff send. No code: a code belongs to the browser that asked."""
    language = language or language_in_use.get()
    values = _values(letterhead, reader, first_name=first_name, staff_name=staff_name, portal_url=portal_url)
    values['portal']['magic_link'] = link
    values['link'] = {'expires_in': in_words(link_lifetime, language)}
    return _written('login_email', letterhead, language, values, label='Sign in')


def sign_in(
    *,
    letterhead: Letterhead,
    link: str,
    link_lifetime: timedelta,
    code: str = '',
    code_lifetime: timedelta | None = None,
    first_name: str = '',
    reader: Reader = NOBODY,
    portal_url: str = '',
    language: str | None = None,
) -> Message:
    """What a client asked for at the door: the link, and the code for the browser that asked (R4)."""
    language = language or language_in_use.get()
    values = _values(letterhead, reader, first_name=first_name, portal_url=portal_url)
    values['portal'] |= {'magic_link': link, 'code': code}
    values['link'] = {'expires_in': in_words(link_lifetime, language)}
    values['code'] = {'expires_in': in_words(code_lifetime, language) if code_lifetime else ''}
    return _written('sign_in', letterhead, language, values, label='Sign in')


def password_reset(
    *,
    letterhead: Letterhead,
    link: str,
    link_lifetime: timedelta,
    first_name: str = '',
    reader: Reader = NOBODY,
    staff_name: str = '',
    portal_url: str = '',
    language: str | None = None,
) -> Message:
    """The link behind which a client chooses a password. `staff_name` is set where staff sent it."""
    language = language or language_in_use.get()
    values = _values(letterhead, reader, first_name=first_name, staff_name=staff_name, portal_url=portal_url)
    values['portal']['reset_link'] = link
    values['link'] = {'expires_in': in_words(link_lifetime, language)}
    return _written('password_reset', letterhead, language, values, label='Choose a password')


def notice(
    *,
    letterhead: Letterhead,
    subject: str,
    lines: Sequence[str],
    action: tuple[str, str] | None = None,
    small: str = '',
    first_name: str = '',
    reader: Reader = NOBODY,
    portal_url: str = '',
    to_staff: bool = False,
    language: str | None = None,
) -> Message:
    """Tells of something that happened to a login, or asks for one click: one paragraph a line.

    `action` is the label of a button and the address behind it, `small` what stands beneath it in small print. The
    subject ends with the firm's name. The firm's own words are for clients, not for those `to_staff`.
    """
    language = language or language_in_use.get()
    values = _values(letterhead, reader, first_name=first_name, portal_url=portal_url)
    label, link = action or ('', '')
    values['notice'] = {
        'subject': on_one_line(subject),
        'lines': [on_one_line(line) for line in lines],
        'label': label,
        'link': link,
        'small': on_one_line(small),
    }
    words = None if to_staff else letterhead.words_of('notice', language)
    if words is None:
        return render('notice', language, values)
    values['portal']['magic_link'] = link
    values['message'] = '\n'.join(values['notice']['lines'])
    frame = firms_words.Frame(label, values['notice']['small'], quotes=False, headline=values['notice']['subject'])
    return firms_words.write(words, frame, _fields(values, language), language, values)


def test_mail(
    *, letterhead: Letterhead, first_name: str = '', portal_url: str = '', language: str | None = None
) -> Message:
    """What a staff member sends itself to see that mail arrives."""
    language = language or language_in_use.get()
    return render('test_mail', language, _values(letterhead, NOBODY, first_name=first_name, portal_url=portal_url))


def _written(kind: str, letterhead: Letterhead, language: str, values: dict[str, Any], *, label: str) -> Message:
    """In the firm's own words where it has some, else in ours. `label` is a sentence of the catalogue."""
    words = letterhead.words_of(kind, language)
    if words is None:
        return render(kind, language, values)
    frame = firms_words.Frame(str(catalogue(language).ugettext(label)))
    return firms_words.write(words, frame, _fields(values, language), language, values)


def _fields(values: dict[str, Any], language: str) -> dict[str, str]:
    """What the merge fields hold."""
    found = {}
    for field in FIELDS:
        area, _, name = field.partition('.')
        found[field] = str(values.get(area, {}).get(name, '') if name else values.get(area, ''))
    portal = values['portal']
    found['portal.magic_link'] = portal['magic_link'] or portal.get('reset_link', '')
    found['portal.url'] = portal['url'] or _door_of(found['portal.magic_link'])
    found['firm.name'] = found['firm.name'] or str(catalogue(language).ugettext('the firm'))
    return found


def _door_of(link: str) -> str:
    """The portal that a link leads to."""
    parts = urlsplit(link)
    return f'{parts.scheme}://{parts.netloc}' if parts.netloc else ''


def _lines(message: str) -> str:
    return '\n'.join(on_one_line(line) for line in message.splitlines()).strip()


def _values(
    letterhead: Letterhead, reader: Reader, *, first_name: str, portal_url: str, staff_name: str = ''
) -> dict[str, Any]:
    return {
        'firm': {'name': on_one_line(letterhead.firm_name)},
        'paper': letterhead.paper,
        'contact': {'first_name': to_greet_by(first_name), **vars(shown(reader))},
        'staff': {'name': on_one_line(staff_name)},
        'portal': {'url': portal_url, 'magic_link': '', 'code': ''},
    }


def _inert(name: str) -> str:
    """A name in one line; nothing when it would lead whoever clicks on it elsewhere (R51)."""
    clean = on_one_line(name)
    return '' if _leads_elsewhere.search(clean) else clean
