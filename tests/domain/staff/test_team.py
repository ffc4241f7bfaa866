"""The team: roles, disabling, removing, and who may do that to whom."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from domain.access.second_step import begin_staff_second_step, pending_is_good
from domain.access.sessions import current_staff
from domain.actors import Role, StaffActor
from domain.audit import AuditKind
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import (
    LastOwner,
    LinkExpired,
    NotAllowed,
    NotYourself,
    RateLimited,
    SignedOut,
    SignInNotFresh,
    SignInRefused,
    StaffActive,
    StaffNotFound,
)
from domain.events import StaffSessionsEnded, TeamChanged
from domain.staff.roles import may_manage
from domain.staff.staff_invitations import accept_staff_invitation, invite_staff
from domain.staff.staff_passwords import ask_for_staff_reset, reset_staff_password, send_staff_reset
from domain.staff.staff_second_factor import reset_staff_two_factor
from domain.staff.staff_sessions import end_own_other_sessions
from domain.staff.staff_sign_in import sign_in_staff
from domain.staff.team import (
    MemberState,
    change_role,
    disable_staff,
    enable_staff,
    list_team,
    look_before_disabling,
    remove_staff,
    roles_of,
    unlock_staff,
)
from domain.unit_of_work import deed, unit_of_work
from storage.models import PendingSignIn, StaffMember, StaffSession
from tests.domain.staff.given import BEA, all_but_counters, given_staff_invitation, signed_in, token_in
from tests.factories import (
    PASSWORD,
    a_visitor,
    audit_rows,
    every_row,
    given_owner,
    given_second_factor,
    given_staff,
    heard,
    later,
    newest_mail,
    visitors,
)
from tests.support.clock import FixedClock
from tests.support.databases import postgres_only

OLGA = 'olga@firm.example'
Deed = Callable[[Dependencies, StaffActor, int], Awaitable[object]]
TO_A_MEMBER: dict[str, Deed] = {
    'change role': lambda deps, actor, who: change_role(deps, actor, who, Role.STAFF),
    'disable': disable_staff,
    'enable': enable_staff,
    'remove': remove_staff,
    'reset two-factor': lambda deps, actor, who: reset_staff_two_factor(deps, actor, who, 'lost phone'),
    'send reset': send_staff_reset,
}


async def nothing_happens(deps: Dependencies, error: type[Exception], doing: Callable[[], Awaitable[object]]) -> None:
    before = await all_but_counters()
    with pytest.raises(error):
        await doing()
    assert await all_but_counters() == before


# ── The list ─────────────────────────────────────────────────────────────────


async def test_everybody_stands_in_the_list(deps: Dependencies, clock: FixedClock) -> None:
    """Owners first; where each stands, and what each may come in by."""
    owner = await given_owner(deps, email=OLGA, name='Olga Owner')
    admin = await given_staff(deps, Role.ADMIN, name='Ada Admin')
    gone = await given_staff(deps, name='Zoe Gone')
    await disable_staff(deps, owner, gone.staff_id)
    await given_staff_invitation(deps, owner)
    later(clock, minutes=5)
    await sign_in_staff(deps, a_visitor(), admin.email, PASSWORD)
    rows = await list_team(deps, owner)
    assert [(row.name, row.role, row.state, row.sessions) for row in rows] == [
        ('Olga Owner', Role.OWNER, MemberState.ACTIVE, 1),
        ('Ada Admin', Role.ADMIN, MemberState.ACTIVE, 2),
        ('Bea Lund', Role.STAFF, MemberState.INVITED, 0),
        ('Zoe Gone', Role.STAFF, MemberState.DISABLED, 0),
    ]
    assert rows[1].last_sign_in_at == clock.now()
    assert [row.has_joined for row in rows] == [True, True, False, True]
    later(clock, days=7)
    owner = await signed_in(deps, await sign_in_staff(deps, a_visitor(), OLGA, PASSWORD))
    assert (await list_team(deps, owner))[2].state is MemberState.INVITE_EXPIRED


# ── Roles ────────────────────────────────────────────────────────────────────


async def test_a_new_role_counts_at_once(deps: Dependencies) -> None:
    """R36, R57: for the session that is open, in both directions; the log says from what to what."""
    owner, member = await given_owner(deps, name='Olga Owner'), await given_staff(deps)
    told = heard(deps, TeamChanged)
    await change_role(deps, owner, member.staff_id, Role.ADMIN)
    raised = await signed_in(deps, await sign_in_staff(deps, a_visitor(), member.email, PASSWORD))
    await authorise(deps, raised, Permission.CHANGE_SETTINGS)
    await change_role(deps, owner, member.staff_id, Role.STAFF)
    with pytest.raises(NotAllowed):
        await authorise(deps, raised, Permission.CHANGE_SETTINGS)
    assert await roles_of([member.staff_id]) == {member.staff_id: Role.STAFF}
    rows = await audit_rows(AuditKind.STAFF_ROLE_CHANGED)
    assert [(row.actor_name, row.staff_id, row.detail['before'], row.detail['after']) for row in rows] == [
        ('Olga Owner', member.staff_id, 'staff', 'admin'),
        ('Olga Owner', member.staff_id, 'admin', 'staff'),
    ]
    assert TeamChanged((member.staff_id,)) in told
    before = await every_row()
    await change_role(deps, owner, member.staff_id, Role.STAFF)
    assert await every_row() == before, 'the same role is no change'


def test_the_table_of_who_manages_whom() -> None:
    """R57: an owner everybody, an admin everybody but owners, staff nobody."""
    manages = {
        role: [other for other in Role if may_manage(StaffActor(1, 1, 'x', 'x@x.example', role), other)]
        for role in Role
    }
    assert manages == {Role.OWNER: list(Role), Role.ADMIN: [Role.ADMIN, Role.STAFF], Role.STAFF: []}


@pytest.mark.parametrize('what', TO_A_MEMBER)
async def test_an_admin_leaves_owners_alone(deps: Dependencies, what: str) -> None:
    """R57: whichever deed it is, an owner is not for an admin; and nobody is who is not there."""
    await given_owner(deps)
    other = await given_owner(deps)
    admin = await given_staff(deps, Role.ADMIN)
    await nothing_happens(deps, NotAllowed, lambda: TO_A_MEMBER[what](deps, admin, other.staff_id))
    await nothing_happens(deps, StaffNotFound, lambda: TO_A_MEMBER[what](deps, admin, 4711))


async def test_an_admin_makes_nobody_an_owner(deps: Dependencies) -> None:
    """R57: neither by a role nor by an invitation, and not by renewing an owner's."""
    owner = await given_owner(deps)
    admin, member = await given_staff(deps, Role.ADMIN), await given_staff(deps)
    await nothing_happens(deps, NotAllowed, lambda: change_role(deps, admin, member.staff_id, Role.OWNER))
    await nothing_happens(deps, NotAllowed, lambda: invite_staff(deps, admin, 'Bea', BEA, Role.OWNER))
    await given_staff_invitation(deps, owner, Role.OWNER)
    await nothing_happens(deps, NotAllowed, lambda: invite_staff(deps, admin, 'Bea', BEA, Role.STAFF))
    await change_role(deps, admin, member.staff_id, Role.ADMIN)


