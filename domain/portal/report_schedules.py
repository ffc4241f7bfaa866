"""Reports that come by themselves: when, which contacts, in which form, and to whom of the staff.

What is mailed is a link that asks for sign-in, never the report. Who may be told is looked up when the mail is written:
a member who was disabled, or may not export any more, gets none. The mails and the next date are one transaction, so
that a kill loses and doubles none, and of several instances one writes them. Of what came due while nothing ran, one
mail is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import structlog

from domain.activity.access_report import FileFormat
from domain.actors import Role, StaffActor
from domain.audit import AuditKind, record
from domain.authorization import ALLOWED, Permission, authorise
from domain.contacts.contact_filter import ContactFilter
from domain.dependencies import Dependencies
from domain.errors import NumberOutOfRange
from domain.events import ReportSchedulesChanged
from domain.mail import outbox
from domain.mail.letterhead import read_letterhead
from domain.portal.report_mail import report_mail
from domain.portal.report_times import MINUTES_OF_A_DAY, Every, Rhythm, is_zone
from domain.repeating import LONGEST_SLEEP
from domain.unit_of_work import deed, unit_of_work
from domain.view_errors import (
    FilterInvalid,
    MayNotExport,
    NobodyToTell,
    ScheduleNotFound,
    TooManySchedules,
    ZoneUnknown,
)
from storage import report_claims
from storage.models import ReportSchedule, StaffMember

log = structlog.get_logger(__name__)

MOST = 50  # schedules of a firm


@dataclass(frozen=True)
class Recipient:
    """A member of the team. `gets_it`: it may export, and can sign in."""

    id: int
    name: str
    email: str
    gets_it: bool


@dataclass(frozen=True)
class Schedule:
    """A report that comes by itself. `next_at` and `last_at` are UTC."""

    id: int
    rhythm: Rhythm
    fits: ContactFilter
    file_format: FileFormat
    recipients: tuple[Recipient, ...]
    next_at: datetime
    last_at: datetime | None
    made_by_name: str


@dataclass(frozen=True)
class Wish:
    """What somebody wants: `query` as in the address of the contact list, `staff_ids` of those who are to be told."""

    rhythm: Rhythm
    file_format: FileFormat
    staff_ids: tuple[int, ...]
    query: Mapping[str, str]


async def list_schedules(deps: Dependencies, actor: StaffActor) -> list[Schedule]:
    """All of them, the one that is due first before the others. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.EXPORT_REPORT)
    rows = await ReportSchedule.all().order_by('next_at', 'id')
    members = {one.id: one for one in await StaffMember.all()}
    return [_schedule(row, members) for row in rows]


async def who_can_be_told(deps: Dependencies, actor: StaffActor) -> list[Recipient]:
    """Members of the team who may export and can sign in, by name. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.EXPORT_REPORT)
    members = [_recipient(one) for one in await StaffMember.all()]
    return sorted((one for one in members if one.gets_it), key=lambda one: (one.name.casefold(), one.id))


@deed
async def save_schedule(deps: Dependencies, actor: StaffActor, wish: Wish, schedule_id: int | None = None) -> int:
    """Make one, or change the one with this id; its id. What it was due for before is forgotten.

    Raises NobodyToTell, MayNotExport, FilterInvalid, ZoneUnknown, NumberOutOfRange for the field that is wrong,
    ScheduleNotFound, TooManySchedules, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EXPORT_REPORT)
    fits = _checked(wish)
    await _check_recipients(wish.staff_ids)
    async with unit_of_work(deps) as work:
        values: dict[str, Any] = {
            'every': wish.rhythm.every.value,
            'weekday': wish.rhythm.weekday,
            'day': wish.rhythm.day,
            'at_minute': wish.rhythm.at_minute,
            'zone': wish.rhythm.zone,
            'query': urlencode(fits.to_query()),
            'file_format': wish.file_format.value,
            'staff_ids': sorted(set(wish.staff_ids)),
            'next_at': wish.rhythm.next_after(work.now),
        }
        if schedule_id is None:
            if await ReportSchedule.all().count() >= MOST:
                raise TooManySchedules(MOST)
            made = await ReportSchedule.create(
                **values, made_by_id=actor.staff_id, made_by_name=actor.name, created_at=work.now
            )
            schedule_id = int(made.id)
        elif not await ReportSchedule.filter(id=schedule_id).update(**values):
            raise ScheduleNotFound(schedule_id)
        await record(work, AuditKind.REPORT_SCHEDULED, actor, **_told(wish, fits))
        work.tell(ReportSchedulesChanged())
    return schedule_id


