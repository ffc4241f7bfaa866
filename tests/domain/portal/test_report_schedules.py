"""Reports that come by themselves: to whom, when, once; and what the mail leads to."""

import asyncio
import re
from dataclasses import replace

import pytest

from domain.activity.access_report import FileFormat
from domain.actors import Role, StaffActor
from domain.audit import AuditKind
from domain.contacts.contact_filter import ContactFilter
from domain.dependencies import Dependencies
from domain.errors import DomainError, NotAllowed, NumberOutOfRange
from domain.events import ReportSchedulesChanged
from domain.portal import report_schedules
from domain.portal.report_schedules import (
    Recipient,
    Wish,
    delete_schedule,
    keep_sending_reports,
    list_schedules,
    save_schedule,
    send_due_reports,
    who_can_be_told,
)
from domain.portal.report_times import Every, Rhythm
from domain.view_errors import (
    FilterInvalid,
    MayNotExport,
    NobodyToTell,
    ScheduleNotFound,
    TooManySchedules,
    ZoneUnknown,
)
from storage.models import OutboxMail, PortalSettings, ReportSchedule, StaffMember
from tests.factories import audit_rows, every_row, given_owner, given_staff, heard, later, mails_to
from tests.support.clock import START, FixedClock

DAILY = Rhythm(Every.DAY, 10 * 60, 'UTC')  # the clock stands at nine


def a_wish(*told: StaffActor, **changes: object) -> Wish:
    wish = Wish(DAILY, FileFormat.XLSX, tuple(one.staff_id for one in told), {'status': 'joined'})
    return replace(wish, **changes)  # type: ignore[arg-type]


async def told_now() -> list[str]:
    return [str(one) for one in await OutboxMail.all().order_by('id').values_list('to_address', flat=True)]


async def test_it_comes_when_it_is_due_and_once(deps: Dependencies, clock: FixedClock) -> None:
    owner, admin = await given_owner(deps), await given_staff(deps, Role.ADMIN)
    await save_schedule(deps, owner, a_wish(owner, admin))
    assert await keep_sending_reports(deps) == 3_600
    later(clock, minutes=59, seconds=59)
    assert await send_due_reports(deps) == 0
    later(clock, seconds=1)
    assert await send_due_reports(deps) == 2
    assert await send_due_reports(deps) == 0
    assert sorted(await told_now()) == sorted([owner.email, admin.email])
    assert await keep_sending_reports(deps) == 86_400
    later(clock, days=1)
    assert await send_due_reports(deps) == 2


async def test_what_came_due_while_nothing_ran_comes_once(deps: Dependencies, clock: FixedClock) -> None:
    """Ten days: one mail, and the next at its time."""
    owner = await given_owner(deps)
    await save_schedule(deps, owner, a_wish(owner))
    later(clock, days=10)
    assert await send_due_reports(deps) == 1
    (row,) = await ReportSchedule.all()
    assert (row.last_at, row.next_at) == (clock.now(), DAILY.next_after(clock.now()))


async def test_one_that_cannot_be_written_holds_back_no_other(deps: Dependencies, clock: FixedClock) -> None:
    """It stays due, and those behind it come. When none can be written, whoever repeats this learns why."""
    owner = await given_owner(deps)
    wrong, right = [await save_schedule(deps, owner, a_wish(owner)) for _ in range(2)]
    await ReportSchedule.filter(id=wrong).update(every='never')
    later(clock, hours=1)
    assert await keep_sending_reports(deps) == 86_400
    assert await told_now() == [owner.email]
    rows = {row.id: row for row in await ReportSchedule.all()}
    assert rows[wrong].next_at == clock.now() < rows[right].next_at
    with pytest.raises(ValueError, match='never'):
        await send_due_reports(deps)
    assert len(await told_now()) == 1


