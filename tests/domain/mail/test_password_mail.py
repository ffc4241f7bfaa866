"""What the mail with a reset link says, asked for by a client or sent by staff."""

from datetime import timedelta

from domain.mail import messages
from domain.mail.letterhead import Letterhead
from domain.mail.rendering import Message

LINK = 'https://portal.firm.example/reset-password/AbC'


def mail(firm_name: str = 'Weiss & Co', **more: str) -> Message:
    return messages.password_reset(
        letterhead=Letterhead(firm_name), link=LINK, link_lifetime=timedelta(minutes=30), **more
    )


def test_it_holds_one_link_and_its_lifetime() -> None:
    """R5, R21: thirty minutes, in both parts; no password anywhere."""
    made = mail(first_name='Clara')
    assert made.subject == 'Choose a new password for Weiss & Co'
    assert 'Hello Clara,' in made.text
    assert 'the link you asked for' in made.text
    for part in (made.text, made.html):
        assert LINK in part
        assert '30 minutes' in part


def test_who_sent_it_is_named() -> None:
    """A mail that staff sent says so, since nobody asked for it."""
    assert 'Sam sends you a link to choose a password for your portal at Weiss & Co:' in mail(staff_name='Sam').text
    assert 'Sam sends you a link to choose a password for your portal:' in mail(staff_name='Sam', firm_name='').text


def test_a_firm_without_a_name() -> None:
    """Before the firm has named itself."""
    made = mail(firm_name='')
    assert made.subject == 'Choose a new password for your portal'
    assert 'for your portal:' in made.text


def test_names_are_inert() -> None:
    """R51."""
    made = mail(firm_name='<b>Weiss</b>\r\nBcc: eve@x.example', staff_name='<img src=x>')
    assert '\n' not in made.subject
    assert '<b>Weiss' not in made.html
    assert '<img' not in made.html
