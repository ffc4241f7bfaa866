"""An owner names the firm's own mail server on a page: Debian's Postfix, over STARTTLS, its certificate verified."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.journeys.walking import OWNER_ADDRESS, SOON, Desk, Firm, come_in
from tests.support.https_server import Authority
from tests.support.postfix import Postfix
from tests.support.served import Served
from tests.support.smtp_sink import SmtpSink

PATH, TRY = '/staff/settings/emails', 'Try this server'
CLARA = 'clara@weiss.example'


@pytest.fixture
def postfix(tmp_path: Path, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postfix]:
    """It hands on to the sink, where the test reads what arrived. Foyer trusts its authority, and nobody else does."""
    authority = Authority(tmp_path)
    monkeypatch.setenv('SSL_CERT_FILE', str(authority.path))
    with Postfix(authority.certificate('localhost'), smtp_sink.port) as running:
        yield running


@pytest.fixture
def served(tmp_path: Path, postfix: Postfix) -> Iterator[Served]:
    """Without a mail server in its environment."""
    program = Served(tmp_path / 'served')
    try:
        yield program
    finally:
        program.close()


async def fill(desk: Desk, **fields: str) -> None:
    for name, value in fields.items():
        await desk.card('How mail is sent').get_by_label(name.replace('_', ' ')).fill(value)


async def press(desk: Desk, name: str) -> None:
    await desk.card('How mail is sent').get_by_role('button', name=name, exact=True).click()


async def test_through_postfix(firm: Firm, postfix: Postfix) -> None:
    """R50, R60: a certificate for another name is refused, in words; with the right one mail goes out at once."""
    desk = await firm.owner('/staff')
    await desk.page.get_by_role('link', name='Name a mail server').click()
    await expect(desk.card('How mail is sent').get_by_label('Mail server')).to_be_in_viewport()
    elsewhere = await firm.another_desk('/staff/outbox')
    await expect(elsewhere.text('Mail is captured, not sent.')).to_be_visible()
    card = desk.card('How mail is sent')
    await fill(desk, Mail_server='127.0.0.1', Port=str(postfix.port), From_address='office@holm.example')
    await press(desk, TRY)
    await expect(card.get_by_text('No trusted encryption')).to_be_visible()
    assert firm.sink.messages == []

    await fill(desk, Mail_server='localhost')
    await press(desk, TRY)
    await expect(card.get_by_text(re.compile('localhost took the mail.*queued as'))).to_be_visible()
    tried = await firm.sink.wait_for(OWNER_ADDRESS)
    assert tried.mail_from == 'office@holm.example'
    await expect(elsewhere.text('Mail is captured, not sent.')).to_be_visible()  # it was tried, not saved

    await press(desk, 'Save')
    await desk.toast('Saved.')
    await expect(elsewhere.text('Mail is captured, not sent.')).to_be_hidden(timeout=SOON)
    await desk.invite(CLARA)
    mail = await firm.sink.wait_for(CLARA)
    assert 'by localhost (Postfix) with ESMTPS' in ' '.join(str(mail.message['Received']).split())
    assert str(mail.message['From']).endswith('<office@holm.example>')
    assert str(mail.message['Reply-To']).endswith(f'<{OWNER_ADDRESS}>')
    assert str(mail.message['Message-ID']).endswith('@holm.example>')
    assert mail.message['Auto-Submitted'] == 'auto-generated'
    await come_in(await firm.client(), mail.link)