@deed
async def delete_schedule(deps: Dependencies, actor: StaffActor, schedule_id: int) -> None:
    """It comes no more. Raises ScheduleNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.EXPORT_REPORT)
    async with unit_of_work(deps) as work:
        if not await ReportSchedule.filter(id=schedule_id).delete():
            raise ScheduleNotFound(schedule_id)
        await record(work, AuditKind.REPORT_UNSCHEDULED, actor)
        work.tell(ReportSchedulesChanged())


async def send_due_reports(deps: Dependencies) -> int:
    """Tell whoever is to be told of the reports that are due; how many mails were written.

    One that cannot be written holds back no other, and stays due. Raises what is wrong when none could be.
    """
    written, faults = 0, []
    rows = await ReportSchedule.filter(next_at__lte=deps.clock.now()).order_by('next_at', 'id')
    for row in rows:
        try:
            written += await _send(deps, row)
        except Exception as fault:
            log.exception('could not announce a report', schedule_id=row.id)
            faults.append(fault)
    if faults and len(faults) == len(rows):
        raise faults[0]
    return written


async def keep_sending_reports(deps: Dependencies) -> float:
    """The same for domain/repeating.py: seconds until the next is due. One that stays due is tried again with it, or
    after LONGEST_SLEEP."""
    began = deps.clock.now()
    await send_due_reports(deps)
    first = await ReportSchedule.filter(next_at__gt=began).order_by('next_at').first()
    return (first.next_at - deps.clock.now()).total_seconds() if first else LONGEST_SLEEP


@deed
async def _send(deps: Dependencies, row: ReportSchedule) -> int:
    async with unit_of_work(deps) as work:
        following = _rhythm(row).next_after(work.now)
        if not await report_claims.move_schedule_on(row.id, row.next_at, following, work.now):
            return 0  # another instance did, or somebody has just changed it
        work.tell(ReportSchedulesChanged())
        told = [one for one in await StaffMember.filter(id__in=row.staff_ids).order_by('id') if _recipient(one).gets_it]
        letterhead = await read_letterhead()
        schedule = _schedule(row, {one.id: one for one in told})
        mails = [
            report_mail(deps, letterhead, one.name, one.email, schedule.rhythm, schedule.fits, schedule.file_format)
            for one in told
        ]
        await outbox.enqueue_many(work, mails)
        return len(mails)


# ── What is stored ───────────────────────────────────────────────────────────


def _schedule(row: ReportSchedule, members: Mapping[int, StaffMember]) -> Schedule:
    return Schedule(
        id=row.id,
        rhythm=_rhythm(row),
        fits=ContactFilter.from_query(dict(parse_qsl(row.query))),
        file_format=FileFormat(row.file_format),
        recipients=tuple(_recipient(members[one]) for one in row.staff_ids if one in members),
        next_at=row.next_at,
        last_at=row.last_at,
        made_by_name=row.made_by_name,
    )


def _rhythm(row: ReportSchedule) -> Rhythm:
    return Rhythm(Every(row.every), row.at_minute, row.zone, row.weekday, row.day)


def _recipient(member: StaffMember) -> Recipient:
    may = Permission.EXPORT_REPORT in ALLOWED[Role(member.role)]
    can_sign_in = member.disabled_at is None and bool(member.password_hash)
    return Recipient(member.id, member.name, member.email, may and can_sign_in)


# ── Checks ───────────────────────────────────────────────────────────────────


def _checked(wish: Wish) -> ContactFilter:
    rhythm = wish.rhythm
    for field, value, bounds in (
        ('at_minute', rhythm.at_minute, (0, MINUTES_OF_A_DAY - 1)),
        ('weekday', rhythm.weekday, (0, 6)),
        ('day', rhythm.day, (1, 31)),
    ):
        if not bounds[0] <= value <= bounds[1]:
            raise NumberOutOfRange(field, *bounds)
    if not is_zone(rhythm.zone):
        raise ZoneUnknown(rhythm.zone)
    fits = ContactFilter.from_query(wish.query)
    if fits.faults:
        raise FilterInvalid(fits.faults)
    return fits


async def _check_recipients(staff_ids: Sequence[int]) -> None:
    if not staff_ids:
        raise NobodyToTell()
    members = {one.id: _recipient(one) for one in await StaffMember.filter(id__in=list(staff_ids))}
    for staff_id in staff_ids:
        if staff_id not in members or not members[staff_id].gets_it:
            raise MayNotExport(members[staff_id].name if staff_id in members else '')


def _told(wish: Wish, fits: ContactFilter) -> dict[str, Any]:
    return {
        'every': wish.rhythm.every.value,
        'format': wish.file_format.value,
        'filter': fits.to_query(),
        'staff_ids': sorted(set(wish.staff_ids)),
    }
