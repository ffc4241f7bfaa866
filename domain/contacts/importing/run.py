"""Running a file as a job: a batch of its rows is one transaction, together with how far the job has come.

What a kill undoes is read and decided again; what was committed is behind the job's position. Which contacts earlier
rows were about stands in the job's items, so that is known after a restart too.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from domain.access.logins import held_contacts, held_logins_for
from domain.actors import Actor
from domain.authorization import Permission, authorise
from domain.contacts.importing.columns import Field
from domain.contacts.importing.matching import Decision, Directory, Fate, ForNew, Known
from domain.contacts.importing.plan import Plan, Wishes, check_columns
from domain.contacts.importing.preview import Counts, refusal_of
from domain.contacts.importing.reading import Breather, OpenFile
from domain.contacts.importing.records import Record
from domain.contacts.importing.rows import Refusal, Row, RowFault, RowReader
from domain.contacts.importing.uploads import Detected, detect, read_file
from domain.contacts.importing.writing import write_rows
from domain.dependencies import Dependencies
from domain.file_errors import ImportBegun, ImportFileNotFound, ImportFileRefused
from domain.jobs.jobs import begin_job
from domain.jobs.kinds import CannotGoOn, Gathered, ItemState, JobFault, Progress, RunningJob
from domain.unit_of_work import Work, deed, unit_of_work
from storage import claims, import_files, import_sql
from storage.models import ImportFile, PortalSettings

KIND = 'import'
LONGEST_HEADER = 200
GROWN = 500  # rows, from which on tables are no longer what they were
LEAST = 100  # rows of a batch, however long one takes: what a batch costs by itself would be most of it otherwise
_STATES = {Fate.NEW: ItemState.DONE, Fate.CHANGED: ItemState.DONE, Fate.UNCHANGED: ItemState.SKIPPED}


@deed
async def start_import(deps: Dependencies, actor: Actor, file_id: int, plan: Plan, rows: int) -> int:
    """Begin to import a file as planned; the id of the job. `rows` is how many there are, for its progress.

    Raises ImportBegun when that has been done, ImportFileRefused when nobody could be called anything,
    ImportFileNotFound, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    if plan.columns.of(Field.PORTAL_ACCESS):
        await authorise(deps, actor, Permission.GIVE_ACCESS)
    file = await read_file(deps, actor, file_id)
    if file.job_id is not None:
        raise ImportBegun(file.job_id)
    detected = await detect(deps, actor, file_id, Wishes(plan.encoding, plan.delimiter, plan.columns, plan.new_kind))
    check_columns(detected.plan, detected.layout)
    async with unit_of_work(deps) as work:
        params = {'file_id': file_id, 'rows': rows, **detected.plan.to_text()}
        job_id = await begin_job(work, actor, KIND, params, {'name': file.name, 'rows': rows})
        if not await import_files.take_file(file_id, job_id):
            row = await ImportFile.get_or_none(id=file_id)
            raise ImportBegun(row.job_id) if row is not None and row.job_id else ImportFileNotFound()
        return job_id


@dataclass
class _Reading:
    """A file that a job is reading. `ahead` begins with the row of this number."""

    detected: Detected
    reader: RowReader
    file: OpenFile
    number: int = 0
    ahead: deque[Record] = field(default_factory=deque)
    was_prepared: int = -1  # the number of the row that the last batch began with

    async def next(self, most: int) -> list[Record]:
        """The next rows, which stay ahead; fewer than `most` at the end of the file only."""
        if len(self.ahead) < most:
            self.ahead.extend(await self.file.take(most - len(self.ahead)))
        return list(islice(self.ahead, most))


@dataclass(frozen=True)
class _Batch:
    """The next rows, read and checked. `is_last`: the file ends with them."""

    reader: RowReader
    plan: Plan
    rows: Sequence[Row]
    refusals: Sequence[Refusal]
    taken: int
    is_last: bool