@pytest.mark.parametrize('what', ['change role', 'disable', 'remove', 'reset two-factor'])
async def test_nobody_does_it_to_oneself(deps: Dependencies, what: str) -> None:
    """R57: a slip would shut out the one who could undo it."""
    await given_owner(deps)
    for actor in (await given_owner(deps), await given_staff(deps, Role.ADMIN)):
        await nothing_happens(deps, NotYourself, lambda a=actor: TO_A_MEMBER[what](deps, a, a.staff_id))


# ── The last owner ───────────────────────────────────────────────────────────


@pytest.mark.parametrize('what', ['change role', 'disable', 'remove'])
@pytest.mark.parametrize('besides', ['nobody', 'a disabled one', 'one who never joined'])
async def test_the_last_owner_stays(deps: Dependencies, what: str, besides: str) -> None:
    """R61: an owner who cannot sign in is none."""
    owner = await given_owner(deps)
    if besides == 'a disabled one':
        other = await given_owner(deps)
        await disable_staff(deps, owner, other.staff_id)
    elif besides == 'one who never joined':
        await given_staff_invitation(deps, owner, Role.OWNER)
    await nothing_happens(deps, LastOwner, lambda: TO_A_MEMBER[what](deps, owner, owner.staff_id))


@pytest.mark.parametrize('what', ['change role', 'disable'])
async def test_two_owners_at_once_leave_one(deps: Dependencies, what: str) -> None:
    """R61: each acts on the other in the same moment; whoever comes second finds itself no owner any more."""
    for _ in range(5):
        owners = [await given_owner(deps), await given_owner(deps)]
        await StaffMember.exclude(id__in=[one.staff_id for one in owners]).update(disabled_at=deps.clock.now())
        answers = await asyncio.gather(
            TO_A_MEMBER[what](deps, owners[0], owners[1].staff_id),
            TO_A_MEMBER[what](deps, owners[1], owners[0].staff_id),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, NotAllowed | SignedOut) for answer in answers) == 1, answers
        assert await StaffMember.filter(role='owner', disabled_at=None).count() == 1


