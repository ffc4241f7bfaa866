"""What stands in the editor says what Foyer says: the same subject and the same text, letter for letter."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.mail import messages
from domain.mail.letterhead import Letterhead
from domain.mail.messages import Message
from domain.mail.own_words import Words
from domain.mail.starting_words import KINDS, starting_words

LINK = 'https://portal.example.com/sign-in/link/q3hXe0Yw7bN1'
TEN = timedelta(minutes=10)


def a_notice(**more: Any) -> Message:
    lines = ('A passkey was added.', 'Was it not you? Please tell Holm.')
    return messages.notice(
        subject='Your login', lines=lines, **{key: more[key] for key in ('letterhead', 'first_name')}
    )


WRITERS: dict[str, Callable[..., Message]] = {
    'invitation': lambda **more: messages.invitation(message='Come in!\nWe wait.', link_lifetime=7 * 144 * TEN, **more),
    'reminder': lambda **more: messages.reminder(message='', link_lifetime=2 * 144 * TEN, **more),
    'login_email': lambda **more: messages.login_email(link_lifetime=TEN, **more),
    'sign_in': lambda staff_name, **more: messages.sign_in(
        link_lifetime=TEN, code='123456' if staff_name else '', code_lifetime=TEN, **more
    ),
    'password_reset': lambda **more: messages.password_reset(link_lifetime=3 * TEN, **more),
    'notice': a_notice,
}


def test_every_kind_is_here() -> None:
    assert set(WRITERS) == {kind.value for kind in KINDS}


@pytest.mark.parametrize('kind', sorted(WRITERS))
@pytest.mark.parametrize('staff_name', ['Olga Owner', ''])
@pytest.mark.parametrize('first_name', ['Ann', ''])
def test_they_say_what_foyer_says(kind: str, staff_name: str, first_name: str) -> None:
    start = starting_words(kind, 'en', '10 minutes')
    assert isinstance(start, Words)
    reader = {'first_name': first_name, 'staff_name': staff_name, 'link': LINK}
    own = WRITERS[kind](letterhead=Letterhead('Holm', words=(start,)), **reader)
    built_in = WRITERS[kind](letterhead=Letterhead('Holm'), **reader)
    assert (own.subject, own.text) == (built_in.subject, built_in.text)
