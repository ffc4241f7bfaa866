"""Asking for a mail at the door: the same for every address."""

import asyncio

import pytest

from domain.access.magic_links import redeem_magic_link
from domain.access.sign_in_codes import ask_for_sign_in
from domain.audit import AuditKind
from domain.contacts.directory import delete_contact
from domain.dependencies import Dependencies
from storage.models import ClientSession, OneTimeToken, OutboxMail
from tests.factories import (
    a_visitor,
    audit_rows,
    code_in,
    every_row,
    everything_stored,
    given_contact,
    given_one_login_on_three,
    given_owner,
    later,
    link_in,
    mails_to,
    newest_mail,
    token_in,
    with_settings,
)
from tests.support.clock import FixedClock

CLARA = 'clara@weiss.example'


async def test_a_known_address_gets_link_and_code(deps: Dependencies) -> None:
    """Email, one button; the mail holds the link and the code of this browser."""
    await given_contact(deps)
    await ask_for_sign_in(deps, a_visitor(browser='b'), CLARA)
    mail = await newest_mail(deps, CLARA)
    assert (mail.row.kind, mail.row.to_name) == ('sign_in', 'Clara Weiss')
    assert len(code_in(mail)) == 6
    assert code_in(mail) in mail.html
    assert '15 minutes' in mail.text
    assert '10 minutes' in mail.text
    await redeem_magic_link(deps, a_visitor(), token_in(mail))
    assert (await ClientSession.get()).method == 'login_email'


async def test_without_a_cookie_there_is_no_code(deps: Dependencies) -> None:
    """R4: a code that no browser could use is not sent."""
    await given_contact(deps)
    await ask_for_sign_in(deps, a_visitor(), CLARA)
    assert code_in(await newest_mail(deps, CLARA)) == ''


async def test_the_answer_is_the_same_for_every_address(deps: Dependencies) -> None:
    """R41: nothing returned, nothing thrown; only somebody who may enter is mailed, and nothing else is written."""
    owner = await given_owner(deps)
    await given_contact(deps, 'Never', 'never@x.example', access=False)
    await given_contact(deps, 'Revoked', 'revoked@x.example', revoked_by=owner)
    await delete_contact(deps, owner, (await given_contact(deps, 'Deleted', 'deleted@x.example')).id)
    await given_contact(deps)
    before = await every_row()
    for email in ('never@x.example', 'revoked@x.example', 'deleted@x.example', 'unknown@x.example'):
        assert await ask_for_sign_in(deps, a_visitor(browser='b'), email) is None
        assert await every_row() == before, email
    assert await ask_for_sign_in(deps, a_visitor(browser='b'), CLARA) is None
    assert await OutboxMail.all().count() == await OneTimeToken.all().count() == 1


async def test_nonsense_is_an_unknown_address(deps: Dependencies) -> None:
    """R41, R49: what is no address gets the answer of an unknown one."""
    await given_contact(deps)
    for typed in ('', 'no address', 'a@b', '\x00@x.example', 'x' * 5_000 + '@x.example', '\ud800@x.example'):
        assert await ask_for_sign_in(deps, a_visitor(browser='b'), typed) is None
    assert await OutboxMail.all().count() == 0


@pytest.mark.parametrize('typed', [' Clara@Weiss.Example ', 'CLARA@WEISS.EXAMPLE'])
async def test_an_address_is_found_however_it_is_typed(deps: Dependencies, typed: str) -> None:
    """One login per address: case and blanks make no other person."""
    await given_contact(deps)
    await ask_for_sign_in(deps, a_visitor(browser='b'), typed)
    assert len(await mails_to(deps, CLARA)) == 1