# ── Locked out by somebody ───────────────────────────────────────────────────


async def test_a_locked_member_is_seen_and_let_in(deps: Dependencies, clock: FixedClock) -> None:
    """R48: anybody can lock a login from outside; whoever manages the member sees until when, and opens it."""
    owner, member = await given_owner(deps), await given_staff(deps)
    for visitor in visitors(5):
        with pytest.raises(SignInRefused):
            await sign_in_staff(deps, visitor, member.email, 'wrong')
    with pytest.raises(RateLimited):
        await sign_in_staff(deps, a_visitor('192.0.2.99'), member.email, PASSWORD)
    locked = {one.id: one.locked_until for one in await list_team(deps, owner)}
    assert locked == {owner.staff_id: None, member.staff_id: clock.now() + timedelta(minutes=5)}
    told = heard(deps, TeamChanged)
    for _ in range(2):
        await unlock_staff(deps, owner, member.staff_id)
    assert told == [TeamChanged((member.staff_id,))]
    (row,) = await audit_rows(AuditKind.LOGIN_UNLOCKED)
    assert (row.staff_id, row.actor_name, row.contact_name) == (member.staff_id, owner.name, member.name)
    assert {one.locked_until for one in await list_team(deps, owner)} == {None}
    assert await sign_in_staff(deps, a_visitor(), member.email, PASSWORD)


async def test_an_admin_unlocks_no_owner(deps: Dependencies) -> None:
    """The rules of domain/staff/roles.py."""
    owner, admin = await given_owner(deps), await given_staff(deps, Role.ADMIN)
    with pytest.raises(NotAllowed):
        await unlock_staff(deps, admin, owner.staff_id)


async def test_signing_out_everywhere_else_ends_half_finished_sign_ins(deps: Dependencies) -> None:
    """R29, R37: somebody who knows the password and waits for a code is out too."""
    member = await given_staff(deps)
    pending = await half_signed_in(deps, member.staff_id)
    await end_own_other_sessions(deps, member)
    assert not await pending_is_good(deps, pending, staff=True)


# ── Shutting out ─────────────────────────────────────────────────────────────


@deed
async def half_signed_in(deps: Dependencies, staff_id: int) -> str:
    async with unit_of_work(deps) as work:
        return (await begin_staff_second_step(work, await StaffMember.get(id=staff_id), a_visitor())).raw_pending


