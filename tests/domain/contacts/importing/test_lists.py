"""What leaves as a file and can come in again."""

import csv as standard
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.actors import SystemActor
from domain.audit import AuditKind
from domain.contacts.directory import create_contact
from domain.contacts.importing import preview as preview_module
from domain.contacts.importing import run as run_module
from domain.contacts.importing.lists import contacts_csv, refused_in_preview, refused_rows
from domain.contacts.importing.plan import Wishes
from domain.contacts.importing.rows import Refusal
from domain.contacts.new_contact import ContactDetails, Kind
from domain.dependencies import Dependencies
from domain.errors import TextInvalid
from domain.jobs.runner import Pace
from domain.spreadsheet_cells import as_meant, harmless
from domain.texts import fold
from storage.models import Contact
from storage.sql import change
from tests.domain.contacts.importing.files import HEADER, contacts, csv, given_file, run
from tests.factories import audit_rows, given_contact, given_owner
from tests.support.databases import sqlite_only

PACE = Pace(longest_nap=0.05, rest=0, first=300, tell_every=0)
US = SystemActor('Terminal')
ANY_TEXT = st.text(st.characters(codec='utf-8'), max_size=40)
TEXT = st.one_of(
    ANY_TEXT,
    st.text('=+-@\'\t\r\n"＝,; aü', max_size=8),
    st.sampled_from(
        ['=1+1', "'=1+1", "''=1", "'x", '"', 'a"b', ' a  b ', 'ﬁ', 'e\u0301', '\u2028', '\ufeff', 'N' * 201]
    ),
)
ADDRESS = st.sampled_from(['', 'a@x.example', '+a@x.example', '=a@x.example', 'info@müller.example', 'B@X.Example'])
ROW = st.tuples(
    TEXT, ADDRESS, st.sampled_from(['', 'person', 'organisation']), TEXT, st.sampled_from(['', 'yes', 'no']), TEXT
)
BY_HAND = st.tuples(
    st.sampled_from(Kind),
    st.one_of(st.sampled_from(['John Smith', 'JOHN SMITH', '=1+1']), TEXT),
    st.one_of(st.just(''), ADDRESS),
    st.one_of(st.sampled_from(['', 'Acme', 'Zenith']), TEXT),
    st.booleans(),
)


async def whole(parts: AsyncIterator[bytes]) -> bytes:
    return b''.join([part async for part in parts])


def said(refusals: Sequence[Refusal]) -> str:
    return ' '.join(f'{one.line} {one.column} {one.reason}' for one in refusals)


@given(TEXT)
def test_a_cell_comes_back_as_it_was(text: str) -> None:
    """R52: harmless on the way out, as meant on the way in, for any text; and nothing of it runs."""
    out = harmless(text)
    assert as_meant(out) == text
    assert not out.startswith(tuple('=+-@\t\r\n＝＋－＠'))


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = standard.writer(text, lineterminator='\r\n')
    writer.writerow(HEADER.split(','))
    writer.writerows(rows)
    return text.getvalue().encode()


@sqlite_only
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=8))
async def test_export_import_export(deps: Dependencies, rows: list[tuple[str, ...]]) -> None:
    """R52: byte for byte the same, for any text; into the firm it came from, and into an empty one."""
    await change('DELETE FROM job')
    await change('DELETE FROM contact')
    owner = await given_owner(deps)
    await run(deps, owner, as_csv([*rows, ('Somebody', '', '', '', '', '')]))
    first = await whole(await contacts_csv(deps, US))
    again = await run(deps, owner, first)
    assert await whole(await contacts_csv(deps, US)) == first
    assert (again.foretold.unchanged, again.refused) == (again.foretold.rows, [])
    await change('DELETE FROM job')
    await change('DELETE FROM contact')
    moved = await run(deps, owner, first)
    assert await whole(await contacts_csv(deps, US)) == first
    assert (moved.foretold.new, moved.refused) == (moved.foretold.rows, [])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(BY_HAND, min_size=1, max_size=8))
