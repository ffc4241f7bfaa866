"""The firm's words for its mail: saved with a history, taken back, and in every mail from then on."""

from datetime import timedelta

import pytest

from domain.access.login_emails import send_login_emails
from domain.audit import AuditKind
from domain.contacts.invitations import invite_contact
from domain.contacts.new_contact import Kind
from domain.dependencies import Dependencies
from domain.errors import DomainError, TextFault, TextInvalid
from domain.events import MailTextsChanged
from domain.handover import RepliesTo
from domain.mail.outbox import open_body
from domain.mail_errors import MergeFault, MergeFieldWrong, VersionNotFound
from domain.portal.email_samples import preview_email, send_sample
from domain.portal.email_texts import read_email_text, restore_email_text, save_email_text, use_default_text
from storage.models import Contact, MailText, OutboxMail
from tests.factories import audit_rows, given_contact, given_owner, heard
from tests.support.clock import FixedClock

SUBJECT, BODY = 'Welcome to {{ firm.name }}, {{ contact.name }}', 'Dear {{ contact.first_name }},\n\nplease come in.'


async def newest(deps: Dependencies) -> tuple[OutboxMail, str, str]:
    mail = await OutboxMail.all().order_by('-id').first()
    assert mail is not None
    return mail, *open_body(deps.cipher, mail.body or '', mail.message_id)


async def test_what_a_firm_begins_with(deps: Dependencies) -> None:
    text = await read_email_text(deps, await given_owner(deps), 'invitation')
    assert not text.is_own and text.versions == () and text.words == text.default
    assert '{{ portal.magic_link }}' in text.words.body


async def test_saving_and_what_is_mailed_from_then_on(deps: Dependencies) -> None:
    """What waits in the outbox already keeps the words that it was written in."""
    owner = await given_owner(deps)
    before = await given_contact(deps, name='Ann Early', email='ann@x.example')
    await invite_contact(deps, owner, before.id)
    early, early_text, _ = await newest(deps)
    told = heard(deps, MailTextsChanged)
    saved = await save_email_text(deps, owner, 'invitation', f' {SUBJECT} ', f'{BODY}\r\n')
    assert (saved.is_own, saved.words.subject, saved.words.body) == (True, SUBJECT, BODY)
    assert told == [MailTextsChanged()]
    contact = await given_contact(deps, name='{{ firm.name }}', email='clara@x.example')
    await invite_contact(deps, owner, contact.id)
    mail, text, html = await newest(deps)
    assert mail.subject == 'Welcome to the firm, {{ firm.name }}'
    assert 'please come in.' in text and '/sign-in/link/' in text
    assert 'Open my portal' in html
    assert open_body(deps.cipher, (await OutboxMail.get(id=early.id)).body or '', early.message_id)[0] == early_text
    (row,) = await audit_rows(AuditKind.MAIL_TEXT_CHANGED)
    assert row.detail['text'] == 'invitation'
    await save_email_text(deps, owner, 'invitation', SUBJECT, BODY)
    assert await MailText.all().count() == 1


