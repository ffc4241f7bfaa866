"""An owner or admin takes a second factor away; a setting asks for one."""

import pytest

from domain.access.second_step import pending_is_good
from domain.access.sessions import current_staff
from domain.access.sign_in import SecondStepRequired
from domain.access.totp import read_second_factor
from domain.actors import Role, StaffActor
from domain.audit import AuditKind
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import ReasonNeeded, SecondFactorNeeded, SignInNotFresh, TwoFactorIsOff
from domain.events import StaffSessionsEnded
from domain.staff.own_login import read_own_login
from domain.staff.staff_second_factor import reset_staff_two_factor
from domain.staff.staff_sign_in import sign_in_staff
from storage.models import PortalSettings, RecoveryCode, StaffMember, StaffSession
from tests.domain.staff.given import signed_in
from tests.factories import (
    PASSWORD,
    a_visitor,
    audit_rows,
    every_row,
    given_second_factor,
    given_staff,
    heard,
    later,
    newest_mail,
)
from tests.support.clock import FixedClock


async def test_a_reset_leaves_nothing_and_tells_the_member(deps: Dependencies, clock: FixedClock) -> None:
    """R13, R37: secret, codes, sessions and half-finished sign-ins are gone; reason and name stand in the log."""
    admin = await given_staff(deps, Role.ADMIN, name='Ada Admin')
    enrolled = await given_second_factor(deps, await given_staff(deps), clock=clock)
    member = enrolled.actor
    assert isinstance(member, StaffActor)
    pending = await sign_in_staff(deps, a_visitor(), member.email, PASSWORD)
    assert isinstance(pending, SecondStepRequired)
    told = heard(deps, StaffSessionsEnded)
    assert await reset_staff_two_factor(deps, admin, member.staff_id, '  lost   phone ') == 1
    row = await StaffMember.get(id=member.staff_id)
    assert (row.totp_secret, row.totp_enrolled_at) == (None, None)
    assert await RecoveryCode.all().count() == 0
    assert await StaffSession.filter(staff_id=member.staff_id).count() == 0
    assert told[-1].session_ids == (member.session_id,)
    assert not await pending_is_good(deps, pending.raw_pending, staff=True)
    (logged,) = await audit_rows(AuditKind.STAFF_TWO_FACTOR_RESET)
    assert (logged.actor_name, logged.staff_id, logged.detail['reason']) == ('Ada Admin', member.staff_id, 'lost phone')
    mail = await newest_mail(deps, member.email)
    assert 'was reset' in mail.row.subject and 'Ada Admin' in mail.text
    again = await signed_in(deps, await sign_in_staff(deps, a_visitor(), member.email, PASSWORD))
    assert not (await read_second_factor(deps, again)).is_on
    assert not (await read_own_login(deps, again)).has_second_factor


@pytest.mark.parametrize(('reason', 'error'), [(' ', ReasonNeeded), ('lost phone', TwoFactorIsOff)])
async def test_what_cannot_be_reset(deps: Dependencies, reason: str, error: type[Exception]) -> None:
    """Without a reason, or where there is nothing: nothing is written."""
    admin, member = await given_staff(deps, Role.ADMIN), await given_staff(deps)
    before = await every_row()
    with pytest.raises(error):
        await reset_staff_two_factor(deps, admin, member.staff_id, reason)
    assert await every_row() == before


async def test_that_the_reason_is_missing_is_told_before_a_proof_is_asked_for(
    deps: Dependencies, clock: FixedClock
) -> None:
    """R38: with a reason, the proof is next."""
    admin, member = await given_staff(deps, Role.ADMIN), await given_staff(deps)
    later(clock, minutes=15)
    for reason, error in (('', ReasonNeeded), ('lost phone', SignInNotFresh)):
        with pytest.raises(error):
            await reset_staff_two_factor(deps, admin, member.staff_id, reason)


async def test_required_by_the_setting_it_holds_staff_at_enrolment(deps: Dependencies) -> None:
    """R30: whoever has none is held, at the next deed and the next request; with one it goes on."""
    member = await given_staff(deps)
    await PortalSettings.filter(id=1).update(staff_two_factor_required=True)
    with pytest.raises(SecondFactorNeeded):
        await authorise(deps, member, Permission.SEE_CONTACTS)
    held = await signed_in(deps, await sign_in_staff(deps, a_visitor(), member.email, PASSWORD))
    assert held.is_held
    await read_own_login(deps, held)
    enrolled = await given_second_factor(deps, held)
    assert isinstance(enrolled.actor, StaffActor) and not enrolled.actor.is_held
    await authorise(deps, enrolled.actor, Permission.SEE_CONTACTS)
    assert await current_staff(deps, enrolled.raw)