class ImportKind:
    """Contacts out of a file."""

    name = KIND
    permission = Permission.EDIT_CONTACTS
    can_retry = False
    asks_who_is_there = False

    def __init__(self) -> None:
        self._readings: dict[int, _Reading] = {}

    async def gather(self, work: Work, job: RunningJob) -> Gathered:
        """Nothing is gathered: the rows are where they are."""
        return Gathered(int(job.params['rows']))

    async def prepare(self, deps: Dependencies, job: RunningJob, limit: int) -> _Batch:
        """Read and check the next rows. Raises CannotGoOn when the file is not there as a whole any more."""
        try:
            reading = await self._reading(deps, job)
            if reading.was_prepared != job.position:  # else it stumbled, and the row that did it is looked for
                limit = max(limit, LEAST)
            reading.was_prepared = job.position
            records = await reading.next(limit)
        except (ImportFileNotFound, ImportFileRefused) as error:
            self.let_go(job.id)
            raise CannotGoOn(JobFault.FILE_INCOMPLETE) from error
        breather, reads = Breather(), []
        for number, record in enumerate(records, reading.number):
            reads.append(reading.reader.read(number, record))
            await breather.pause()
        return _Batch(
            reading.reader,
            reading.detected.plan,
            [read for read in reads if isinstance(read, Row)],
            [refusal for read in reads if not isinstance(read, Row) for refusal in read],
            taken=len(records),
            is_last=len(records) < limit,
        )

    async def work_on(self, work: Work, job: RunningJob, prepared: Any) -> Progress:
        """Decide about these rows by what is there now, and write them."""
        batch: _Batch = prepared
        settings = await PortalSettings.get(id=1)
        for_new = ForNew(batch.plan.new_kind, settings.new_contacts_get_access)
        decisions = await _decide(work, job.id, batch.rows, for_new)
        ids = await write_rows(work, job.actor, decisions)
        await import_sql.add_items(job.id, _items(decisions, ids), work.now)
        late = [refusal_of(one, batch.reader) for one in decisions if one.fate is Fate.REFUSED]
        progress = await _note(job, decisions, [*batch.refusals, *late], batch.taken)
        await import_files.add_results(int(job.params['file_id']), job.position, _results(batch, decisions))
        if (job.position + batch.taken).bit_length() > max(job.position, GROWN).bit_length():  # each time it doubled
            await import_sql.tell_the_planner(job.counts.get('new', 0) + progress.new)
        return Progress(
            progress.new + progress.changed,
            progress.unchanged,
            progress.refused,
            position=job.position + batch.taken,
            counts={name: number for name, number in asdict(progress).items() if number},
            finished=batch.is_last,
        )

    async def give_up_on(self, work: Work, job: RunningJob, prepared: Any) -> Progress:
        """The next row makes the program stumble: it is refused, and the job goes on behind it."""
        reading = await self._reading(work.deps, job)
        record = next(iter(await reading.next(1)), None)
        if record is None:
            return Progress(finished=True)
        await import_sql.add_refusals(job.id, [_as_row(Refusal(job.position, record.line, '', RowFault.STUMBLED))])
        file_id = reading.detected.file.id
        await import_files.add_results(file_id, job.position, [(record.line, Fate.REFUSED.value)])
        return Progress(failed=1, position=job.position + 1, counts={'refused': 1})

    async def _reading(self, deps: Dependencies, job: RunningJob) -> _Reading:
        """The file, open at the job's position: where the last batch left it, or from its beginning."""
        reading = self._readings.get(job.id)
        if reading is None or reading.number > job.position:
            reading = await self._open(deps, job)
        while reading.number < job.position and reading.ahead:
            reading.ahead.popleft()
            reading.number += 1
        await reading.file.skip(job.position - reading.number)
        reading.number = job.position
        return reading

    async def _open(self, deps: Dependencies, job: RunningJob) -> _Reading:
        detected = await detect(deps, job.actor, int(job.params['file_id']), Wishes.from_text(job.params))
        file = OpenFile(detected.file.id, detected.plan.encoding, detected.layout)
        reader = RowReader(detected.layout.headers, detected.plan.columns)
        self._readings[job.id] = _Reading(detected, reader, file)
        return self._readings[job.id]

    def let_go(self, job_id: int) -> None:
        """Nothing is kept of its file."""
        self._readings.pop(job_id, None)


async def _decide(work: Work, job_id: int, rows: Sequence[Row], for_new: ForNew) -> list[Decision]:
    """What becomes of these rows, by what is there now. Contacts that are to change are held until the transaction
    ends, and looked at again once they are.

    Before them all logins that the rows need are held, those of new addresses too: afterwards none has to be taken.
    """
    external_ids = {row.external_id for row in rows if row.external_id}
    identities = {(row.email, row.name_key) for row in rows}
    held: set[int] = set()
    while True:
        known = await import_sql.known_contacts(external_ids, identities)
        dealt_with = await import_sql.contacts_of_job(job_id, [row['id'] for row in known])
        directory = Directory(
            Known.from_row(
                row, is_dealt_with=row['id'] in dealt_with, is_made=dealt_with.get(row['id']) == Fate.NEW.value
            )
            for row in known
        )
        decisions = list(directory.decide(rows, for_new))
        changing = {one.before for one in decisions if one.fate is Fate.CHANGED and one.before}
        if claims.is_only_writer() or held.issuperset(one.id for one in changing):
            return decisions
        emails = {one.after.email for one in decisions if one.after and one.fate in (Fate.NEW, Fate.CHANGED)}
        await held_logins_for(work, emails - {''}, {one.login_id for one in changing if one.login_id is not None})
        await held_contacts([one.id for one in changing])
        held |= {one.id for one in changing}


def _results(batch: _Batch, decisions: Sequence[Decision]) -> list[tuple[int, str]]:
    """What became of the rows, in their order."""
    of_rows = {one.number: (one.line, Fate.REFUSED.value) for one in batch.refusals}
    of_rows |= {one.row.number: (one.row.line, one.fate.value) for one in decisions}
    return [of_rows[number] for number in sorted(of_rows)]


def _items(decisions: Sequence[Decision], ids: Mapping[int, int]) -> list[dict[str, Any]]:
    """What became of each contact, told once of each."""
    return [
        {
            'contact_id': ids[one.row.number],
            'contact_name': one.row.name,
            'state': _STATES[one.fate].value,
            'reason': one.fate.value,
        }
        for one in decisions
        if one.fate is not Fate.REFUSED and not (one.before and one.before.is_dealt_with)
    ]


async def _note(job: RunningJob, decisions: Sequence[Decision], refusals: Sequence[Refusal], taken: int) -> Counts:
    """Write down the refusals, each row's in their order; what became of the rows in numbers."""
    await import_sql.add_refusals(job.id, [_as_row(one) for one in sorted(refusals, key=lambda one: one.number)])
    counts = Counts()
    for one in decisions:
        counts.add(one)
    counts.refused = taken - counts.new - counts.changed - counts.unchanged
    return counts


def _as_row(refusal: Refusal) -> dict[str, Any]:
    return {
        'line': refusal.line,
        'number': refusal.number,
        'header': refusal.column[:LONGEST_HEADER],
        'reason': refusal.reason.value,
        'detail': refusal.detail,
    }
