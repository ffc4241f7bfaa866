"""What is in force at a moment: the mode, its date, and how long sessions last."""

from datetime import timedelta

import pytest

from domain.access import sessions
from domain.access.security_policy import SecurityMode, policy_at
from domain.access.security_settings import change_session_lengths, read_security, set_staff_two_factor_required
from domain.actors import Role
from domain.audit import AuditKind
from domain.dependencies import Dependencies
from domain.errors import NumberOutOfRange, SignInNotFresh
from domain.events import SecurityChanged
from storage.models import ClientSession, PortalSettings, StaffMember
from tests.factories import audit_rows, given_joined_client, given_owner, given_staff, heard, later
from tests.support.clock import FixedClock


async def given_mode(mode: SecurityMode, **planned: object) -> None:
    """As if it had been in force for ever."""
    await PortalSettings.filter(id=1).update(security_mode=mode.value, **planned)


async def test_what_each_mode_means(deps: Dependencies, clock: FixedClock) -> None:
    """R14, R35: twelve characters, eight beside a second factor; an hour and a day where that is required."""
    seen = {}
    for mode in SecurityMode:
        await given_mode(mode)
        policy = await policy_at(clock.now())
        seen[mode.value] = (
            policy.passwords_work,
            policy.second_factor_required,
            policy.least_password,
            policy.idle,
            policy.absolute,
        )
    week, month = timedelta(days=7), timedelta(days=30)
    assert seen == {
        'link_and_password': (True, False, 12, week, month),
        'link_only': (False, False, 12, week, month),
        'link_and_password_2fa': (True, True, 8, timedelta(hours=1), timedelta(hours=24)),
    }


async def test_a_planned_mode_is_in_force_from_its_moment_on(deps: Dependencies, clock: FixedClock) -> None:
    """R30: from the chosen date, whoever writes it down when."""
    at = clock.now() + timedelta(hours=2)
    await given_mode(SecurityMode.LINK_AND_PASSWORD, next_security_mode='link_and_password_2fa', next_mode_from=at)
    before = await policy_at(at - timedelta(microseconds=1))
    assert (before.mode, before.next_mode, before.next_from) == (
        SecurityMode.LINK_AND_PASSWORD,
        SecurityMode.LINK_AND_PASSWORD_2FA,
        at,
    )
    then = await policy_at(at)
    assert (then.mode, then.next_mode, then.next_from) == (SecurityMode.LINK_AND_PASSWORD_2FA, None, None)
    assert then.idle == timedelta(hours=1)


async def test_staff_may_shorten_sessions(deps: Dependencies, clock: FixedClock) -> None:
    """R35: idle 1 to 7 days, absolute 1 to 30; sessions that are alive are shortened too, and never made longer."""
    owner = await given_owner(deps)
    await given_joined_client(deps, owner)
    changed = heard(deps, SecurityChanged)
    assert await change_session_lengths(deps, owner, 2, 10) == 1
    session = await ClientSession.get()
    assert session.idle_expires_at == clock.now() + timedelta(days=2)
    assert session.expires_at == clock.now() + timedelta(days=10)
    assert await change_session_lengths(deps, owner, 7, 30) == 0
    session = await ClientSession.get()
    assert session.expires_at == clock.now() + timedelta(days=10)
    assert await change_session_lengths(deps, owner, 7, 30) == 0
    assert len(changed) == 2
    first, _ = await audit_rows(AuditKind.SETTINGS_CHANGED)
    assert first.detail == {'changed': {'client_idle_days': 2, 'client_session_days': 10}, 'shortened': 1}
    for idle, absolute in ((0, 10), (8, 10), (2, 0), (2, 31)):
        with pytest.raises(NumberOutOfRange):
            await change_session_lengths(deps, owner, idle, absolute)


async def test_a_chosen_length_holds_beside_the_second_factor(deps: Dependencies, clock: FixedClock) -> None:
    """R35: where a second factor is required, what is chosen does not make sessions longer than an hour and a day."""
    owner = await given_owner(deps)
    await change_session_lengths(deps, owner, 1, 1)
    await given_mode(SecurityMode.LINK_AND_PASSWORD_2FA)
    policy = await policy_at(clock.now())
    assert (policy.idle, policy.absolute) == (timedelta(hours=1), timedelta(hours=24))
    settings = await read_security(deps, owner)
    assert (settings.idle_days, settings.session_days) == (1, 1)


async def test_staff_are_held_until_they_enrol(deps: Dependencies, clock: FixedClock) -> None:
    """R30, R38: the setting holds every member without a second factor, the owner who sets it too; asked for anew."""
    owner = await given_owner(deps)
    other = await given_staff(deps, Role.STAFF)
    await StaffMember.filter(id=other.staff_id).update(totp_enrolled_at=clock.now())
    settings = await read_security(deps, owner)
    assert (settings.staff_without, settings.you_are_enrolled) == (1, False)
    changed = heard(deps, SecurityChanged)
    assert await set_staff_two_factor_required(deps, owner, True) == 1
    assert await sessions.how_it_stands(deps, owner) is sessions.Stands.HELD
    assert await sessions.how_it_stands(deps, other) is sessions.Stands.GOOD
    (row,) = await audit_rows(AuditKind.STAFF_TWO_FACTOR_POLICY)
    assert row.detail == {'on': True, 'must_set_up': 1}
    assert len(changed) == 1
    await StaffMember.filter(id=owner.staff_id).update(totp_enrolled_at=clock.now())
    later(clock, minutes=16)
    with pytest.raises(SignInNotFresh):
        await set_staff_two_factor_required(deps, owner, False)
