"""What is done to many contacts at once: first in numbers, then as a job.

Each kind does to every contact what its single deed does to one, by the same function (domain/contacts/bulk_kinds.py).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from domain.access.rate_limits import check_staff_budget
from domain.actors import StaffActor
from domain.authorization import Permission, authorise
from domain.contacts.selection import Selection
from domain.dependencies import Dependencies
from domain.errors import NobodyChosen, NumberDiffers
from domain.jobs.jobs import begin_job
from domain.texts import paragraphs
from domain.unit_of_work import deed, unit_of_work
from storage import bulk_sql


class BulkKind(StrEnum):
    """What can be done to many."""

    INVITE = 'invite'
    LOGIN_EMAIL = 'login_email'
    GIVE_ACCESS = 'give_access'
    REVOKE_ACCESS = 'revoke_access'
    EXPORT = 'export'  # a download, not a job: /staff/access-report.csv and .xlsx take a selection
    DELETE = 'delete'
    REMINDER = 'reminder'


PERMISSIONS = {
    BulkKind.INVITE: Permission.GIVE_ACCESS,
    BulkKind.LOGIN_EMAIL: Permission.GIVE_ACCESS,
    BulkKind.GIVE_ACCESS: Permission.GIVE_ACCESS,
    BulkKind.REVOKE_ACCESS: Permission.GIVE_ACCESS,
    BulkKind.EXPORT: Permission.EXPORT_REPORT,
    BulkKind.DELETE: Permission.EDIT_CONTACTS,
    BulkKind.REMINDER: Permission.GIVE_ACCESS,
}


class Group(StrEnum):
    """In which of these a contact would come, in the order they are told."""

    TO_INVITE = 'to_invite'
    TO_INVITE_AGAIN = 'to_invite_again'
    TO_MAIL = 'to_mail'
    TO_GIVE = 'to_give'
    TO_REVOKE = 'to_revoke'
    TO_EXPORT = 'to_export'
    TO_DELETE = 'to_delete'
    TO_DELETE_WITH_ACCESS = 'to_delete_with_access'
    TO_REMIND = 'to_remind'
    SHARE_ADDRESS = 'share_address'
    REVOKED = 'was_revoked'
    HAD_ACCESS = 'had_access'
    JOINED_ALREADY = 'joined_already'
    INVITE_EXPIRED = 'invite_expired'
    NOT_INVITED = 'not_invited'
    NO_ACCESS = 'no_access'
    NO_ADDRESS = 'no_address'


LEFT_ALONE = frozenset(
    {
        Group.HAD_ACCESS,
        Group.JOINED_ALREADY,
        Group.NO_ACCESS,
        Group.NO_ADDRESS,
    }
)
"""Nothing is done to these."""
CAN_BE_LEFT_OUT = (Group.SHARE_ADDRESS, Group.REVOKED)
"""Something could be done to these, and whoever asks for it may say that it is not to be."""
LEFT_OUT_UNLESS_ASKED = (Group.REVOKED,)
"""Somebody took their access away: inviting them gives it back, which is never done by the way."""
COUNTED = frozenset({BulkKind.REVOKE_ACCESS, BulkKind.DELETE})
"""Whoever asks for these types how many contacts they are."""
_LETS_IN = (Group.TO_INVITE, Group.SHARE_ADDRESS)


@dataclass(frozen=True)
class DryRun:
    """What would be done, in numbers: `groups` in the order they are told, without empty ones.

    `ends`: the `sessions` and `invitations` that would end with it. `gains`: how many of a group have no access and are
    given it by being invited. Nothing is written.
    """

    kind: BulkKind
    groups: Mapping[Group, int]
    ends: Mapping[str, int]
    gains: Mapping[Group, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many contacts were chosen."""
        return sum(self.groups.values())

    @property
    def affected(self) -> int:
        """How many of them something would be done to."""
        return sum(number for group, number in self.groups.items() if group not in LEFT_ALONE)


@dataclass(frozen=True)
class GroupMember:
    """A contact of a group. `cursor` asks for those that follow."""

    id: int
    name: str
    kind: str
    email: str
    cursor: tuple[str, int]