async def test_the_mail_is_a_link_that_holds_the_filters(deps: Dependencies, clock: FixedClock) -> None:
    """Not the report: a link to the page, which asks for sign-in like every page."""
    await PortalSettings.filter(id=1).update(firm_name='Northwind')
    owner = await given_owner(deps, name='Olga Brandt')
    await save_schedule(deps, owner, a_wish(owner, query={'status': 'joined', 'search': 'Weiß & Söhne'}))
    later(clock, hours=1)
    await send_due_reports(deps)
    (mail,) = await mails_to(deps, owner.email)
    assert (mail.row.kind, mail.row.subject) == ('report', 'Your access report is ready · Northwind')
    assert 'Hello Olga,' in mail.text
    assert 'It comes every day at 10:00 (UTC)' in mail.text
    assert 'search: Weiß & Söhne, status: joined' in mail.text
    (link,) = set(re.findall(r'https?://\S+/staff/access-report\S*', mail.text))
    assert link.endswith('/staff/access-report?search=Wei%C3%9F+%26+S%C3%B6hne&status=joined&file=xlsx')
    assert mail.row.token_id is None, 'the link itself opens nothing'


async def test_without_filters_it_holds_everybody(deps: Dependencies, clock: FixedClock) -> None:
    owner = await given_owner(deps)
    await save_schedule(deps, owner, a_wish(owner, query={}, file_format=FileFormat.CSV))
    later(clock, hours=1)
    await send_due_reports(deps)
    (mail,) = await mails_to(deps, owner.email)
    assert 'It holds all contacts.' in mail.text
    assert '/staff/access-report?file=csv\n' in mail.text


@pytest.mark.parametrize('how', ['disabled', 'demoted', 'removed'])
async def test_who_may_not_any_more_gets_none(deps: Dependencies, clock: FixedClock, how: str) -> None:
    """R57: looked up when the mail is written, not when the schedule was made."""
    owner, admin = await given_owner(deps), await given_staff(deps, Role.ADMIN, name='Ada')
    schedule_id = await save_schedule(deps, owner, a_wish(owner, admin))
    if how == 'disabled':
        await StaffMember.filter(id=admin.staff_id).update(disabled_at=clock.now())
    elif how == 'demoted':
        await StaffMember.filter(id=admin.staff_id).update(role=Role.STAFF.value)
    else:
        await StaffMember.filter(id=admin.staff_id).delete()
    (shown,) = await list_schedules(deps, owner)
    assert shown.id == schedule_id
    expected = [(owner.staff_id, True)] + ([] if how == 'removed' else [(admin.staff_id, False)])
    assert [(one.id, one.gets_it) for one in shown.recipients] == expected
    later(clock, hours=1)
    assert await send_due_reports(deps) == 1
    assert await told_now() == [owner.email]
    assert admin.staff_id not in [one.id for one in await who_can_be_told(deps, owner)]


async def test_when_nobody_may_any_more_it_goes_on_to_the_next_date(deps: Dependencies, clock: FixedClock) -> None:
    owner, admin = await given_owner(deps), await given_staff(deps, Role.ADMIN)
    await save_schedule(deps, owner, a_wish(admin))
    await StaffMember.filter(id=admin.staff_id).update(role=Role.STAFF.value)
    later(clock, hours=1)
    assert await send_due_reports(deps) == 0
    assert (await ReportSchedule.get()).next_at == DAILY.next_after(clock.now())


async def test_who_can_be_told(deps: Dependencies) -> None:
    """Owners and admins who have joined."""
    owner = await given_owner(deps, name='Olga')
    admin = await given_staff(deps, Role.ADMIN, name='ada')
    await given_staff(deps, Role.STAFF)
    await StaffMember.create(name='Invited', email='i@firm.example', role='admin', password_hash='', created_at=START)
    assert await who_can_be_told(deps, owner) == [
        Recipient(admin.staff_id, 'ada', admin.email, True),
        Recipient(owner.staff_id, 'Olga', owner.email, True),
    ]