async def test_one_mail_a_minute_and_ten_a_day(deps: Dependencies, clock: FixedClock) -> None:
    """R47: what is over it is silently left out (R41); on the next day there is mail again."""
    await given_contact(deps)
    for _ in range(3):
        assert await ask_for_sign_in(deps, a_visitor(browser='b'), CLARA) is None
    assert len(await mails_to(deps, CLARA)) == 1
    for _ in range(15):
        later(clock, minutes=1)
        await ask_for_sign_in(deps, a_visitor('198.51.100.9', browser='b'), CLARA)
    assert len(await mails_to(deps, CLARA)) == 10
    later(clock, days=1)
    await ask_for_sign_in(deps, a_visitor(browser='b'), CLARA)
    assert len(await mails_to(deps, CLARA)) == 11


async def test_the_limit_is_per_address(deps: Dependencies) -> None:
    """R47: whoever asks for others does not keep a client from its mail."""
    await given_contact(deps)
    await given_contact(deps, 'Ben Amsel', 'ben@amsel.example')
    for email in (CLARA, 'ben@amsel.example'):
        await ask_for_sign_in(deps, a_visitor(browser='b'), email)
        assert len(await mails_to(deps, email)) == 1


async def test_a_burst_for_one_address_is_one_mail(deps: Dependencies) -> None:
    """R44, R47: counted atomically."""
    await given_contact(deps)
    await asyncio.gather(*(ask_for_sign_in(deps, a_visitor(f'10.0.0.{one}', f'b{one}'), CLARA) for one in range(30)))
    assert len(await mails_to(deps, CLARA)) == 1


async def test_limits_can_be_off_on_loopback(deps: Dependencies) -> None:
    """CONTRACT: FOYER_RATE_LIMITS=off."""
    deps = with_settings(deps, rate_limits='off')
    await given_contact(deps)
    for _ in range(3):
        await ask_for_sign_in(deps, a_visitor(browser='b'), CLARA)
    assert len(await mails_to(deps, CLARA)) == 3


async def test_a_mail_to_several_contacts_goes_by_the_person(deps: Dependencies) -> None:
    """One login may serve several contacts; it gets one mail, addressed to the person among them."""
    await given_one_login_on_three(deps)
    await ask_for_sign_in(deps, a_visitor(browser='b'), 'ines@holm.example')
    (mail,) = await mails_to(deps, 'ines@holm.example')
    assert mail.row.to_name == 'Ines Holm'
    assert mail.row.contact_id is None, 'it belongs to the login, not to one of them'


async def test_the_mail_waits_encrypted_and_dies_with_its_link(deps: Dependencies, clock: FixedClock) -> None:
    """R2: neither link nor code stand in a row; when the link was used, a mail that still waits loses its body."""
    await given_contact(deps)
    await ask_for_sign_in(deps, a_visitor(browser='b'), CLARA)
    later(clock, minutes=1)
    await ask_for_sign_in(deps, a_visitor(browser='b'), CLARA)
    first, second = await mails_to(deps, CLARA)
    stored = await everything_stored()
    for mail in (first, second):
        assert token_in(mail) not in stored
        assert link_in(mail) not in stored
        assert f"'{code_in(mail)}'" not in stored
    await redeem_magic_link(deps, a_visitor(), token_in(second))
    assert {(row.state, row.body) for row in await OutboxMail.filter(id=first.row.id)} == {('cancelled', None)}


async def test_asking_is_recorded_without_what_was_sent(deps: Dependencies) -> None:
    """R59, R60: who asked, from where; no address that does not belong here leaves a row."""
    contact = await given_contact(deps)
    await ask_for_sign_in(deps, a_visitor('192.0.2.4', browser='b', user_agent='Safari'), CLARA)
    await ask_for_sign_in(deps, a_visitor('192.0.2.4', browser='b'), 'nobody@x.example')
    (row,) = await audit_rows(AuditKind.LOGIN_EMAIL_ASKED)
    assert (row.actor_kind, row.actor_name, row.login_id) == ('visitor', 'Clara Weiss', contact.login_id)
    assert (row.ip, row.user_agent, row.detail) == ('192.0.2.4', 'Safari', {})
