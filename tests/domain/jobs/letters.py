"""A kind of job for tests: it writes a letter to each contact, which is a line of the audit log."""

from collections.abc import Callable, Mapping, Sequence

from domain.audit import AuditKind, record
from domain.authorization import Permission
from domain.events import ContactsChanged
from domain.jobs.kinds import Gathered, ItemState, RunningJob
from domain.jobs.members import KindWithMembers, Outcome, done, skipped
from domain.unit_of_work import Work
from storage.models import Contact, JobItem

AT_ONCE = 7
Hook = Callable[[Sequence[int]], None]


class Letters(KindWithMembers):
    """Contacts named in `params['ids']`; one called Nobody is skipped, what `hook` raises makes a batch fail."""

    name = 'letters'
    permission = Permission.GIVE_ACCESS

    def __init__(self) -> None:
        self.batches: list[tuple[int, int]] = []
        self.hook: Hook = lambda ids: None
        self.refused: set[int] = set()

    async def gather(self, work: Work, job: RunningJob) -> Gathered:
        ids = job.params['ids']
        part = ids[job.position : job.position + AT_ONCE]
        names = {one.id: one.name for one in await Contact.filter(id__in=part)}
        for one in part:
            await JobItem.create(job_id=job.id, contact_id=one, contact_name=names.get(one, ''), state='waiting')
        reached = job.position + len(part)
        return Gathered(reached, reached, reached >= len(ids))

    async def deal_with(self, work: Work, job: RunningJob, contact_ids: Sequence[int]) -> Mapping[int, Outcome]:
        self.batches.append((job.id, len(contact_ids)))
        self.hook(contact_ids)
        found = {one.id: one for one in await Contact.filter(id__in=list(contact_ids))}
        outcomes: dict[int, Outcome] = {}
        for one in contact_ids:
            if one not in found:
                outcomes[one] = skipped('gone')
            elif one in self.refused:
                outcomes[one] = Outcome(ItemState.FAILED, 'refused')
            else:
                await record(work, AuditKind.LINK_MADE, job.actor, contact=found[one], letter=job.id)
                outcomes[one] = done('written')
                work.tell(ContactsChanged((one,)))
        return outcomes
