"""What the mails say, and that nothing typed by a person can make them say or do anything else."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from domain.mail import messages
from domain.mail.letterhead import Letterhead
from domain.mail.rendering import Message, in_words

LINK = 'https://portal.example.com/sign-in/link/' + 'aB3-_' * 8 + 'xyz'
HOSTILE = (
    '{{ firm.name }}',
    '{% raw %}',
    '<img src=x onerror=alert(1)>',
    '"><script>alert(1)</script>',
    '%(name)s 100%',
    'Ann\r\nBcc: evil@example.org',
    '=HYPERLINK("http://evil.example")',
    'مرحبا \u202eevil',
    '🙂 O’Neil & Søn',
    'x' * 200,
)


def every_mail(name: str, firm: str = 'Northwind', words: str = '') -> dict[str, Message]:
    minutes, days = timedelta(minutes=15), timedelta(days=7)
    return {
        'invitation': messages.invitation(
            letterhead=Letterhead(firm), first_name=name, staff_name=name, message=words, link=LINK, link_lifetime=days
        ),
        'reminder': messages.reminder(
            letterhead=Letterhead(firm), first_name=name, staff_name=name, message=words, link=LINK, link_lifetime=days
        ),
        'login_email': messages.login_email(
            letterhead=Letterhead(firm), first_name=name, staff_name=name, link=LINK, link_lifetime=minutes
        ),
        'sign_in': messages.sign_in(
            letterhead=Letterhead(firm),
            first_name=name,
            link=LINK,
            code='042137',
            link_lifetime=minutes,
            code_lifetime=timedelta(minutes=10),
        ),
        'test_mail': messages.test_mail(
            letterhead=Letterhead(firm), first_name=name, portal_url='https://portal.example.com'
        ),
    }


class Tags(HTMLParser):
    """The tags of a page, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ''
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ('kind', 'named', 'unnamed'),
    [
        ('invitation', 'Northwind invites you to its client portal', 'You are invited to your client portal'),
        (
            'reminder',
            'Your invitation to the client portal of Northwind ends soon',
            'Your invitation to your client portal ends soon',
        ),
        ('login_email', 'Your sign-in link for Northwind', 'Your sign-in link for your portal'),
        ('sign_in', 'Sign in to Northwind', 'Sign in to your portal'),
        ('test_mail', 'A test mail from Northwind', 'A test mail from your portal'),
    ],
)
def test_the_subject_holds_the_name_of_the_firm(kind: str, named: str, unnamed: str) -> None:
    assert every_mail('Ann')[kind].subject == named
    without = every_mail('', firm='')[kind]
    assert without.subject == unnamed
    assert 'Hello,' in without.text and 'Hello,' in without.html
    assert 'None' not in without.text + without.html


def test_the_link_stands_in_both_parts_and_once_more_in_plain_sight() -> None:
    for kind, mail in every_mail('Ann').items():
        if kind != 'test_mail':
            assert f'\n{LINK}\n' in mail.text
            assert mail.html.count(f'href="{LINK}"') == 2, 'the button, and the address under it'
            assert f'>{LINK}<' in mail.html


def test_only_the_mail_a_client_asked_for_holds_a_code() -> None:
    six_digits = re.compile(r'(?<!\d)\d{6}(?!\d)')
    for kind, mail in every_mail('Ann').items():
        for part in (mail.text, mail.html):
            assert six_digits.findall(part) == (['042137'] if kind == 'sign_in' else []), kind
    without = messages.sign_in(letterhead=Letterhead(), link=LINK, link_lifetime=timedelta(minutes=15), code='')
    assert 'code' not in without.text.lower()


@pytest.mark.parametrize('name', HOSTILE)
def test_names_and_messages_are_inert(name: str) -> None:
    """R51: markup, template words, format signs and line breaks stay text, in both parts and in the subject."""
    calm = every_mail('Ann', words='Ann')
    for kind, mail in every_mail(name, firm=name, words=f'{name}\n.\n{name}').items():
        assert '\r' not in mail.subject and '\n' not in mail.subject
        read = Tags(mail.html)
        assert set(read.tags) <= set(Tags(calm[kind].html).tags) | {'br', 'div'}
        assert not [key for key, _ in read.attributes if key.startswith('on')]
        assert '\u202e' not in mail.text + mail.html
        assert not [line for line in mail.text.splitlines() if line.startswith('Bcc:')]
    if name.startswith(('{', '%', '=')):
        invitation = every_mail('Ann', firm=name, words=name)['invitation']
        assert name in invitation.subject and name in invitation.text and name in Tags(invitation.html).text


