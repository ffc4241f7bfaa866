"""Whatever stands in a column that reaches a mail, however it got there: no header, recipient or tag comes of it."""

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest

from domain.contacts.invitations import invite_contact
from domain.dependencies import Dependencies
from domain.mail.worker import MailWorker
from storage.models import Brand, Contact, MailText, OutboxMail, PortalSettings
from tests.domain.mail.given import until_state
from tests.factories import given_contact, given_owner
from tests.support.smtp_sink import Caught, SmtpSink

Start = Callable[..., MailWorker]
HOSTILE = [
    'x\r\nBcc: eve@evil.example', 'x\nBcc: eve@evil.example', 'x\rBcc: eve@evil.example',
    'x\r\n\r\n--boundary\r\nContent-Type: text/html\r\n\r\n<b>body</b>', 'x\u2028Bcc: eve@evil.example',
    'Grüße\r\nBcc: eve@evil.example', '"><img src=x>, eve@evil.example', '=?utf-8?q?x=0D=0ABcc:_eve=40evil.example?=',
]  # fmt: skip
EVERY_WORD = '{{ contact.name }} {{ contact.organisation }} {{ firm.name }} {{ staff.name }} {{ message }}'


def parts_of(mail: EmailMessage) -> Iterator[tuple[str, list[str]]]:
    """Each part of a mail, by its type and the names of its headers."""
    for part in mail.walk():
        yield part.get_content_type(), part.keys()


def tags_of(html: str) -> set[str]:
    """Of which there are more or fewer where lines and paragraphs may stand."""
    tags: set[str] = set()
    reader = HTMLParser()
    reader.handle_starttag = lambda tag, _: tags.add(tag)  # type: ignore[method-assign]
    reader.feed(html)
    return tags - {'br'}


async def invited(deps: Dependencies, sink: SmtpSink, text: str, *, own_words: bool) -> Caught:
    """What a contact is mailed when this stands in every column, written there by no deed of ours."""
    owner = await given_owner(deps, name=text, email=f'olga{len(sink.messages)}@firm.example')
    address = f'ann{len(sink.messages)}@x.example'
    contact = await given_contact(deps, email=address, access=False)
    await Contact.filter(id=contact.id).update(name=text, organisation=text)
    await PortalSettings.filter(id=1).update(firm_name=text)
    where = {'address': text, 'support_email': text, 'support_phone': text[:40], 'support_url': text}
    await Brand.filter(id=1).update(**where)
    if own_words:
        words = {'subject': f'{EVERY_WORD} {text}', 'body': f'{EVERY_WORD}\n\n{text}', 'made_by_name': text}
        await MailText.create(kind='invitation', language='en', created_at=deps.clock.now(), **words)
    await invite_contact(deps, owner, contact.id, 'Come in!')
    mail = await OutboxMail.filter(contact_id=contact.id).get()
    await until_state(mail.id, 'sent')
    caught = await sink.wait_for(address)
    assert caught.rcpt_tos == (address,)
    return caught


@pytest.mark.parametrize('own_words', [False, True], ids=['the words of Foyer', 'words of its own'])
async def test_whatever_stands_in_a_column(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start, *, own_words: bool
) -> None:
    """R49, R51: the same parts with the same headers as for anybody else, one recipient, and only our own tags."""
    start_worker(sending)
    plain = await invited(sending, smtp_sink, 'Ann', own_words=own_words)
    for text in HOSTILE:
        mail = await invited(sending, smtp_sink, text, own_words=own_words)
        assert list(parts_of(mail.message)) == list(parts_of(plain.message)), text
        assert not mail.message.defects and len(mail.subject.splitlines()) == 1
        for header in ('To', 'From', 'Reply-To'):
            (address,) = mail.message[header].addresses
            assert address.domain != 'evil.example', text
        assert tags_of(mail.html) == tags_of(plain.html), text


@pytest.mark.parametrize('address', ['office@x.example\r\nBcc: eve@evil.example', 'a@x.example, eve@evil.example'])
async def test_an_address_that_is_no_address(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start, address: str
) -> None:
    """R49: where answers are to go; such a mail is not sent at all, and keeps no other from being sent."""
    owner = await given_owner(sending)
    contact = await given_contact(sending, access=False)
    await invite_contact(sending, owner, contact.id)
    await OutboxMail.filter(contact_id=contact.id).update(reply_to=address)
    start_worker(sending)
    mail = await OutboxMail.filter(contact_id=contact.id).get()
    assert (await until_state(mail.id, 'failed')).last_answer == 'This mail could not be put together.'
    assert smtp_sink.messages == []
