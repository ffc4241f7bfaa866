"""What running a file would come to. Nothing is written: what the file would change is kept beside the database.

The same rules decide as in the run, row by row, so the numbers come true unless the contacts change in between.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, field

from domain.actors import Actor
from domain.authorization import Permission, authorise
from domain.contacts.importing.columns import Field
from domain.contacts.importing.layout import Layout
from domain.contacts.importing.matching import Decision, Directory, Fate, ForNew, Known
from domain.contacts.importing.plan import Plan
from domain.contacts.importing.reading import Breather, OpenFile
from domain.contacts.importing.records import Record
from domain.contacts.importing.results import RowResult
from domain.contacts.importing.rows import Refusal, Row, RowFault, RowReader
from domain.dependencies import Dependencies
from domain.file_errors import FileFault, ImportFileRefused
from storage import import_sql
from storage.import_overlay import Overlay
from storage.models import Contact, PortalSettings

BATCH = 200  # rows
SHOWN_ROWS = 10
SHOWN_REFUSALS = 200
SHOWN_SHARED = 100
NAMED = 3  # of those who share an address
AT_ONCE = 1_000  # contacts that are read at a time


@dataclass(frozen=True)
class PreviewRow:
    """One of the first rows, as it would go in."""

    line: int
    name: str
    email: str
    kind: str
    organisation: str
    access: bool
    external_id: str
    fate: Fate


@dataclass(frozen=True)
class SharedAddress:
    """An address that several contacts will bear: the names of the first few, and how many they are."""

    email: str
    names: tuple[str, ...]
    number: int


@dataclass
class Counts:
    """What becomes of the rows, and what else comes of it.

    `given` and `revoked`: contacts that were there and whose access is switched. `with_access`: new ones that get it.
    `moved`: addresses that change; `withdrawn`: open invitations that end with that. `repeated`: rows about a contact
    that an earlier row was about.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    with_access: int = 0
    given: int = 0
    revoked: int = 0
    moved: int = 0
    withdrawn: int = 0
    repeated: int = 0

    @property
    def rows(self) -> int:
        return self.new + self.changed + self.unchanged + self.refused

    def add(self, decision: Decision) -> None:
        """One more row that was decided."""
        match decision.fate:
            case Fate.NEW:
                self.new += 1
                self.with_access += bool(decision.after and decision.after.access)
            case Fate.CHANGED:
                self.changed += 1
                self._add_change(decision)
            case Fate.UNCHANGED:
                self.unchanged += 1
                self.repeated += bool(decision.before and decision.before.is_dealt_with)
            case Fate.REFUSED:
                self.refused += 1

    def _add_change(self, decision: Decision) -> None:
        before, after = decision.before, decision.after
        if before is None or after is None:
            return
        self.given += after.access and not before.access
        self.revoked += before.access and not after.access
        if before.email != after.email:
            self.moved += 1
            self.withdrawn += before.is_invited


@dataclass
class Preview:
    """What a run would come to. `reasons` counts the refusals by column and reason."""

    counts: Counts = field(default_factory=Counts)
    rows: list[PreviewRow] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    reasons: Counter[tuple[str, RowFault]] = field(default_factory=Counter)
    shared_addresses: int = 0
    shared: tuple[SharedAddress, ...] = ()

    def take(self, decision: Decision) -> None:
        """A row goes in."""
        self.counts.add(decision)
        if len(self.rows) < SHOWN_ROWS and decision.after is not None:
            self.rows.append(_shown(decision.row, decision.after, decision.fate))

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        """A row does not go in, for these reasons."""
        self.counts.refused += 1
        self.reasons.update((one.column, one.reason) for one in refusals)
        if len(self.refusals) < SHOWN_REFUSALS:
            self.refusals += refusals


@dataclass(frozen=True)
class Walked:
    """A batch of rows on the way through a file: what becomes of those that were read well, and those that do not go
    in, with all that is wrong with each. `read` is how many bytes of the file that took."""

    decisions: Sequence[Decision]
    refused: Sequence[tuple[Record, Sequence[Refusal]]]
    read: int

    def results(self) -> list[RowResult]:
        """The rows in their order."""
        went_in = (RowResult(one.row.number, one.row.line, one.fate) for one in self.decisions)
        refused = (
            RowResult(wrong[0].number, record.line, Fate.REFUSED, tuple(wrong)) for record, wrong in self.refused
        )
        return sorted([*went_in, *refused], key=lambda one: one.number)