def test_a_name_that_a_mail_program_would_make_a_link_of_is_not_greeted() -> None:
    for name in ('ann@example.org', 'www.evil.example', 'evil.example', 'https://evil.example'):
        assert name not in messages.test_mail(letterhead=Letterhead(), first_name=name).text
    assert 'Hello J.,' in messages.test_mail(letterhead=Letterhead(), first_name='J.').text


@pytest.mark.parametrize('kind', ['invitation', 'reminder'])
def test_a_message_keeps_its_lines(kind: str) -> None:
    mail = every_mail('Ann', words='Dear Ann,\n\nwelcome.\r\nOlga')[kind]
    assert '    Dear Ann,\n\n    welcome.\n    Olga\n' in mail.text
    assert 'Dear Ann,<br><br>welcome.<br>Olga' in mail.html


@pytest.mark.parametrize(
    ('left', 'words'),
    [
        (timedelta(days=2), 'in 2 days'),
        (timedelta(days=2, seconds=-3), 'in 2 days'),
        (timedelta(days=6, hours=14), 'in 7 days'),
        (timedelta(hours=36), 'in 2 days'),
        (timedelta(hours=36, seconds=-1), 'in 35 hours'),
        (timedelta(hours=1, minutes=59), 'in 1 hour'),
        (timedelta(minutes=59, seconds=59), 'in 59 minutes'),
        (timedelta(seconds=1), 'in 1 minute'),
    ],
)
def test_a_reminder_says_in_round_numbers_what_is_left(left: timedelta, words: str) -> None:
    mail = messages.reminder(letterhead=Letterhead('Northwind'), link=LINK, link_lifetime=left)
    assert f'The invitation ends {words}.' in mail.text
    assert f'The invitation ends {words}.' in mail.html


@pytest.mark.parametrize('kind', ['invitation', 'reminder', 'login_email', 'sign_in', 'test_mail'])
def test_the_html_brings_everything_it_needs_and_fetches_nothing(kind: str) -> None:
    html = every_mail('Ann')[kind].html
    read = Tags(html)
    assert not {'img', 'script', 'link', 'iframe', 'object', 'form'} & set(read.tags)
    assert not [key for key, _ in read.attributes if key in ('src', 'background', 'srcset')]
    assert 'url(' not in html and '@import' not in html and '@font-face' not in html
    addresses = {value for key, value in read.attributes if key == 'href'}
    assert addresses <= {LINK}
    assert all(word in html for word in ('name="color-scheme"', '@media (prefers-color-scheme: dark)'))
    assert 'style="' in html and len(html) < 12_000
    body = html.partition('<body')[2]
    assert re.search(r'<p [^>]*style="[^"]*margin', body), 'the CSS is inlined'


def test_only_the_link_breaks_within_a_word() -> None:
    mail = every_mail('Ann')['sign_in']
    breaking = re.findall(r'<(\w+)[^>]*word-break: break-all', mail.html.partition('<body')[2])
    assert breaking == ['a']
    assert 'If you did not ask for this, ignore this mail: nobody gets in without it.' in mail.text


@pytest.mark.parametrize(
    ('span', 'words'),
    [
        (timedelta(minutes=1), '1 minute'),
        (timedelta(minutes=15), '15 minutes'),
        (timedelta(minutes=60), '1 hour'),
        (timedelta(minutes=90), '90 minutes'),
        (timedelta(hours=24), '1 day'),
        (timedelta(days=7), '7 days'),
        (timedelta(seconds=5), '1 minute'),
    ],
)
def test_a_lifetime_in_words(span: timedelta, words: str) -> None:
    assert in_words(span, 'en') == words
