"""A mail in the firm's own words: whatever they are and whoever reads them, one mail, whole and harmless (R51)."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.mail import messages
from domain.mail.envelope import build
from domain.mail.letterhead import Letterhead
from domain.mail.messages import Message, Reader
from domain.mail.own_words import FIELDS, Words

LINK = 'https://portal.example.com/sign-in/link/q3hXe0Yw7bN1'
EVERY_FIELD = ' | '.join(f'{{{{ {name} }}}}' for name in FIELDS if name not in ('portal.code', 'portal.magic_link'))
HOSTILE = st.text() | st.sampled_from(
    [
        'a\r\nBcc: eve@evil.example', 'a\nSubject: x',
        '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>',
        '{{ firm.name }}', '{% if message %}', '**bold**', 'https://evil.example', 'a\u2028b',
        '\u202egnp.exe', '&lt;b&gt;',
        'x' * 3_000, '\x00', 'eve@evil.example>, <other@evil.example',
    ]
)  # fmt: skip


class Tags(HTMLParser):
    """The tags of a document, with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def made(subject: str, body: str, reader: Reader, firm: str, staff: str, message: str) -> Message:
    words = Words('invitation', subject, body)
    return messages.invitation(
        letterhead=Letterhead(firm, (words,)), link=LINK, link_lifetime=timedelta(days=7), first_name=reader.name,
        reader=reader, staff_name=staff, message=message,
    )  # fmt: skip


def on_the_wire(mail: Message, **changes: Any) -> EmailMessage:
    fields = {
        'from_name': 'Holm', 'to_address': 'ann@example.org', 'to_name': 'Ann', 'reply_to': 'sam@holm.example',
        'reply_name': 'Sam', 'message_id': '<abc@holm.example>', 'date': datetime(2026, 3, 2, tzinfo=UTC), **changes,
    }  # fmt: skip
    envelope = build('portal@holm.example', subject=mail.subject, text=mail.text, html=mail.html, **fields)
    assert envelope.recipient == 'ann@example.org'
    assert envelope.sender == 'portal@holm.example'
    read = message_from_bytes(envelope.raw, policy=policy.default)
    assert isinstance(read, EmailMessage)
    assert not read.defects
    return read


@given(name=HOSTILE, email=HOSTILE, organisation=HOSTILE, firm=HOSTILE, staff=HOSTILE, message=HOSTILE)
@settings(max_examples=150, deadline=None)
def test_any_text_in_any_field(name: str, email: str, organisation: str, firm: str, staff: str, message: str) -> None:
    """R51: one recipient, one line of subject, both parts, no tag but ours; no header by any field."""
    reader = Reader(name, email, organisation)
    mail = made(EVERY_FIELD, EVERY_FIELD, reader, firm, staff, message)
    read = on_the_wire(mail, to_name=name, from_name=firm, reply_name=staff)
    assert sorted(set(read.keys())) == sorted(read.keys())
    assert set(read.keys()) == {
        'From', 'Reply-To', 'To', 'Subject', 'Date', 'Message-ID', 'Auto-Submitted', 'X-Auto-Response-Suppress',
        'MIME-Version', 'Content-Type',
    }  # fmt: skip
    for header, address in (
        ('To', 'ann@example.org'),
        ('From', 'portal@holm.example'),
        ('Reply-To', 'sam@holm.example'),
    ):
        assert [one.addr_spec for one in read[header].addresses] == [address]
    assert len(mail.subject.splitlines()) <= 1
    parts = [part.get_content_type() for part in read.iter_parts()]
    assert parts == ['text/plain', 'text/html']
    plain = made(EVERY_FIELD, EVERY_FIELD, Reader('A', 'b', 'C'), 'Holm', 'Sam', 'Hi')
    tags = {tag for tag, _ in Tags(plain.html).seen} | {'br'}
    for tag, attributes in Tags(mail.html).seen:
        assert tag in tags
        assert not any(attribute.startswith('on') for attribute in attributes)
        if tag == 'a':
            assert attributes['href'] == LINK
    assert LINK in mail.text.split() and f'href="{LINK}"' in mail.html


@given(
    name=st.sampled_from(
        ['{{ firm.name }}', '{% if message %}x', '{{ 7 * 7 }}', '**x**', '<b>x</b>', '{{ contact.email }}']
    )
)
def test_a_value_is_never_read_again(name: str) -> None:
    """R51: a contact that is called `{{ firm.name }}` stays text."""
    mail = made('For {{ contact.name }}', 'Dear {{ contact.name }},', Reader(name), 'Holm', 'Sam', name)
    assert mail.subject == f'For {name}'
    assert f'Dear {name},' in mail.text
    assert f'    {name}' in mail.text


@given(
    body=st.text(max_size=200).filter(
        lambda text: not any(sign in text for sign in ('{{', '{%', '{#', '}}', '%}', '#}'))
    )
)
@settings(max_examples=100, deadline=None)
def test_any_text_of_the_firm_is_harmless(body: str) -> None:
    mail = made('Hello', body, Reader('Ann'), 'Holm', 'Sam', '')
    on_the_wire(mail)
    assert {tag for tag, _ in Tags(mail.html).seen} <= {tag for tag, _ in Tags(RICH.html).seen}
    assert LINK in mail.text.split()


RICH = made('Hello', '**a** https://holm.example\nb', Reader('Ann'), 'Holm', 'Sam', 'Hi')


def test_the_button_and_the_plain_address_stand_in_it_though_the_text_forgets_them() -> None:
    mail = made('Hello', 'Just words.', Reader('Ann'), 'Holm', 'Sam', 'Come in!')
    assert f'\n{LINK}\n' in mail.text
    assert '>Open my portal</a>' in mail.html and f'>{LINK}</a>' in mail.html
    assert 'Come in!' in mail.text and 'Come in!' in mail.html


def test_a_notice_says_what_happened_though_the_text_forgets_it() -> None:
    """R20: whoever owns the address is told."""
    words = Words('notice', 'News from {{ firm.name }}', 'Dear {{ contact.first_name }}')
    letterhead = Letterhead('Holm', (words,))
    said = {'subject': 'Your password was changed', 'lines': ['It was changed.', 'By you?'], 'first_name': 'Ann'}
    mail = messages.notice(letterhead=letterhead, small='Never by phone.', **said)
    assert mail.subject == 'News from Holm'
    assert mail.text == 'Dear Ann\n\nIt was changed.\n\nBy you?\n\nNever by phone.\n'
    staff = messages.notice(letterhead=letterhead, to_staff=True, **said)
    assert staff.subject == 'Your password was changed · Holm'


def test_another_language_keeps_foyers_words() -> None:
    words = Words('sign_in', 'Hallo', 'Willkommen', 'de')
    mail = messages.sign_in(letterhead=Letterhead('Holm', (words,)), link=LINK, link_lifetime=timedelta(minutes=15))
    assert mail.subject == 'Sign in to Holm'


def test_a_name_that_leads_elsewhere_is_left_out() -> None:
    """R51: a mail program would make a link of it."""
    for name in ('Win at https://evil.example', 'WWW.evil.example', 'x ftp://evil.example'):
        body = '{{ contact.name }} {{ contact.organisation }}!'
        mail = made('Hello {{ contact.name }}', body, Reader(name, '', name), 'Holm', 'Sam', '')
        assert 'evil' not in mail.subject + mail.text + mail.html
