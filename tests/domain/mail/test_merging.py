"""One mail to many: what comes out is what putting it into words for one reader gives."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.mail import messages
from domain.mail.letterhead import Letterhead
from domain.mail.merging import MARKS, NAME, TOKEN, Merge
from domain.mail.messages import Reader
from domain.mail.own_words import Words
from domain.mail.rendering import Message

NAMES = [
    'Clara', '', 'Élodie', 'Søren', '李雷', "O'Brien", 'Ann & Bob', '<b>Eve</b>', '"Quote"', 'a\u00a0b', '100 %',
    '%(name)s', 'www.evil.example', 'x@y.example', '\u202eevil', ' two  blanks ', 'a\nb', '{{ 7 * 7 }}', '&amp;',
    NAME, TOKEN, 'x' * 300,
]  # fmt: skip
MESSAGES = ['', 'Come in!', 'Two\nlines & <more>', f'Somebody knows {NAME} and {TOKEN}', 'a\n\n\n\nb']
LINK = 'https://portal.example/sign-in/link/'
WRITERS = [messages.invitation, messages.reminder]


@pytest.mark.parametrize('write', WRITERS)
@pytest.mark.parametrize('message', MESSAGES)
@pytest.mark.parametrize('firm', ['Holm & Söhne', '', f'{TOKEN} GmbH'])
def test_letter_for_letter(write: Callable[..., Message], message: str, firm: str) -> None:
    alike = {'letterhead': Letterhead(firm), 'staff_name': 'Sam "S" Keller', 'link_lifetime': timedelta(days=7)}
    merge = Merge(write, **alike)
    for number, name in enumerate(NAMES * 2):
        link = f'{LINK}token-of_{number:040d}'
        merged = merge.to(first_name=name, link=link, message=message)
        assert merged == write(first_name=name, link=link, message=message, **alike)


def test_a_login_email_and_a_link_of_another_kind() -> None:
    """Where a link does not end in a token, nothing is put in."""
    merge = Merge(messages.login_email, letterhead=Letterhead('Holm'), link_lifetime=timedelta(minutes=15))
    for link in (f'{LINK}abc', 'https://portal.example/?a=1&b=2', 'https://portal.example/'):
        assert merge.to(first_name='Ann', link=link) == messages.login_email(
            first_name='Ann', link=link, letterhead=Letterhead('Holm'), link_lifetime=timedelta(minutes=15)
        )


def test_it_is_put_into_words_once_for_all_who_are_greeted_alike() -> None:
    """What makes it quick."""
    written: list[str] = []

    def write(**values: object) -> Message:
        written.append(str(values['first_name']))
        return messages.invitation(**values)  # type: ignore[arg-type]

    merge = Merge(write, letterhead=Letterhead('Holm'), link_lifetime=timedelta(days=7))
    for number in range(50):
        merge.to(first_name=f'Ann {number}', link=f'{LINK}{number}', message='Hello')
        merge.to(first_name='', link=f'{LINK}x{number}', message='Hello')
    assert len(written) == 2
    merge.to(first_name='Ann', link=f'{LINK}y', message='Other words')
    assert len(written) == 3


OWN_SUBJECT = '{{ contact.first_name }}, {{ firm.name }} invites {{ contact.organisation }}'
OWN_BODY = (
    'Dear **{{ contact.name }}**,\n\n{% if contact.organisation %}for {{ contact.organisation }}{% endif %}\n\n'
    '{{ message }}\n\n{{ portal.magic_link }}\n{{ contact.email }} until {{ link.expires_in }} {{ portal.url }}'
)
READERS = [
    Reader(name, email, organisation)
    for name in (*NAMES, *MARKS.values())
    for email, organisation in (('ann@example.org', ''), ("o'b@example.org", 'Holm & Co.'), ('', 'Weiss AG'))
]


@pytest.mark.parametrize('kind', ['invitation', 'reminder', 'login_email'])
@pytest.mark.parametrize('firm', ['Holm & Söhne', f'{TOKEN} GmbH'])
def test_letter_for_letter_in_the_firms_words(kind: str, firm: str) -> None:
    write: Callable[..., Message] = getattr(messages, kind)
    words = Words(kind, OWN_SUBJECT, OWN_BODY)
    alike = {'letterhead': Letterhead(firm, (words,)), 'staff_name': 'Sam', 'link_lifetime': timedelta(days=7)}
    merge = Merge(write, **alike)
    for number, reader in enumerate(READERS * 2):
        link = f'{LINK}token-of_{number:040d}'
        merged = merge.to(first_name=reader.name, link=link, reader=reader)
        assert merged == write(first_name=reader.name, link=link, reader=reader, **alike)


def test_the_firms_words_are_put_into_words_once_too() -> None:
    """What of a reader does not stand in them does not matter."""
    written: list[str] = []

    def write(**values: object) -> Message:
        written.append(str(values['first_name']))
        return messages.invitation(**values)  # type: ignore[arg-type]

    words = Words('invitation', 'For {{ contact.name }}', 'Dear {{ contact.first_name }}')
    merge = Merge(write, letterhead=Letterhead('Holm', (words,)), link_lifetime=timedelta(days=7))
    for number in range(50):
        reader = Reader(f'Ann {number}', f"o'{number}@example.org", f'{number} & Co.')
        merge.to(first_name=f'Ann {number}', link=f'{LINK}{number}', reader=reader)
    assert len(written) == 1


def test_a_subject_that_is_cut_is_cut_alike() -> None:
    words = Words('invitation', '{{ contact.name }} ' * 6 + 'x' * 100, 'Hello')
    alike = {'letterhead': Letterhead('Holm', (words,)), 'link_lifetime': timedelta(days=7)}
    merge = Merge(messages.invitation, **alike)
    for length in (1, 10, 49, 50, 51, 199):
        reader = Reader('n' * length)
        merged = merge.to(first_name='Ann', link=f'{LINK}abc', reader=reader)
        assert merged == messages.invitation(first_name='Ann', link=f'{LINK}abc', reader=reader, **alike)
