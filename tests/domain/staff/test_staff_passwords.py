"""Passwords of staff: changed, forgotten, and chosen anew."""

from dataclasses import replace

import pytest

from domain.access.one_time_tokens import Purpose
from domain.access.second_step import verify_staff_second_step
from domain.access.sessions import current_staff, sign_out_staff
from domain.access.sign_in import SecondStepRequired
from domain.actors import Role
from domain.audit import AuditKind
from domain.dependencies import Dependencies
from domain.errors import LinkExpired, PasswordTooShort, PasswordWrong, RateLimited, SignedOut, SignInRefused
from domain.events import StaffSessionsEnded
from domain.staff.staff_invitations import look_at_staff_link
from domain.staff.staff_passwords import (
    ask_for_staff_reset,
    change_own_password,
    reset_staff_password,
    send_staff_reset,
)
from domain.staff.staff_sign_in import sign_in_staff
from domain.staff.team import disable_staff
from storage.models import StaffMember, StaffSession
from tests.domain.staff.given import given_staff_invitation, signed_in, token_in
from tests.factories import (
    PASSWORD,
    a_visitor,
    app_code,
    audit_rows,
    every_row,
    given_owner,
    given_second_factor,
    given_staff,
    heard,
    later,
    mails_to,
    newest_mail,
    visitors,
)
from tests.support.clock import FixedClock
from tests.support.hashing import WeakHasherForTests

NEW = 'a quiet harbour at dawn'


async def test_changing_ends_the_other_sessions_and_the_links(deps: Dependencies) -> None:
    """R19, R37: the present password is asked for; this session goes on, and the address is told."""
    member = await given_staff(deps)
    elsewhere = str(await sign_in_staff(deps, a_visitor(), member.email, PASSWORD))
    await ask_for_staff_reset(deps, a_visitor(), member.email)
    link = token_in(await newest_mail(deps, member.email))
    told = heard(deps, StaffSessionsEnded)
    assert await change_own_password(deps, member, PASSWORD, NEW) == 1
    assert await current_staff(deps, elsewhere) is None
    assert [len(event.session_ids) for event in told] == [1]
    assert await StaffSession.filter(id=member.session_id).exists()
    with pytest.raises(LinkExpired):
        await reset_staff_password(deps, a_visitor(), link, NEW)
    with pytest.raises(SignInRefused):
        await sign_in_staff(deps, a_visitor(), member.email, PASSWORD)
    await sign_in_staff(deps, a_visitor(), member.email, NEW)
    assert 'password was changed' in (await newest_mail(deps, member.email)).row.subject
    assert len(await audit_rows(AuditKind.STAFF_PASSWORD_CHANGED)) == 1


async def test_a_wrong_present_password_changes_nothing_and_is_counted(deps: Dependencies) -> None:
    """R19, R43."""
    member = await given_staff(deps)
    before = (await every_row())['staff_member']
    for _ in range(5):
        with pytest.raises(PasswordWrong):
            await change_own_password(deps, member, 'not this one', NEW)
    with pytest.raises(RateLimited):
        await change_own_password(deps, member, PASSWORD, NEW)
    assert (await every_row())['staff_member'] == before


@pytest.mark.parametrize('what', ['signed out', 'changed'])
async def test_what_happens_while_we_hash_counts(deps: Dependencies, what: str) -> None:
    """R36, R37: a session that ended, or a password that is another one by now, changes nothing."""
    member = await given_staff(deps)

    class Meanwhile(WeakHasherForTests):
        async def hash(self, password: str) -> str:
            if what == 'signed out':
                await sign_out_staff(deps, member)
            else:
                await change_own_password(deps, member, PASSWORD, 'another harbour at dusk')
            return await super().hash(password)

    slow = Meanwhile()
    with pytest.raises(SignedOut if what == 'signed out' else PasswordWrong):
        await change_own_password(replace(deps, hasher=slow), member, PASSWORD, NEW)
    slow.close()
    with pytest.raises(SignInRefused):
        await sign_in_staff(deps, a_visitor(), member.email, NEW)


async def test_a_reset_opens_a_locked_login(deps: Dependencies) -> None:
    """R48: failures with the old password stand for nothing any more."""
    member = await given_staff(deps)
    for visitor in visitors(5):
        with pytest.raises(SignInRefused):
            await sign_in_staff(deps, visitor, member.email, 'wrong')
    await ask_for_staff_reset(deps, a_visitor(), member.email)
    await reset_staff_password(deps, a_visitor(), token_in(await newest_mail(deps, member.email)), NEW)
    assert await sign_in_staff(deps, a_visitor(), member.email, NEW)