async def look_before(deps: Dependencies, actor: StaffActor, kind: BulkKind, selection: Selection) -> DryRun:
    """What doing this to these contacts would come to. Writes nothing. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, PERMISSIONS[kind])
    now, chosen = deps.clock.now(), selection.chosen()
    counted = await bulk_sql.count_groups(kind.value, chosen, now)
    groups = {group: counted[group.value].number for group in Group if group.value in counted}
    ends = await bulk_sql.what_would_end(chosen, now) if kind in COUNTED and groups else {}
    locked_out = {group: counted[group.value].without_access for group in groups if group in _LETS_IN}
    gains = {group: number for group, number in locked_out.items() if number} if kind is BulkKind.INVITE else {}
    return DryRun(kind, groups, ends, gains)


async def group_members(
    deps: Dependencies,
    actor: StaffActor,
    kind: BulkKind,
    selection: Selection,
    group: Group,
    *,
    after: tuple[str, int] = ('', 0),
    limit: int = 25,
) -> list[GroupMember]:
    """Who would come in a group, in the order of names. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, PERMISSIONS[kind])
    limit = max(1, min(limit, 100))
    rows = await bulk_sql.group_page(kind.value, selection.chosen(), group.value, deps.clock.now(), after, limit)
    return [
        GroupMember(row['id'], row['name'], row['kind'], row['email'], (row['name_key'], row['id'])) for row in rows
    ]


@deed
async def start_bulk(
    deps: Dependencies,
    actor: StaffActor,
    kind: BulkKind,
    selection: Selection,
    *,
    message: str = '',
    without: tuple[Group, ...] = LEFT_OUT_UNLESS_ASKED,
    counted: int | None = None,
    leads_to_id: int | None = None,
) -> int:
    """Begin to do it, as a job; its id. Who is a member is decided by who is chosen now.

    `message` goes into the mails of invitations; `leads_to_id` is what of the portal's home login emails lead to, for
    those who see it; `without` leaves out groups of CAN_BE_LEFT_OUT. `counted` is the
    number of contacts that whoever revokes or deletes has typed. Deleting many needs a fresh sign-in. Raises
    NobodyChosen, NumberDiffers, TextInvalid, SignInNotFresh, RateLimited, NotAllowed, SignedOut; ValueError for EXPORT,
    and for a group that cannot be left out.
    """
    await authorise(deps, actor, PERMISSIONS[kind], fresh=kind is BulkKind.DELETE)
    _check_asked(kind, without)
    words = paragraphs(message, 'message')
    dry = await look_before(deps, actor, kind, selection)
    if dry.affected == sum(dry.groups.get(group, 0) for group in set(without)):
        raise NobodyChosen()
    params: dict[str, Any] = {'selection': selection.to_json(), 'without': [group.value for group in without]}
    if words:
        params['message'] = words
    if leads_to_id is not None:
        params['leads_to'] = leads_to_id
    if kind in COUNTED:
        params['meant'] = asdict(await _who_is_meant(deps, kind, selection, counted))
    await check_staff_budget(deps, actor)
    async with unit_of_work(deps) as work:
        return await begin_job(work, actor, kind.value, params, {'contacts': dry.total})


async def _who_is_meant(
    deps: Dependencies, kind: BulkKind, selection: Selection, counted: int | None
) -> bulk_sql.Meant:
    """Raises NumberDiffers."""
    meant = await bulk_sql.who_is_meant(kind.value, selection.chosen(), deps.clock.now())
    if counted != meant.number:
        raise NumberDiffers(meant.number)
    return meant


def _check_asked(kind: BulkKind, without: tuple[Group, ...]) -> None:
    """Raises ValueError for what no dialog offers: a job could not do it, or would do it to those left out."""
    if kind is BulkKind.EXPORT:
        raise ValueError('an export is a download, no job')
    if wrong := set(without).difference(CAN_BE_LEFT_OUT):
        raise ValueError(f'cannot leave out {", ".join(sorted(wrong))}')
