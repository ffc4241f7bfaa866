"""Send Login Email: one or many contacts at once, each named who got none."""

import pytest

from domain.access.login_emails import LoginEmails, NotSent, Refusal, send_login_emails
from domain.access.magic_links import redeem_magic_link
from domain.audit import AuditKind
from domain.contacts.directory import delete_contact
from domain.dependencies import Dependencies
from domain.events import MailChanged
from storage.models import ClientSession, OneTimeToken, OutboxMail
from tests.factories import (
    a_visitor,
    audit_rows,
    code_in,
    given_contact,
    given_one_login_on_three,
    given_owner,
    given_staff,
    heard,
    link_in,
    mails_to,
    newest_mail,
    token_in,
    with_settings,
)


async def test_those_who_cannot_get_one_are_named_and_the_rest_go(deps: Dependencies) -> None:
    """Five contacts, one without address, one without access, one deleted; two mails go."""
    staff = await given_staff(deps, name='Sam Keller')
    good = [await given_contact(deps, name, f'{name.lower()}@x.example') for name in ('Ann', 'Bea')]
    silent = await given_contact(deps, 'No Mail', '')
    closed = await given_contact(deps, 'No Access', 'closed@x.example', access=False)
    gone = await given_contact(deps, 'Gone', 'gone@x.example')
    await delete_contact(deps, staff, gone.id)
    told = heard(deps, MailChanged)
    answer = await send_login_emails(deps, staff, [silent.id, good[0].id, closed.id, gone.id, good[1].id])
    assert answer == LoginEmails(
        sent=('Ann', 'Bea'),
        refused=(
            Refusal(silent.id, 'No Mail', NotSent.NO_ADDRESS),
            Refusal(closed.id, 'No Access', NotSent.NO_ACCESS),
            Refusal(gone.id, '', NotSent.GONE),
        ),
        captured=True,
    )
    mails = await OutboxMail.all().order_by('id')
    assert [(mail.to_address, mail.contact_id, mail.made_by_name) for mail in mails] == [
        ('ann@x.example', good[0].id, 'Sam Keller'),
        ('bea@x.example', good[1].id, 'Sam Keller'),
    ]
    assert [event.contact_id for event in told] == [one.id for one in good]
    rows = await audit_rows(AuditKind.LOGIN_EMAIL_SENT)
    assert [(row.contact_id, row.actor_id) for row in rows] == [(one.id, staff.staff_id) for one in good]


async def test_the_button_signs_in_and_there_is_no_code(deps: Dependencies) -> None:
    """R4: a code belongs to the browser that asked, so this mail holds none."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    await send_login_emails(deps, owner, [contact.id])
    mail = await newest_mail(deps, 'clara@weiss.example')
    assert (mail.row.kind, code_in(mail)) == ('login_email', '')
    assert (await OneTimeToken.get()).code_hash == ''
    assert link_in(mail).startswith(deps.settings.public_url)
    await redeem_magic_link(deps, a_visitor(), token_in(mail))
    session = await ClientSession.get()
    assert (session.method, session.contact_id) == ('login_email', contact.id)


async def test_a_contact_picked_twice_gets_one_mail(deps: Dependencies) -> None:
    """One mail with one button for each contact."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    answer = await send_login_emails(deps, owner, [contact.id, contact.id])
    assert answer.sent == ('Clara Weiss',)
    assert len(await mails_to(deps, 'clara@weiss.example')) == 1


async def test_contacts_that_share_a_login_get_one_mail(deps: Dependencies) -> None:
    """One login may serve several contacts; one mail, addressed to the person, opens the door to all of them."""
    owner = await given_owner(deps)
    contacts = await given_one_login_on_three(deps)
    result = await send_login_emails(deps, owner, [contact.id for contact in reversed(contacts)])
    assert set(result.sent) == {'Ines Holm', 'Holm Bau AG', 'Holm Stiftung'}
    [mail] = await mails_to(deps, 'ines@holm.example')
    assert mail.row.to_name == 'Ines Holm'
    await redeem_magic_link(deps, a_visitor(), token_in(mail))
    assert (await ClientSession.get()).contact_id is None


async def test_one_of_several_contacts_is_mailed_by_name(deps: Dependencies) -> None:
    """The session begins as the contact the mail was sent to."""
    owner = await given_owner(deps)
    contacts = await given_one_login_on_three(deps)
    await send_login_emails(deps, owner, [contacts[1].id])
    [mail] = await mails_to(deps, 'ines@holm.example')
    assert mail.row.to_name == 'Holm Bau AG'
    await redeem_magic_link(deps, a_visitor(), token_in(mail))
    assert (await ClientSession.get()).contact_id == contacts[1].id


@pytest.mark.parametrize(
    ('smtp_url', 'captured', 'state'), [('', True, 'captured'), ('smtp://m.example', False, 'queued')]
)
async def test_staff_are_told_whether_mail_goes_out(
    deps: Dependencies, smtp_url: str, captured: bool, state: str
) -> None:
    """A clear notice while mail is captured instead of sent."""
    deps = with_settings(deps, smtp_url=smtp_url)
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    assert (await send_login_emails(deps, owner, [contact.id])).captured is captured
    assert (await OutboxMail.get()).state == state


async def test_nobody_picked_is_nobody_mailed(deps: Dependencies) -> None:
    """An empty request writes nothing."""
    assert await send_login_emails(deps, await given_owner(deps), []) == LoginEmails((), (), True)
    assert await OutboxMail.all().count() == 0
