"""The kinds of jobs that do something to many contacts: each does to a batch what its single deed does to one."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from domain.access.login_emails import mail_each
from domain.access.logins import held_contacts
from domain.audit import AuditKind, record_each
from domain.contacts.bulk import PERMISSIONS, BulkKind, Group
from domain.contacts.closing import delete_each, give_each, revoke_each
from domain.contacts.inviting import invite_each, whom, why_not_invited
from domain.contacts.reminders import remind_each
from domain.contacts.selection import Selection
from domain.dependencies import Dependencies
from domain.jobs.kinds import Gathered, JobFault, RunningJob
from domain.jobs.members import KindWithMembers, Outcome, done, skipped
from domain.mail.outbox import HEAD_START_OF_A_JOB
from domain.unit_of_work import Work
from storage import bulk_sql, job_mail_sql, job_sql
from storage.models import Contact, PortalSettings

GATHERED_AT_ONCE = 2_000
MOST_TOGETHER = 250  # contacts that are added to a batch because they share an address with somebody in it
COLUMNS = (  # what is looked at here, and what is said of them in a mail
    'kind', 'name', 'email', 'organisation', 'language', 'portal_access', 'access_revoked_at', 'joined_at',
    'invitation_expires_at',
)  # fmt: skip
GONE = 'gone'
Outcomes = Mapping[int, Outcome]


class Bulk(KindWithMembers):
    """Its members are the contacts that were chosen when it was begun.

    They are looked for a while later, by the filter as they fit it then. Where somebody has typed how many they are,
    nothing is done when they turn out to be others than those that were counted (`meant`).
    """

    kind: BulkKind

    def __init__(self, gathered_at_once: int = GATHERED_AT_ONCE) -> None:
        self._at_once = gathered_at_once
        self.name = self.kind.value
        self.permission = PERMISSIONS[self.kind]

    async def gather(self, work: Work, job: RunningJob) -> Gathered:
        chosen = Selection.from_json(job.params['selection']).chosen()
        added, last, finished = await bulk_sql.add_members(job.id, chosen, job.began_at, job.position, self._at_once)
        if 'meant' not in job.params:
            return Gathered(job.total + added, last, finished)
        found = asdict(await bulk_sql.members_meant(self.kind.value, job.id, job.position, last))
        meant = {name: number + job.counts.get(name, 0) for name, number in found.items()}
        fault = JobFault.NUMBER_DIFFERS if finished and meant != job.params['meant'] else None
        return Gathered(job.total + added, last, finished, meant, fault)

    async def deal_with(self, work: Work, job: RunningJob, contact_ids: Sequence[int]) -> Outcomes:
        there = {contact.id: contact for contact in await held_contacts(contact_ids, COLUMNS)}
        outcomes = {one: skipped(GONE) for one in contact_ids if one not in there}
        for one, group in (await self.left_out(job, there)).items():
            outcomes[one] = skipped(group.value)
            del there[one]
        return outcomes | dict(await self.do(work, job, list(there.values()))) if there else outcomes

    async def left_out(self, job: RunningJob, contacts: Mapping[int, Contact]) -> Mapping[int, Group]:
        """Those of these contacts that whoever began the job did not want in it, and the group they are in."""
        if Group.SHARE_ADDRESS.value not in job.params.get('without', ()):
            return {}
        return dict.fromkeys(await bulk_sql.with_shared_address(list(contacts)), Group.SHARE_ADDRESS)

    @abstractmethod
    async def do(self, work: Work, job: RunningJob, contacts: Sequence[Contact]) -> Outcomes:
        """Do it to these contacts, which are held; what became of each."""


class Invite(Bulk):
    kind = BulkKind.INVITE

    async def left_out(self, job: RunningJob, contacts: Mapping[int, Contact]) -> Mapping[int, Group]:
        """Whose access was taken away after the job began stays out even if the others are to come back."""
        since = {
            one.id: one.access_revoked_at
            for one in contacts.values()
            if why_not_invited(one) is None and not one.portal_access and one.access_revoked_at is not None
        }
        none_back = Group.REVOKED.value in job.params.get('without', ())
        stay_out = [one for one, at in since.items() if none_back or at > job.began_at]
        others = {one: contact for one, contact in contacts.items() if one not in since}
        return {**await super().left_out(job, others), **dict.fromkeys(stay_out, Group.REVOKED)}

    async def do(self, work: Work, job: RunningJob, contacts: Sequence[Contact]) -> Outcomes:
        refused = {one.id: why for one in contacts if (why := why_not_invited(one)) is not None}
        asked = [one for one in contacts if one.id not in refused]
        invited = await invite_each(work, job.actor, asked, job.params.get('message', ''))
        return {one: skipped(why.value) for one, why in refused.items()} | {
            one.contact_id: done('invited_again' if one.renewed else 'invited') for one in invited.values()
        }


class LoginEmail(Bulk):
    kind = BulkKind.LOGIN_EMAIL

    async def prepare(self, deps: Dependencies, job: RunningJob, limit: int) -> int:
        """No more than is sent in half the life of a link, which begins when its mail is queued (R4)."""
        if deps.captures_mail:
            return limit
        settings = await PortalSettings.get(id=1)
        most = max(1, deps.settings.mail_per_minute * settings.sign_in_link_minutes // 2)
        return min(limit, most - await job_sql.count_mail_ahead(deps.clock.now() - HEAD_START_OF_A_JOB, most))

    async def belong_together(self, job: RunningJob, contact_ids: Sequence[int]) -> Sequence[int]:
        """Those who share an address get one mail, which is about as many of them as one batch can hold."""
        return await bulk_sql.at_the_same_address(contact_ids, MOST_TOGETHER)

    async def do(self, work: Work, job: RunningJob, contacts: Sequence[Contact]) -> Outcomes:
        """Whose address the job has written to already has the mail: its link opens the door to all at that address."""
        addresses = {one.email for one in contacts if one.email is not None}
        mailed = await job_mail_sql.mailed_among(job.id, sorted(addresses))
        have_it = [one for one in contacts if one.email in mailed and one.portal_access]
        known = {one.id for one in have_it}
        rest = [one for one in contacts if one.id not in known]
        _, refused = await mail_each(work, job.actor, [one.id for one in rest], rest, job.params.get('leads_to'))
        why = {refusal.contact_id: refusal.why.value for refusal in refused}
        await record_each(work, AuditKind.LOGIN_EMAIL_SENT, job.actor, [whom(one) for one in have_it])
        return {one.id: skipped(why[one.id]) if one.id in why else done('sent') for one in contacts}


class GiveAccess(Bulk):
    kind = BulkKind.GIVE_ACCESS

    async def do(self, work: Work, job: RunningJob, contacts: Sequence[Contact]) -> Outcomes:
        given = {one.id for one in await give_each(work, job.actor, contacts)}
        return {one.id: done('given') if one.id in given else skipped(Group.HAD_ACCESS.value) for one in contacts}


class RevokeAccess(Bulk):
    kind = BulkKind.REVOKE_ACCESS

    async def do(self, work: Work, job: RunningJob, contacts: Sequence[Contact]) -> Outcomes:
        had_access = {one.id for one in contacts if one.portal_access}
        await revoke_each(work, job.actor, contacts)
        return {one.id: done('revoked') if one.id in had_access else skipped(Group.NO_ACCESS.value) for one in contacts}


class Delete(Bulk):
    kind = BulkKind.DELETE
    asks_who_is_there = True

    async def do(self, work: Work, job: RunningJob, contacts: Sequence[Contact]) -> Outcomes:
        await delete_each(work, job.actor, contacts)
        return {one.id: done('deleted') for one in contacts}


class Reminder(Bulk):
    kind = BulkKind.REMINDER

    async def do(self, work: Work, job: RunningJob, contacts: Sequence[Contact]) -> Outcomes:
        """Whose invitation has ended, or who never got one, is asked in: a mail without a link would help nobody."""
        reminded = await remind_each(work, job.actor, contacts)
        rest = {one.id: _why_not_asked(one) for one in contacts if one.id not in reminded}
        invited = await invite_each(
            work, job.actor, [one for one in contacts if rest.get(one.id, Group.NO_ACCESS) is None], ''
        )
        return (
            {one: done('reminded') for one in reminded}
            | {one.contact_id: done('invited_again' if one.renewed else 'invited') for one in invited.values()}
            | {one: skipped(why.value) for one, why in rest.items() if why is not None}
        )


def _why_not_asked(contact: Contact) -> Group | None:
    refused = why_not_invited(contact)
    if refused is not None:
        return Group(refused.value)
    return None if contact.portal_access else Group.NO_ACCESS


KINDS: tuple[type[Bulk], ...] = (Invite, LoginEmail, GiveAccess, RevokeAccess, Delete, Reminder)