async def preview(
    deps: Dependencies,
    actor: Actor,
    file_id: int,
    plan: Plan,
    layout: Layout,
    *,
    size: int = 0,
    on_progress: Callable[[float], object] = lambda _: None,
    on_row: Callable[[RowResult], object] | None = None,
) -> Preview:
    """Read the whole file as planned and tell what running it would come to. Writes nothing.

    `on_progress` hears how much of `size` bytes is read, from 0 to 1; `on_row` of every row, in
    their order. Raises ImportFileRefused, ImportFileNotFound, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    made = Preview()
    with closing(Overlay()) as overlay:
        async for walked in walk(overlay, file_id, plan, layout):
            for decision in walked.decisions:
                made.take(decision)
            for _, refusals in walked.refused:
                made.refuse(refusals)
            if on_row is not None:
                for result in walked.results():
                    on_row(result)
            on_progress(min(walked.read / size, 1) if size else 0)
        made.shared_addresses, made.shared = await _shared(overlay)
    if not made.counts.rows:
        raise ImportFileRefused(FileFault.NO_ROWS)
    return made


async def walk(overlay: Overlay, file_id: int, plan: Plan, layout: Layout) -> AsyncIterator[Walked]:
    """Through the whole file, batch by batch, as if each had been written. Raises ImportFileRefused."""
    settings = await PortalSettings.get(id=1)
    for_new = ForNew(plan.new_kind, settings.new_contacts_get_access)
    reader, breather, new = RowReader(layout.headers, plan.columns), Breather(), 0
    file = OpenFile(file_id, plan.encoding, layout)
    while records := await file.take(BATCH):
        first = file.taken - len(records)
        reads = [reader.read(number, record) for number, record in enumerate(records, first)]
        refused = {number: read for number, read in enumerate(reads, first) if not isinstance(read, Row)}
        await breather.pause()
        decisions = await _decide(overlay, [read for read in reads if isinstance(read, Row)], for_new, new)
        refused |= {one.row.number: (refusal_of(one, reader),) for one in decisions if one.fate is Fate.REFUSED}
        new += sum(1 for one in decisions if one.fate is Fate.NEW)
        yield Walked(
            [one for one in decisions if one.fate is not Fate.REFUSED],
            [(records[number - first], refused[number]) for number in sorted(refused)],
            file.fed,
        )
        await breather.pause()


def refusal_of(decision: Decision, reader: RowReader) -> Refusal:
    """Why a row that was read well does not go in."""
    fault = decision.fault or RowFault.STUMBLED
    header = reader.header(decision.at_fault) if decision.at_fault else ''
    about = {Field.EMAIL: decision.row.email, Field.EXTERNAL_ID: decision.row.external_id}
    detail = about.get(decision.at_fault, decision.row.name) if decision.at_fault else ''
    return Refusal(decision.row.number, decision.row.line, header, fault, detail)


async def _decide(overlay: Overlay, rows: Sequence[Row], for_new: ForNew, new: int) -> list[Decision]:
    external_ids = {row.external_id for row in rows if row.external_id}
    identities = {(row.email, row.name_key) for row in rows}
    stored = await import_sql.known_contacts(external_ids, identities)
    dealt_with = overlay.dealt_with([row['id'] for row in stored])
    changed = [
        Known(*(*values, True, values[0] < 0))
        for values in overlay.alike(external_ids, identities, [row['id'] for row in stored])
    ]
    ids = {one.id for one in changed}
    known = [
        Known.from_row(row, is_dealt_with=row['id'] in dealt_with, is_made=False)
        for row in stored
        if int(row['id']) not in ids
    ]
    decisions = list(Directory([*changed, *known]).decide(rows, for_new, new))
    changes = [one.after for one in decisions if one.after and one.fate in (Fate.NEW, Fate.CHANGED)]
    overlay.keep((astuple(one)[:-2] for one in changes), (one.after.id for one in decisions if one.after))
    await _note_bearers(overlay, [one.after for one in decisions if one.after and one.after.email])
    return decisions


async def _note_bearers(overlay: Overlay, contacts: Sequence[Known]) -> None:
    emails = overlay.not_shared({one.email for one in contacts})
    if emails:
        stored = await import_sql.first_and_last_bearers(emails)
        there = [(email, contact_id) for email, both in stored.items() for contact_id in both]
        open_ones = set(emails)
        overlay.note_bearers([*there, *((one.email, one.id) for one in contacts if one.email in open_ones)])


async def _shared(overlay: Overlay) -> tuple[int, tuple[SharedAddress, ...]]:
    number, emails = overlay.shared(SHOWN_SHARED)
    return number, tuple([await _bearers(overlay, email) for email in emails])


async def _bearers(overlay: Overlay, email: str) -> SharedAddress:
    """Who will bear this address: contacts that the file leaves as they are, and those that it makes or changes."""
    number, names, last = 0, list[str](), 0
    bearers = Contact.filter(email=email).order_by('id').limit(AT_ONCE)
    while there := await bearers.filter(id__gt=last).values_list('id', 'name'):
        changed = overlay.changed([contact_id for contact_id, _ in there])
        stay = [name for contact_id, name in there if contact_id not in changed]
        number, names = number + len(stay), [*names, *stay][:NAMED]
        last = there[-1][0]
    others, more = overlay.bearers(email, NAMED)
    return SharedAddress(email, tuple([*names, *more][:NAMED]), number + others)


def _shown(row: Row, after: Known, fate: Fate) -> PreviewRow:
    return PreviewRow(
        row.line, after.name, after.email, after.kind, after.organisation, after.access, after.external_id, fate
    )
