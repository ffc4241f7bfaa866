"""The bytes of a mail: one recipient, headers that hold one line, addresses that every server takes."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import pytest

from domain.mail.envelope import CannotBeBuilt, Envelope, build, plain_recipient, sender_address
from domain.settings import Settings


def settings(**changes: Any) -> Settings:
    return Settings(_env_file=None, **{'base_url': 'https://portal.example.com', **changes})


def built(**changes: Any) -> Envelope:
    fields = {
        'from_name': 'Northwind',
        'to_address': 'ann@example.org',
        'to_name': 'Ann Example',
        'subject': 'Sign in to Northwind',
        'text': 'Hello\n',
        'html': '<p>Hello</p>\n',
        'message_id': '<abcdef@portal.example.com>',
        'date': datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        **changes,
    }
    return build(settings().sender, **fields)


def read(envelope: Envelope) -> EmailMessage:
    mail = message_from_bytes(envelope.raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    return mail


@pytest.mark.parametrize(
    'firm',
    [
        'Müller & Partner',
        'Smith & Sons',
        'Smith, Jones & Co.',
        'Größe, Süß & Söhne (Köln)',
        'O’Neil & Søn',
        'Ü' * 80,
        'Weber – Steuerberatung',
        'Office +1 / Nord',
        'Yahoo!',
        'Weiß | Partner: Recht · Steuern',
        'Holm | Partner; Law',
        '{{ firm.name }}',
        '=?utf-8?q?Holm?=',
        '🙂 & Co.',
    ],
)
def test_the_name_of_the_firm_stands_in_from(firm: str) -> None:
    """R49: encoded as RFC 2047 has it, so that every server takes it."""
    envelope = built(from_name=firm)
    name, address = parseaddr(message_from_bytes(envelope.raw)['From'])
    assert (str(make_header(decode_header(name))), address) == (firm, 'portal@portal.example.com')
    assert [one.addr_spec for one in read(envelope)['From'].addresses] == ['portal@portal.example.com']
    head = envelope.raw.partition(b'\r\n\r\n')[0]
    assert head.isascii() and (b'From: =?utf-8?' in head) == (not firm.isascii() or '=?' in firm)


@pytest.mark.parametrize(
    ('name', 'shown'),
    [
        ('Karl "Charlie" Weiss', 'Karl Charlie Weiss'),
        ('"Zum Löwen" GmbH', 'Zum Löwen GmbH'),
        ('Holm <b>', 'Holm b'),
        ('a\\b', 'a b'),
        ('x' * 81, 'x' * 79 + '…'),
        ('eve@evil.example', ''),
        ('eve@evil.example>, <x', ''),
        ('"', ''),
        ('', ''),
    ],
)
def test_a_name_is_no_address(name: str, shown: str) -> None:
    """R49: what would part a name from an address is left out; a name that holds another address is left out whole."""
    envelope = built(from_name=name, to_name=name, reply_to='olga@holm.example', reply_name=name)
    for header, address in (
        ('From', 'portal@portal.example.com'),
        ('To', 'ann@example.org'),
        ('Reply-To', 'olga@holm.example'),
    ):
        read_name, read_address = parseaddr(message_from_bytes(envelope.raw)[header])
        assert (str(make_header(decode_header(read_name))), read_address) == (shown, address)
        assert [one.addr_spec for one in read(envelope)[header].addresses] == [address]


@pytest.mark.parametrize(
    'subject', ['=?utf-8?q?x?=', 'For =?utf-8?b?PGI+?= Ü', 'a =? b', '=?utf-8?q?' + 'x' * 90 + '?=']
)
def test_a_subject_that_looks_encoded_is_read_as_it_was_written(subject: str) -> None:
    """R51: a contact may be called anything."""
    assert read(built(subject=subject))['Subject'] == subject


def test_a_mail_as_it_is_read() -> None:
    mail = read(built())
    assert mail['From'].addresses[0].display_name == 'Northwind'
    assert mail['To'].addresses[0].addr_spec == 'ann@example.org'
    assert mail['Subject'] == 'Sign in to Northwind'
    assert mail['Message-ID'] == '<abcdef@portal.example.com>'
    assert mail['Auto-Submitted'] == 'auto-generated'
    assert mail['Date'].datetime == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert mail.get_content_type() == 'multipart/alternative'
    assert [part.get_content_type() for part in mail.iter_parts()] == ['text/plain', 'text/html']


@pytest.mark.parametrize(
    'text', ['Grüße 🙂 ' * 30, 'x' * 3_000, '.\n..\n. dot\n', 'From here\n=3D \t\ntrailing   \n', '\ud800 broken\n']
)
def test_bodies_come_through_and_lines_stay_short(text: str) -> None:
    envelope = built(text=text, html=f'<p>{text}</p>')
    part = read(envelope).get_body(('plain',))
    assert part is not None
    assert part.get_content().replace('\r\n', '\n').rstrip('\n') == text.replace('\ud800', '?').rstrip('\n')
    assert max(map(len, envelope.raw.split(b'\r\n'))) <= 78
    assert b'\n' not in envelope.raw.replace(b'\r\n', b'') and envelope.raw.isascii()


@pytest.mark.parametrize('field', ['from_name', 'to_name', 'subject'])
@pytest.mark.parametrize(
    'value',
    [
        'Ann\r\nBcc: evil@example.org',
        'Ann\nBcc: evil@example.org',
        'Ann\rBcc: evil@example.org',
        'Ann\u2028Bcc: evil@example.org',
        'Grüße\r\n\r\n<b>body</b>',
        '"Ann" <evil@example.org>, "x',
        'evil@example.org, ann',
        'Ünal\nBcc: evil@example.org ' * 8,
        'x ' * 100 + '\r\nBcc: evil@example.org',
        '=?utf-8?q?=0ABcc:_evil=40example.org?=',
    ],
)
def test_no_header_is_injected(field: str, value: str) -> None:
    """R49, R51: whatever stands in a name or a subject, the mail has the headers and the one recipient it should."""
    envelope = built(**{field: value})
    mail = read(envelope)
    assert mail['Bcc'] is None and mail['Cc'] is None
    assert [one.addr_spec for one in mail['To'].addresses] == ['ann@example.org']
    assert [one.addr_spec for one in mail['From'].addresses] == ['portal@portal.example.com']
    assert envelope.recipient == 'ann@example.org'
    assert len(mail.keys()) == 9


@pytest.mark.parametrize('message_id', ['<a@b>\r\nBcc: evil@example.org', '<a@b>\nx', '<a@b>\n \nbody'])
def test_a_header_with_a_line_break_is_refused(message_id: str) -> None:
    with pytest.raises(CannotBeBuilt):
        built(message_id=message_id)


@pytest.mark.parametrize(
    'address',
    [
        'a@x.org, b@evil.example',
        'a@x.org\r\nRCPT TO:<b@evil.example>',
        'a b@x.org',
        '<a@x.org>',
        '"a"@x.org',
        'a@x@y.org',
        'a',
        '@x.org',
        'a@',
        '',
        'a@x.org;b@y.org',
    ],
)
def test_what_is_not_one_plain_address_is_refused(address: str) -> None:
    """R49."""
    with pytest.raises(CannotBeBuilt):
        plain_recipient(address)


@pytest.mark.parametrize(
    ('address', 'wire'),
    [
        ('ann@bücher.example', 'ann@xn--bcher-kva.example'),
        ('ann@straße.example', 'ann@xn--strae-oqa.example'),
        ('ann@Example.ORG', 'ann@example.org'),
        ('jörg@例え.jp', 'jörg@xn--r8jz45g.jp'),
    ],
)
def test_international_domains_go_out_in_ascii(address: str, wire: str) -> None:
    envelope = built(to_address=address)
    assert envelope.recipient == wire
    assert envelope.needs_utf8 == (not wire.isascii())


@pytest.mark.parametrize(
    ('changes', 'address'),
    [
        ({'mail_from': 'hello@northwind.example'}, 'hello@northwind.example'),
        ({'mail_from': 'hello@bücher.example'}, 'hello@xn--bcher-kva.example'),
        ({'base_url': '', 'host': '127.0.0.1'}, 'portal@localhost'),
        ({'base_url': 'http://[::1]:8080'}, 'portal@localhost'),
        ({'base_url': 'https://192.0.2.7'}, 'portal@localhost'),
        ({}, 'portal@portal.example.com'),
    ],
)
def test_the_address_mail_comes_from(changes: dict[str, str], address: str) -> None:
    assert sender_address(settings(**changes).sender) == address
