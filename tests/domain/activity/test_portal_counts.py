"""The four figures, what stands beneath them, and the picture of invited against joined."""

from datetime import UTC, date, datetime, timedelta
from typing import Literal

import pytest

from domain.activity.portal_counts import CohortCount, Inside, PortalCounts, cohorts, portal_counts
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.finding import count_contacts
from domain.contacts.invitations import invite_contact
from domain.contacts.portal_access import give_access, revoke_access
from domain.dependencies import Dependencies
from storage.models import Contact, Invitation
from tests.factories import (
    come_in,
    given_contact,
    given_invited,
    given_joined_client,
    given_one_login_on_three,
    given_owner,
    later,
)
from tests.support.clock import START, FixedClock


async def test_an_empty_portal_is_all_zero(deps: Dependencies) -> None:
    """The empty dashboard."""
    assert await portal_counts(deps) == PortalCounts()


async def test_the_figures(deps: Dependencies, clock: FixedClock) -> None:
    """With access, invited, joined, online now; the figures are those of the list's chips."""
    owner = await given_owner(deps)
    await given_contact(deps, 'A', 'a@x.example', access=False)
    await given_contact(deps, 'B', 'b@x.example')
    await given_invited(deps, owner, 'C', 'c@x.example')
    client = await given_joined_client(deps, owner, 'D', 'd@x.example')
    shut = await given_joined_client(deps, owner, 'E', 'e@x.example')
    await revoke_access(deps, owner, shut.contact_id)
    counts = await portal_counts(deps)
    assert (counts.contacts, counts.with_access, counts.invited, counts.joined, counts.online) == (5, 3, 1, 1, 1)
    assert counts.inside == (Inside(client.contact_id, 'D', 'person'),)
    by_status = (await count_contacts(deps, owner, ContactFilter())).by_status
    assert (by_status['invited'], by_status['joined']) == (counts.invited, counts.joined)


async def test_invitations_run_out(deps: Dependencies, clock: FixedClock) -> None:
    """Beneath `invited`: how many expire within two days, how many have expired; on the second."""
    await given_invited(deps, await given_owner(deps))
    seen = []
    for step in (
        timedelta(),
        timedelta(days=5, seconds=-1),
        timedelta(seconds=1),
        timedelta(days=2, seconds=-1),
        timedelta(seconds=1),
    ):
        clock.advance(step)
        counts = await portal_counts(deps)
        seen.append((counts.invited, counts.expire_soon, counts.expired))
    assert seen == [(1, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 0), (0, 0, 1)]


async def test_this_week(deps: Dependencies, clock: FixedClock) -> None:
    """Beneath `with access` and `joined`: those of the last seven days."""
    owner = await given_owner(deps)
    await given_joined_client(deps, owner)
    later(clock, days=7, seconds=-1)
    counts = await portal_counts(deps)
    assert (counts.access_this_week, counts.joined_this_week) == (1, 1)
    later(clock, seconds=1)
    counts = await portal_counts(deps)
    assert (counts.access_this_week, counts.joined_this_week) == (0, 0)
    shut = await given_contact(deps, 'B', 'b@x.example', revoked_by=await given_owner(deps))
    assert (await portal_counts(deps)).access_this_week == 0
    await give_access(deps, await given_owner(deps), shut.id)
    assert (await portal_counts(deps)).access_this_week == 1


async def test_refused_addresses_are_counted(deps: Dependencies) -> None:
    """550 is seen by staff."""
    await given_contact(deps)
    await Contact.all().update(email_status='refused')
    assert (await portal_counts(deps)).refused == 1


async def test_who_is_inside(deps: Dependencies, clock: FixedClock) -> None:
    """The newest five by name; a login of three that has picked is shown as whom it picked."""
    owner = await given_owner(deps)
    contacts = await given_one_login_on_three(deps)
    await come_in(deps, owner, contacts[1].id)
    for number in range(6):
        clock.advance(timedelta(seconds=1))
        await given_joined_client(deps, owner, f'Client {number}', f'c{number}@x.example')
    counts = await portal_counts(deps)
    assert counts.online == 7
    assert [one.name for one in counts.inside] == [f'Client {number}' for number in (5, 4, 3, 2, 1)]
    await Contact.filter(name__startswith='Client').delete()
    assert [one.name for one in (await portal_counts(deps)).inside] == ['Holm Bau AG']


async def given_invitation(
    deps: Dependencies, contact: Contact, at: datetime, joined: bool, *, cancelled: bool = False
) -> None:
    await Invitation.create(
        contact_id=contact.id,
        email='x@x.example',
        created_at=at,
        expires_at=at + timedelta(days=7),
        accepted_at=at + timedelta(days=1) if joined else None,
        cancelled_at=at if cancelled else None,
    )


SECOND = timedelta(seconds=1)
WEEKS = [date(2026, 2, 16), date(2026, 2, 23), date(2026, 3, 2)]  # Mondays; the clock stands at 2026-03-02 09:00
MONTHS = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]


@pytest.mark.parametrize(('unit', 'starts'), [('week', WEEKS), ('month', MONTHS)])
async def test_cohorts_at_their_borders(deps: Dependencies, unit, starts: list[date]) -> None:  # type: ignore[no-untyped-def]
    """Invited against joined over time. The first second belongs to a period, the last one still does."""
    contact = await given_contact(deps)
    begins = [datetime(start.year, start.month, start.day, tzinfo=UTC) for start in starts]
    await given_invitation(deps, contact, begins[0] - SECOND, True)  # before the picture
    for number, begin in enumerate(begins):
        await given_invitation(deps, contact, begin, True)
        if number:
            waiting = await given_contact(deps, f'Waits {number}', f'waits{number}@x.example')
            await given_invitation(deps, waiting, begin - SECOND, False)
            await given_invitation(deps, contact, begin, False, cancelled=True)  # taken back: it does not count
    assert await cohorts(deps, 3, unit) == [
        CohortCount(starts[0], 2, 1),
        CohortCount(starts[1], 2, 1),
        CohortCount(starts[2], 1, 1),
    ]


PERIODS: list[tuple[datetime, Literal['week', 'month'], list[date]]] = [
    (datetime(2026, 1, 1, tzinfo=UTC), 'month', [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1)]),
    (
        datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC),
        'month',
        [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)],
    ),
    (
        datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC),
        'week',
        [date(2026, 2, 9), date(2026, 2, 16), date(2026, 2, 23)],
    ),
    (datetime(2026, 1, 2, tzinfo=UTC), 'week', [date(2025, 12, 15), date(2025, 12, 22), date(2025, 12, 29)]),
]


async def test_periods_before_now(deps: Dependencies, clock: FixedClock) -> None:
    """Weeks begin on Monday, months on the first; years and short months are no matter."""
    for now, unit, starts in PERIODS:
        clock.set(now)
        assert await cohorts(deps, 3, unit) == [CohortCount(start, 0, 0) for start in starts]


async def test_a_renewed_invitation_is_one_invitation(deps: Dependencies, clock: FixedClock) -> None:
    """Invited again is still one that was invited, in the period of the first mail; joined by any link counts."""
    owner = await given_owner(deps)
    invited = await given_invited(deps, owner)
    later(clock, days=7)
    owner = await given_owner(deps)
    await invite_contact(deps, owner, invited.contact_id)
    assert await cohorts(deps, 2, 'week') == [CohortCount(START.date(), 1, 0), CohortCount(date(2026, 3, 9), 0, 0)]
    await come_in(deps, owner, invited.contact_id)
    assert (await cohorts(deps, 2, 'week'))[0] == CohortCount(START.date(), 1, 1)