async def test_changing_and_deleting(deps: Dependencies, clock: FixedClock) -> None:
    """Told to open pages and on record; what it was due for before is forgotten."""
    owner = await given_owner(deps, name='Olga Brandt')
    told = heard(deps, ReportSchedulesChanged)
    schedule_id = await save_schedule(deps, owner, a_wish(owner))
    weekly = Rhythm(Every.WEEK, 7 * 60, 'Europe/Berlin', weekday=4)
    assert await save_schedule(deps, owner, a_wish(owner, rhythm=weekly, query={}), schedule_id) == schedule_id
    (shown,) = await list_schedules(deps, owner)
    assert (shown.rhythm, shown.fits, shown.made_by_name) == (weekly, ContactFilter(), 'Olga Brandt')
    assert shown.next_at == weekly.next_after(clock.now())
    later(clock, hours=1)
    assert await send_due_reports(deps) == 0
    await delete_schedule(deps, owner, schedule_id)
    assert await list_schedules(deps, owner) == []
    assert len(told) == 3
    kinds = [row.kind for row in await audit_rows(AuditKind.REPORT_SCHEDULED, AuditKind.REPORT_UNSCHEDULED)]
    assert kinds == ['activity:report:scheduled'] * 2 + ['activity:report:unscheduled']
    for deed in (delete_schedule(deps, owner, schedule_id), save_schedule(deps, owner, a_wish(owner), schedule_id)):
        with pytest.raises(ScheduleNotFound):
            await deed


WRONG: list[tuple[dict[str, object], DomainError]] = [
    ({'staff_ids': ()}, NobodyToTell()),
    ({'staff_ids': (4711,)}, MayNotExport('')),
    ({'query': {'status': 'bogus'}}, FilterInvalid(('status',))),
    ({'rhythm': replace(DAILY, zone='Mars/Olympus')}, ZoneUnknown('Mars/Olympus')),
    ({'rhythm': replace(DAILY, at_minute=1_440)}, NumberOutOfRange('at_minute', 0, 1_439)),
    ({'rhythm': replace(DAILY, weekday=7)}, NumberOutOfRange('weekday', 0, 6)),
    ({'rhythm': replace(DAILY, day=0)}, NumberOutOfRange('day', 1, 31)),
]


async def test_what_is_wrong_is_said_and_nothing_saved(deps: Dependencies) -> None:
    owner, staff = await given_owner(deps), await given_staff(deps, Role.STAFF, name='Sam')
    before = await every_row()
    for changes, error in [*WRONG, ({'staff_ids': (owner.staff_id, staff.staff_id)}, MayNotExport('Sam'))]:
        with pytest.raises(type(error)) as refused:
            await save_schedule(deps, owner, a_wish(owner, **changes))
        assert refused.value == error
    with pytest.raises(NotAllowed):
        await save_schedule(deps, staff, a_wish(owner))
    assert await every_row() == before


async def test_there_is_an_end_to_them(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_schedules, 'MOST', 1)
    owner = await given_owner(deps)
    made = await save_schedule(deps, owner, a_wish(owner))
    with pytest.raises(TooManySchedules):
        await save_schedule(deps, owner, a_wish(owner))
    await save_schedule(deps, owner, a_wish(owner), made)


# ── Several instances, and a fault in the middle ──


async def test_several_instances_tell_once(deps: Dependencies, clock: FixedClock) -> None:
    owner = await given_owner(deps)
    for _ in range(5):
        await save_schedule(deps, owner, a_wish(owner))
    later(clock, hours=1)
    assert sum(await asyncio.gather(*(send_due_reports(deps) for _ in range(4)))) == 5
    assert len(await told_now()) == 5


async def test_a_fault_in_the_middle_writes_nothing(
    deps: Dependencies, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next date and the mails are one transaction: what was killed between them is done again, whole."""
    owner = await given_owner(deps)
    await save_schedule(deps, owner, a_wish(owner))
    later(clock, hours=1)

    async def broken(*_: object) -> None:
        raise RuntimeError('the power goes')

    with monkeypatch.context() as patched:
        patched.setattr(report_schedules.outbox, 'enqueue_many', broken)
        with pytest.raises(RuntimeError):
            await send_due_reports(deps)
    assert await told_now() == []
    assert await send_due_reports(deps) == 1


async def test_one_that_was_changed_at_that_moment_waits_for_its_new_time(
    deps: Dependencies, clock: FixedClock
) -> None:
    """Read as due, and changed before it was written."""
    owner = await given_owner(deps)
    schedule_id = await save_schedule(deps, owner, a_wish(owner))
    later(clock, hours=1)
    (due,) = await ReportSchedule.all()
    await save_schedule(deps, owner, a_wish(owner, rhythm=replace(DAILY, at_minute=18 * 60)), schedule_id)
    assert await report_schedules._send(deps, due) == 0
    assert await told_now() == []