async def test_a_new_one_that_is_too_short(deps: Dependencies) -> None:
    """R14: twelve characters for staff, whatever holds for clients."""
    member = await given_staff(deps)
    with pytest.raises(PasswordTooShort) as refused:
        await change_own_password(deps, member, PASSWORD, 'eleven char')
    assert refused.value.least == 12


async def test_a_reset_signs_nobody_in_and_ends_what_is_open(deps: Dependencies) -> None:
    """R20: the link changes the password, every session ends, the address is told."""
    member = await given_staff(deps)
    await ask_for_staff_reset(deps, a_visitor(), f' {member.email.upper()}')
    mail = await newest_mail(deps, member.email)
    assert '30 minutes' in mail.text
    token = token_in(mail)
    await reset_staff_password(deps, a_visitor(), token, NEW)
    assert await StaffSession.all().count() == 0
    await sign_in_staff(deps, a_visitor(), member.email, NEW)
    with pytest.raises(LinkExpired):
        await reset_staff_password(deps, a_visitor(), token, PASSWORD)
    assert 'password was changed' in (await newest_mail(deps, member.email)).row.subject


async def test_a_reset_does_not_skip_the_second_factor(deps: Dependencies, clock: FixedClock) -> None:
    """R20, R30: with the new password the code is asked for as before."""
    enrolled = await given_second_factor(deps, await given_staff(deps), clock=clock)
    await ask_for_staff_reset(deps, a_visitor(), enrolled.actor.email)
    await reset_staff_password(deps, a_visitor(), token_in(await newest_mail(deps, enrolled.actor.email)), NEW)
    passed = await sign_in_staff(deps, a_visitor(), enrolled.actor.email, NEW)
    assert isinstance(passed, SecondStepRequired)
    code = app_code(enrolled.secret, clock)
    await signed_in(deps, await verify_staff_second_step(deps, a_visitor(), passed.raw_pending, code))


async def test_thirty_minutes(deps: Dependencies, clock: FixedClock) -> None:
    """R5, R8: and a newer link ends the older one."""
    member = await given_staff(deps)
    await ask_for_staff_reset(deps, a_visitor(), member.email)
    older = token_in(await newest_mail(deps, member.email))
    later(clock, minutes=2)
    await ask_for_staff_reset(deps, a_visitor(), member.email)
    newer = token_in(await newest_mail(deps, member.email))
    with pytest.raises(LinkExpired):
        await look_at_staff_link(deps, older, Purpose.STAFF_RESET)
    later(clock, minutes=30, seconds=-1)
    await look_at_staff_link(deps, newer, Purpose.STAFF_RESET)
    later(clock, seconds=1)
    with pytest.raises(LinkExpired):
        await look_at_staff_link(deps, newer, Purpose.STAFF_RESET)


async def test_asking_tells_nothing(deps: Dependencies) -> None:
    """R41: unknown, invited and disabled addresses are answered as known ones are, and get no mail."""
    owner, member = await given_owner(deps), await given_staff(deps)
    await disable_staff(deps, owner, member.staff_id)
    await given_staff_invitation(deps, owner)
    for visitor, address in zip(visitors(3), (member.email, 'nobody@firm.example', 'bea@firm.example'), strict=True):
        await ask_for_staff_reset(deps, visitor, address)
        assert not [mail for mail in await mails_to(deps, address) if mail.row.kind == 'staff_password_reset']


async def test_one_mail_a_minute(deps: Dependencies, clock: FixedClock) -> None:
    """R47: whoever asks again gets no second one, and is not told."""
    member = await given_staff(deps)
    for _ in range(5):
        await ask_for_staff_reset(deps, a_visitor(), member.email)
    assert len(await mails_to(deps, member.email)) == 1
    later(clock, minutes=1)
    await ask_for_staff_reset(deps, a_visitor(), member.email)
    assert len(await mails_to(deps, member.email)) == 2


async def test_an_admin_sends_a_link_and_never_a_password(deps: Dependencies) -> None:
    """R21: the member chooses; what it has works until then."""
    admin, member = await given_staff(deps, Role.ADMIN, name='Ada Admin'), await given_staff(deps)
    await send_staff_reset(deps, admin, member.staff_id)
    mail = await newest_mail(deps, member.email)
    assert 'Ada Admin' in mail.text and mail.row.kind == 'staff_password_reset', 'not that of a client'
    await sign_in_staff(deps, a_visitor(), member.email, PASSWORD)
    await reset_staff_password(deps, a_visitor(), token_in(mail), NEW)
    await sign_in_staff(deps, a_visitor(), member.email, NEW)
    (row,) = await audit_rows(AuditKind.STAFF_PASSWORD_RESET_ASKED)
    assert (row.actor_name, row.staff_id) == ('Ada Admin', member.staff_id)
    assert (await StaffMember.get(id=member.staff_id)).password_set_at == deps.clock.now()
