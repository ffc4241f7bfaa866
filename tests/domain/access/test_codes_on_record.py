"""Codes of a second factor: each use that matters and each wrong one is written down, and keys are changed in time."""

from dataclasses import replace

import pytest

from domain.access.code_check import check_code
from domain.access.devices import end_all_sessions
from domain.access.holders import holder_of
from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.sign_in import SecondStepRequired
from domain.access.totp import begin_enrolment, make_new_codes, turn_off, turn_on
from domain.actors import ClientActor, StaffActor, Visitor
from domain.audit import AuditKind
from domain.dependencies import Cipher, Dependencies
from domain.errors import SecondFactorUnreadable, SecondFactorWrong
from domain.staff.staff_sign_in import confirm_sign_in
from storage.models import ClientSession, Login, RateLog
from tests.factories import (
    PASSWORD,
    Enrolled,
    a_visitor,
    app_code,
    audit_rows,
    given_joined_client,
    given_owner,
    given_second_factor,
    given_staff,
    later,
    token_of,
)
from tests.support.clock import FixedClock

KINDS = pytest.mark.parametrize('kind', ['client', 'staff'])


async def somebody(deps: Dependencies, kind: str) -> tuple[ClientActor | StaffActor, str]:
    staff = await given_owner(deps)
    if kind == 'staff':
        return staff, ''
    client = await given_joined_client(deps, staff)
    return client.actor, client.raw


async def enrolled(deps: Dependencies, kind: str, clock: FixedClock) -> Enrolled:
    return await given_second_factor(deps, *await somebody(deps, kind), clock)


# ── R59 ──────────────────────────────────────────────────────────────────────


@KINDS
@pytest.mark.parametrize('deed', [turn_off, make_new_codes])
async def test_a_recovery_code_spent_on_the_second_factor_itself(
    deps: Dependencies, clock: FixedClock, kind: str, deed: object
) -> None:
    """R28, R59: whatever it was used for, one of the ten is gone."""
    on = await enrolled(deps, kind, clock)
    await deed(deps, on.actor, on.codes[0])  # type: ignore[operator]
    (row,) = await audit_rows(AuditKind.RECOVERY_CODE_USED if kind == 'client' else AuditKind.STAFF_RECOVERY_CODE_USED)
    assert (row.staff_id if kind == 'staff' else row.login_id) == holder_of(on.actor).id


async def test_a_recovery_code_by_which_a_member_proves_who_it_is(deps: Dependencies, clock: FixedClock) -> None:
    """R38, R59."""
    on = await enrolled(deps, 'staff', clock)
    assert isinstance(on.actor, StaffActor)
    await confirm_sign_in(deps, on.actor, PASSWORD, on.codes[4])
    (row,) = await audit_rows(AuditKind.STAFF_RECOVERY_CODE_USED)
    assert (row.staff_id, row.actor_name) == (on.actor.staff_id, on.actor.name)


@KINDS
async def test_new_codes_of_staff_are_told_from_those_of_clients(
    deps: Dependencies, clock: FixedClock, kind: str
) -> None:
    """R59: each in the group it is looked for in."""
    on = await enrolled(deps, kind, clock)
    await make_new_codes(deps, on.actor, app_code(on.secret, clock))
    ours, theirs = AuditKind.RECOVERY_CODES_MADE, AuditKind.STAFF_RECOVERY_CODES_MADE
    assert [len(await audit_rows(one)) for one in (ours, theirs)] == ([1, 0] if kind == 'client' else [0, 1])


@KINDS
async def test_a_wrong_code_while_it_is_set_up(deps: Dependencies, kind: str) -> None:
    """R27, R59: refused, and on record."""
    actor, raw = await somebody(deps, kind)
    await begin_enrolment(deps, actor)
    for code in ('', 'abcdef'):
        with pytest.raises(SecondFactorWrong):
            await turn_on(deps, actor, Visitor(actor.ip, actor.user_agent, '', raw), code)
    kinds = AuditKind.TWO_FACTOR_REFUSED, AuditKind.STAFF_TWO_FACTOR_REFUSED
    assert [row.outcome for row in await audit_rows(*kinds)] == ['refused', 'refused']


async def test_ending_nothing_but_half_a_sign_in(deps: Dependencies, clock: FixedClock) -> None:
    """R13, R59: staff who put an end to it leave a trace, also where nobody was in yet."""
    on = await enrolled(deps, 'client', clock)
    staff = await given_staff(deps)
    contact = (await ClientSession.get(id=on.actor.session_id)).contact_id
    assert contact
    await end_all_sessions(deps, staff, contact)
    link = await make_magic_link(deps, staff, contact)
    assert isinstance(await redeem_magic_link(deps, a_visitor(), token_of(link.url)), SecondStepRequired)
    assert await end_all_sessions(deps, staff, contact) == 0
    row = (await audit_rows(AuditKind.SESSIONS_ENDED))[-1]
    assert row.detail == {'sessions': 0, 'half_finished': 1}
    assert await end_all_sessions(deps, staff, contact) == 0
    assert len(await audit_rows(AuditKind.SESSIONS_ENDED)) == 2, 'nothing was left to end'


# ── R26 ──────────────────────────────────────────────────────────────────────


async def test_a_secret_moves_to_the_new_key_when_it_is_used(deps: Dependencies, clock: FixedClock) -> None:
    """R26: whoever signs in between one change of the key and the next notices neither."""
    on = await enrolled(deps, 'client', clock)
    holder, first = holder_of(on.actor), deps.settings.secret_key
    second, third = 'the second key, as long as it has to be', 'the third key, as long as it has to be'
    before = (await Login.get(email=on.actor.email)).totp_secret
    then = replace(deps, cipher=Cipher(second, first))
    assert await check_code(then, a_visitor(), holder, app_code(on.secret, clock)) == 'totp'
    after = (await Login.get(email=on.actor.email)).totp_secret
    assert after != before
    later(clock, seconds=30)
    assert await check_code(then, a_visitor(), holder, app_code(on.secret, clock)) == 'totp'
    assert (await Login.get(email=on.actor.email)).totp_secret == after, 'once'
    later(clock, seconds=30)
    now = replace(deps, cipher=Cipher(third, second))
    assert await check_code(now, a_visitor(), holder, app_code(on.secret, clock)) == 'totp'


async def test_a_secret_whose_key_is_gone(deps: Dependencies, clock: FixedClock) -> None:
    """R26: a sentence that says what to do, and no try that counts."""
    on = await enrolled(deps, 'client', clock)
    now = replace(deps, cipher=Cipher('the third key, as long as it has to be', 'the second key'))
    for _ in range(8):
        with pytest.raises(SecondFactorUnreadable):
            await check_code(now, a_visitor(), holder_of(on.actor), app_code(on.secret, clock))
    counted = [row.times for row in await RateLog.filter(key__contains=holder_of(on.actor).name_for_limits)]
    assert not any(counted), 'it would lock who can do nothing about it'