async def test_export_import_export_of_what_staff_made(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch, made: list[tuple[Kind, str, str, str, bool]]
) -> None:
    """R52: byte for byte the same, whoever is alike; into an empty firm too, but for twins, of whom one goes in."""
    monkeypatch.setattr(run_module, 'LEAST', 1)
    monkeypatch.setattr(preview_module, 'BATCH', 3)
    await change('DELETE FROM job')
    await change('DELETE FROM contact')
    owner = await given_owner(deps)
    for kind, name, address, organisation, access in [*made, (Kind.PERSON, 'Somebody', '', '', False)]:
        with suppress(TextInvalid):
            await create_contact(deps, owner, ContactDetails(kind, name, address, organisation), give_access=access)
    everybody = await whole(await contacts_csv(deps, US))
    again = await run(deps, owner, everybody)
    assert await whole(await contacts_csv(deps, US)) == everybody
    assert (again.foretold.unchanged, again.refused) == (again.foretold.rows, [])
    await without_twins()
    first = await whole(await contacts_csv(deps, US))
    await change('DELETE FROM job')
    await change('DELETE FROM contact')
    moved = await run(deps, owner, first)
    assert await whole(await contacts_csv(deps, US)) == first
    assert (moved.foretold.new, moved.refused) == (moved.foretold.rows, [])


async def without_twins() -> None:
    """Only the first stays of those whom nothing tells apart that a contact is recognised by."""
    seen = set()
    for one in await Contact.all().order_by('id'):
        known_by = (one.email,) if one.email else (one.kind, fold(one.organisation))
        if (one.name_key, *known_by) in seen:
            await Contact.filter(id=one.id).delete()
        seen.add((one.name_key, *known_by))


async def test_all_contacts_as_a_file(deps: Dependencies) -> None:
    """The import's own columns; UTF-8 with BOM, CRLF; cells harmless; it is recorded who took it."""
    await given_contact(deps, '=SUM(A1)', '', organisation='Bau, "Söhne"', access=False)
    twin = await given_contact(deps, 'Clara Weiss', 'clara@weiss.example')
    await Contact.filter(id=twin.id).update(external_id='-1', language='de')
    owner = await given_owner(deps)
    assert (await whole(await contacts_csv(deps, owner))).decode() == (
        f'\ufeff{HEADER},language\r\n'
        '\'=SUM(A1),,person,"Bau, ""Söhne""",no,,\r\n'
        "Clara Weiss,clara@weiss.example,person,,yes,'-1,de\r\n"
    )
    (row,) = await audit_rows(AuditKind.CONTACTS_EXPORTED)
    assert row.actor_name == owner.name


BROKEN = (
    'Notes;E-Mail;Name\r\n'
    '"a;b\nc";good@x.example;Good\r\n'
    '=1+1;no address;"Br;oken"\r\n'
    'x;"y;z\r\n'
    ';;\r\n'
    "'=2;more@x.example;;;extra\r\n"
)


@pytest.mark.parametrize('when', ['before', 'after'])
async def test_refused_rows_as_a_file(deps: Dependencies, when: str) -> None:
    """The rows as they stood, and why; with the delimiter of the file, to be mended and imported again."""
    owner = await given_owner(deps)
    content = BROKEN.encode('cp1252')
    if when == 'before':
        file = refused_in_preview(deps, owner, await given_file(deps, owner, content), Wishes(), said)
    else:
        file = refused_rows(deps, owner, (await run(deps, owner, content)).job.id, said)
    text = (await whole(await file)).decode()
    assert text == (
        '\ufeffNotes;E-Mail;Name;reason\r\n'
        '\'=1+1;no address;"Br;oken";4 E-Mail address_no_at\r\n'
        'x;"""y";z;5  quotes\r\n'
        "''=2;more@x.example;;7  quotes;;extra\r\n"
    )
    rows = list(standard.reader(io.StringIO(text.removeprefix('\ufeff')), delimiter=';'))
    mended = [[*row[:2], 'Mended'] for row in rows[1:]]
    mended[0][1] = mended[1][1] = 'mended@x.example'
    again = await run(deps, owner, csv(*(';'.join(row) for row in mended), header='Notes;E-Mail;Name'))
    assert again.refused == [] or again.foretold.refused == 0
    assert ('Mended', 'more@x.example') in [row[:2] for row in await contacts()]


@sqlite_only
async def test_refused_rows_of_a_long_file(deps: Dependencies) -> None:
    """Every one of them, in order, across pieces and pages."""
    owner = await given_owner(deps)
    rows = [f'Name {one},{"broken" if one % 3 else ""},,,,' for one in range(2_000)]
    ran = await run(deps, owner, csv(*rows), pace=PACE)
    lines = (await whole(await refused_rows(deps, owner, ran.job.id, said))).decode().splitlines()
    assert [int(line.split(',')[-1].split()[0]) for line in lines[1:]] == [one + 2 for one in range(2_000) if one % 3]