async def test_disabling_ends_everything_at_once(deps: Dependencies) -> None:
    """R13: sessions, half-finished sign-ins and links; what will end is told in numbers beforehand."""
    owner, member = await given_owner(deps), await given_staff(deps)
    raw = await sign_in_staff(deps, a_visitor(), member.email, PASSWORD)
    pending = await half_signed_in(deps, member.staff_id)
    await ask_for_staff_reset(deps, a_visitor(), member.email)
    link = token_in(await newest_mail(deps, member.email))
    told = heard(deps, StaffSessionsEnded)
    before = await look_before_disabling(deps, owner, member.staff_id)
    assert (before.sessions, before.links) == (2, 1)
    assert await disable_staff(deps, owner, member.staff_id) == before
    assert await current_staff(deps, str(raw)) is None
    assert not await pending_is_good(deps, pending, staff=True)
    assert await PendingSignIn.all().count() == 0
    assert len(told[-1].session_ids) == 2
    with pytest.raises(LinkExpired):
        await reset_staff_password(deps, a_visitor(), link, PASSWORD)
    with pytest.raises(SignInRefused):
        await sign_in_staff(deps, a_visitor(), member.email, PASSWORD)
    with pytest.raises(SignedOut):
        await authorise(deps, member, Permission.SEE_CONTACTS)
    (row,) = await audit_rows(AuditKind.STAFF_DISABLED)
    assert (row.staff_id, row.detail['sessions'], row.detail['links']) == (member.staff_id, 2, 1)
    again = await disable_staff(deps, owner, member.staff_id)
    assert (again.sessions, again.links) == (0, 0)


async def test_enabling_brings_the_password_back_and_no_session(deps: Dependencies) -> None:
    """R13: what was ended stays ended."""
    owner, member = await given_owner(deps), await given_staff(deps)
    raw = await sign_in_staff(deps, a_visitor(), member.email, PASSWORD)
    await disable_staff(deps, owner, member.staff_id)
    await enable_staff(deps, owner, member.staff_id)
    assert await current_staff(deps, str(raw)) is None
    await signed_in(deps, await sign_in_staff(deps, a_visitor(), member.email, PASSWORD))
    assert len(await audit_rows(AuditKind.STAFF_ENABLED)) == 1


@postgres_only
async def test_no_session_slips_in_beside_disabling(deps: Dependencies) -> None:
    """R13: a sign-in in the same moment is refused, or its session ends with the others."""
    owner = await given_owner(deps)
    for _ in range(5):
        member = await given_staff(deps)
        await asyncio.gather(
            disable_staff(deps, owner, member.staff_id),
            sign_in_staff(deps, a_visitor(), member.email, PASSWORD),
            return_exceptions=True,
        )
        assert await StaffSession.filter(staff_id=member.staff_id).count() == 0


async def test_removing_needs_disabling_first_and_leaves_the_log(deps: Dependencies) -> None:
    """R59: what somebody did stays on record under the name."""
    owner, member = await given_owner(deps), await given_staff(deps, Role.ADMIN, name='Ada Admin')
    token = await given_staff_invitation(deps, member)
    await nothing_happens(deps, StaffActive, lambda: remove_staff(deps, owner, member.staff_id))
    await disable_staff(deps, owner, member.staff_id)
    await remove_staff(deps, owner, member.staff_id)
    assert await StaffMember.get_or_none(id=member.staff_id) is None
    assert [row.actor_name for row in await audit_rows(AuditKind.STAFF_INVITED)] == ['Ada Admin']
    bea = await StaffMember.get(email=BEA)
    await remove_staff(deps, owner, bea.id)
    with pytest.raises(LinkExpired):
        await accept_staff_invitation(deps, a_visitor(), token, 'a quiet harbour at dawn')
    assert [row.detail['member'] for row in await audit_rows(AuditKind.STAFF_REMOVED)] == ['Ada Admin', 'Bea Lund']


# ── Fresh sign-ins ───────────────────────────────────────────────────────────


@pytest.mark.parametrize('what', [*TO_A_MEMBER, 'invite'])
async def test_changes_of_the_team_ask_for_a_fresh_sign_in(deps: Dependencies, clock: FixedClock, what: str) -> None:
    """R38: within 15 minutes; later it is refused and nothing happens. Looking is free."""
    owner, member = await given_owner(deps), await given_staff(deps)
    await given_second_factor(deps, member)
    act = TO_A_MEMBER.get(what, lambda d, a, _: invite_staff(d, a, 'Bea', BEA, Role.STAFF))
    later(clock, minutes=15)
    await nothing_happens(deps, SignInNotFresh, lambda: act(deps, owner, member.staff_id))
    await list_team(deps, owner)
    await look_before_disabling(deps, owner, member.staff_id)
