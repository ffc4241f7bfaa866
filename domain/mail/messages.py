"""The mails Foyer writes. Each function returns one mail, ready to be put in the outbox.

Every name may be empty. `language` is that of the reader; without it, the language in use.
The names inside the templates are those of the merge fields: `contact.first_name`, `portal.magic_link` and so on.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from domain.language import language_in_use
from domain.mail.letterhead import Letterhead
from domain.mail.rendering import Message, in_words, on_one_line, render, to_greet_by

__all__ = [
    'Message', 'in_round_numbers', 'invitation', 'login_email', 'notice', 'password_reset', 'reminder', 'sign_in',
    'test_mail',
]  # fmt: skip


def invitation(
    *,
    letterhead: Letterhead,
    link: str,
    link_lifetime: timedelta,
    first_name: str = '',
    staff_name: str = '',
    message: str = '',
    portal_url: str = '',
    language: str | None = None,
) -> Message:
    """Asks a contact in. `message` is what staff wrote, several lines at most, shown as it stands."""
    language = language or language_in_use.get()
    values = _values(letterhead, first_name=first_name, staff_name=staff_name, portal_url=portal_url)
    values['portal']['magic_link'] = link
    values['link'] = {'expires_in': in_words(link_lifetime, language)}
    values['message'] = _lines(message)
    return render('invitation', language, values)


def reminder(
    *,
    letterhead: Letterhead,
    link: str,
    link_lifetime: timedelta,
    first_name: str = '',
    staff_name: str = '',
    message: str = '',
    portal_url: str = '',
    language: str | None = None,
) -> Message:
    """Says to a contact that was asked in that the invitation ends in `link_lifetime`; `message` as in the invitation.

    What is left of it is told in round numbers.
    """
    language = language or language_in_use.get()
    values = _values(letterhead, first_name=first_name, staff_name=staff_name, portal_url=portal_url)
    values['portal']['magic_link'] = link
    values['link'] = {'expires_in': in_words(in_round_numbers(link_lifetime), language)}
    values['message'] = _lines(message)
    return render('reminder', language, values)


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
    staff_name: str = '',
    portal_url: str = '',
    language: str | None = None,
) -> Message:
    """A quick sign-in button that staff send. No code: a code belongs to the browser that asked."""
    language = language or language_in_use.get()
    values = _values(letterhead, first_name=first_name, staff_name=staff_name, portal_url=portal_url)
    values['portal']['magic_link'] = link
    values['link'] = {'expires_in': in_words(link_lifetime, language)}
    return render('login_email', language, values)


def sign_in(
    *,
    letterhead: Letterhead,
    link: str,
    link_lifetime: timedelta,
    code: str = '',
    code_lifetime: timedelta | None = None,
    first_name: str = '',
    portal_url: str = '',
    language: str | None = None,
) -> Message:
    """What a client asked for at the door: the link, and the code for the browser that asked (R4)."""
    language = language or language_in_use.get()
    values = _values(letterhead, first_name=first_name, portal_url=portal_url)
    values['portal'] |= {'magic_link': link, 'code': code}
    values['link'] = {'expires_in': in_words(link_lifetime, language)}
    values['code'] = {'expires_in': in_words(code_lifetime, language) if code_lifetime else ''}
    return render('sign_in', language, values)


def password_reset(
    *,
    letterhead: Letterhead,
    link: str,
    link_lifetime: timedelta,
    first_name: str = '',
    staff_name: str = '',
    portal_url: str = '',
    language: str | None = None,
) -> Message:
    """The link behind which a client chooses a password. `staff_name` is set where staff sent it."""
    language = language or language_in_use.get()
    values = _values(letterhead, first_name=first_name, staff_name=staff_name, portal_url=portal_url)
    values['portal']['reset_link'] = link
    values['link'] = {'expires_in': in_words(link_lifetime, language)}
    return render('password_reset', language, values)


def notice(
    *,
    letterhead: Letterhead,
    subject: str,
    lines: Sequence[str],
    action: tuple[str, str] | None = None,
    small: str = '',
    first_name: str = '',
    portal_url: str = '',
    language: str | None = None,
) -> Message:
    """Tells of something that happened to a login, or asks for one click: one paragraph a line.

    `action` is the label of a button and the address behind it, `small` what stands beneath it in small print. The
    subject ends with the firm's name.
    """
    language = language or language_in_use.get()
    values = _values(letterhead, first_name=first_name, portal_url=portal_url)
    label, link = action or ('', '')
    values['notice'] = {
        'subject': on_one_line(subject),
        'lines': [on_one_line(line) for line in lines],
        'label': label,
        'link': link,
        'small': on_one_line(small),
    }
    return render('notice', language, values)


def test_mail(
    *, letterhead: Letterhead, first_name: str = '', portal_url: str = '', language: str | None = None
) -> Message:
    """What a staff member sends itself to see that mail arrives."""
    language = language or language_in_use.get()
    return render('test_mail', language, _values(letterhead, first_name=first_name, portal_url=portal_url))


def _lines(message: str) -> str:
    return '\n'.join(on_one_line(line) for line in message.splitlines()).strip()


def _values(letterhead: Letterhead, *, first_name: str, portal_url: str, staff_name: str = '') -> dict[str, Any]:
    return {
        'firm': {'name': on_one_line(letterhead.firm_name)},
        'contact': {'first_name': to_greet_by(first_name)},
        'staff': {'name': on_one_line(staff_name)},
        'portal': {'url': portal_url, 'magic_link': '', 'code': ''},
    }