async def test_another_kind_keeps_its_words(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    await save_email_text(deps, owner, 'invitation', SUBJECT, BODY)
    contact = await given_contact(deps, name='Clara Weiss', email='clara@x.example', access=True)
    await send_login_emails(deps, owner, [contact.id])
    assert 'please come in' not in (await newest(deps))[1]


async def test_back_to_default_and_an_older_version_again(deps: Dependencies, clock: FixedClock) -> None:
    owner = await given_owner(deps)
    await save_email_text(deps, owner, 'notice', 'One', '{{ message }}')
    clock.advance(timedelta(hours=1))
    await save_email_text(deps, owner, 'notice', 'Two', '{{ message }}')
    back = await use_default_text(deps, owner, 'notice')
    assert not back.is_own and back.words == back.default
    assert [version.words and version.words.subject for version in back.versions] == [None, 'Two', 'One']
    assert back.versions[-1].made_by_name == owner.name
    again = await restore_email_text(deps, owner, back.versions[-1].id)
    assert again.words.subject == 'One' and len(again.versions) == 4
    assert not (await restore_email_text(deps, owner, back.versions[0].id)).is_own
    await use_default_text(deps, owner, 'notice')
    assert await MailText.all().count() == 5
    with pytest.raises(VersionNotFound):
        await restore_email_text(deps, owner, 1_000_000)
    assert len(await audit_rows(AuditKind.MAIL_TEXT_RESET)) == 2


WRONG: list[tuple[str, str, DomainError]] = [
    ('', 'x', TextInvalid('subject', TextFault.EMPTY)),
    ('x', ' \n ', TextInvalid('body', TextFault.EMPTY)),
    ('x' * 201, 'x', TextInvalid('subject', TextFault.TOO_LONG, 200)),
    ('x', 'x' * 10_001, TextInvalid('body', TextFault.TOO_LONG, 10_000)),
    ('x\r\nBcc: eve@evil.example', 'x', TextInvalid('subject', TextFault.CONTROL_CHARACTER)),
    ('x', 'a\x00b', TextInvalid('body', TextFault.CONTROL_CHARACTER)),
    ('{{ contact.nmae }}', 'x', MergeFieldWrong('subject', MergeFault.UNKNOWN, 'contact.nmae', 1)),
    ('x', 'a\n{{ portal.code }}', MergeFieldWrong('body', MergeFault.NOT_HERE, 'portal.code', 2)),
]


@pytest.mark.parametrize(('subject', 'body', 'error'), WRONG)
async def test_what_is_refused_is_neither_saved_nor_shown_nor_sent(
    deps: Dependencies, subject: str, body: str, error: DomainError
) -> None:
    owner = await given_owner(deps)
    for act in (save_email_text, preview_email, send_sample):
        with pytest.raises(type(error)) as refused:
            await act(deps, owner, 'invitation', subject, body)  # type: ignore[operator]
        assert refused.value == error
    assert await MailText.all().count() == await OutboxMail.all().count() == 0


async def test_a_kind_without_words_to_change(deps: Dependencies) -> None:
    for kind in ('report', 'staff_invitation', 'nonsense'):
        with pytest.raises(ValueError, match=kind):
            await read_email_text(deps, await given_owner(deps, email=f'{kind}@x.example'), kind)


@pytest.mark.parametrize('kind', ['invitation', 'reminder', 'login_email', 'sign_in', 'password_reset', 'notice'])
async def test_a_preview_with_a_contacts_data(deps: Dependencies, kind: str) -> None:
    """The default as it is sent, words of one's own with this contact's name, and no link that works."""
    owner = await given_owner(deps)
    contact = await given_contact(deps, name='Weiss & Co', email='w@x.example', kind=Kind.ORGANISATION)
    default = (await read_email_text(deps, owner, kind)).default
    plain = await preview_email(deps, owner, kind, default.subject, default.body)
    assert 'Hello Clara,' in plain.text and '{{' not in plain.subject + plain.text + plain.html
    body = '{{ contact.name }} {{ contact.organisation }} {{ contact.email }}'
    own = await preview_email(deps, owner, kind, 'For {{ contact.name }}', body, contact_id=contact.id)
    assert own.subject == 'For Weiss & Co'
    assert 'Weiss & Co Weiss & Co w@x.example' in own.text
    assert 'Weiss &amp; Co' in own.html
    assert 'class="small"' in plain.html or kind == 'notice'


async def test_a_sample_goes_to_whoever_asks(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    contact = await given_contact(deps, name='Clara Weiss', email='clara@x.example')
    mail_id = await send_sample(deps, owner, 'invitation', SUBJECT, BODY, contact_id=contact.id)
    mail, text, _ = await newest(deps)
    assert (mail.id, mail.to_address, mail.kind, mail.token_id) == (mail_id, owner.email, 'test_mail', None)
    assert 'Dear Clara,' in text


@pytest.mark.parametrize(
    ('policy', 'answers'),
    [(RepliesTo.STAFF, 'olga@firm.example'), (RepliesTo.SENDER, ''), (RepliesTo.ADDRESS, 'office@holm.example')],
)
async def test_answers_reach_whoever_invited(deps: Dependencies, policy: RepliesTo, answers: str) -> None:
    """Unless the firm wants them elsewhere; the mail itself comes from the firm's address."""
    owner = await given_owner(deps, email='olga@firm.example')
    vars(deps.handover).update(replies_to=policy, reply_address='office@holm.example')
    contact = await given_contact(deps, name='Clara Weiss', email='clara@x.example')
    await invite_contact(deps, owner, contact.id)
    assert (await newest(deps))[0].reply_to == answers
    await Contact.filter(id=contact.id).update(portal_access=True)
    await send_login_emails(deps, owner, [contact.id])
    assert (await newest(deps))[0].reply_to == answers
