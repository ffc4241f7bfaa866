"""Files as people hand them in: whole ones, cut off ones, broken ones."""

import codecs
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from domain.actors import SystemActor
from domain.contacts.importing import reading, uploads
from domain.contacts.importing.decoding import MOST_BYTES, Encoding
from domain.contacts.importing.layout import Delimiter
from domain.contacts.importing.plan import Wishes
from domain.contacts.importing.results import list_refusals
from domain.contacts.importing.run import start_import
from domain.contacts.importing.uploads import detect, hand_in, read_file, throw_away
from domain.contacts.new_contact import Kind
from domain.dependencies import Dependencies
from domain.file_errors import FileFault, ImportBegun, ImportFileNotFound, ImportFileRefused
from domain.jobs.jobs import read_job
from storage import import_files
from storage.models import ImportChunk, ImportFile, ImportRefusal, Job
from tests.domain.contacts.importing.files import HEADER, begun, contacts, csv, given_file, look_at, run
from tests.factories import given_owner, later
from tests.support.clock import FixedClock
from tests.support.databases import sqlite_only

US = SystemActor('Terminal')


async def test_a_file_is_kept_in_pieces(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever pieces it comes in, and never all of it at once."""
    monkeypatch.setattr(uploads, 'CHUNK', 100)
    content = csv(*(f'Name {number},,,,,' for number in range(40)))
    file_id = await given_file(deps, US, content, 'C:\\Users\\me\\..\\My\x00 list.csv', piece=7)
    chunks = await ImportChunk.filter(file_id=file_id).order_by('position')
    assert b''.join(chunk.content for chunk in chunks) == content
    assert {len(chunk.content) for chunk in chunks[:-1]} == {100}
    file = await read_file(deps, US, file_id)
    assert (file.name, file.size, file.job_id) == ('My list.csv', len(content), None)
    looked = await detect(deps, US, file_id)
    assert (looked.plan.encoding, looked.plan.delimiter) == (Encoding.UTF_8, Delimiter.COMMA)


@pytest.mark.parametrize('name', ['', '///', '\x00', '..'])
async def test_a_name_that_is_none(deps: Dependencies, name: str) -> None:
    """Every file is called something."""
    file_id = await given_file(deps, US, csv('A,,,,,'), name)
    assert (await read_file(deps, US, file_id)).name in ('contacts.csv', '..')


@pytest.mark.parametrize(
    ('content', 'fault'),
    [
        (b'', FileFault.EMPTY),
        (b'PK\x03\x04' + bytes(1_000), FileFault.SPREADSHEET),
        (b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + bytes(1_000), FileFault.SPREADSHEET),
        (b'\x89PNG\r\n\x1a\n' + bytes(range(256)) * 8, FileFault.NOT_TEXT),
    ],
)
@sqlite_only
async def test_what_is_refused_is_not_kept(deps: Dependencies, content: bytes, fault: FileFault) -> None:
    """At its first piece."""
    with pytest.raises(ImportFileRefused) as raised:
        await given_file(deps, US, content)
    assert raised.value.fault is fault
    assert (await ImportFile.all().count(), await ImportChunk.all().count()) == (0, 0)


@sqlite_only
async def test_too_big_is_refused_while_it_comes(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """50 MB and no byte more; what would follow is not even asked for."""
    assert MOST_BYTES == 50 * 1024 * 1024
    monkeypatch.setattr(uploads, 'MOST_BYTES', 1_000_000)
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield b'name\r\n' + b'x' * 99_994

    with pytest.raises(ImportFileRefused) as raised:
        await hand_in(deps, US, 'big.csv', endless())
    assert (raised.value.fault, await ImportChunk.all().count()) == (FileFault.TOO_BIG, 0)
    assert asked < 15


@sqlite_only
async def test_a_cut_off_upload_leaves_nothing(deps: Dependencies) -> None:
    """Nor can half of a file be looked at."""
    there: list[int] = []

    async def cut_off() -> AsyncIterator[bytes]:
        yield b'name\r\n' + b'x' * uploads.CHUNK
        there.append((await ImportFile.get()).id)
        with pytest.raises(ImportFileNotFound):
            await read_file(deps, US, there[0])
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await hand_in(deps, US, 'cut.csv', cut_off())
    assert there
    assert (await ImportFile.all().count(), await ImportChunk.all().count()) == (0, 0)


async def test_unused_files_go_after_a_day(deps: Dependencies, clock: FixedClock) -> None:
    """Those that were begun stay as long as their refused rows can be fetched."""
    owner = await given_owner(deps)
    unused = await given_file(deps, owner, csv('A,,,,,'))
    ran = await run(deps, owner, csv('B,,,,,'))
    waiting = await given_file(deps, owner, csv('C,,,,,'))
    await start_import(deps, owner, waiting, (await detect(deps, owner, waiting)).plan, 1)
    later(clock, hours=23)
    await import_files.sweep_files(clock.now())
    assert await ImportFile.filter(id=unused).exists()
    later(clock, hours=1, seconds=1)
    await import_files.sweep_files(clock.now())
    assert not await ImportFile.filter(id=unused).exists()
    assert await ImportChunk.filter(file_id=unused).count() == 0
    assert await ImportFile.filter(job_id=ran.job.id).exists()
    clock.advance(timedelta(days=30))
    await import_files.sweep_files(clock.now())
    assert [file.id for file in await ImportFile.all()] == [waiting]


async def test_what_was_wrong_goes_with_the_file(
    deps: Dependencies, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refusals quote cells, so names and addresses. The numbers stay, and an import that rests loses nothing."""
    monkeypatch.setattr(import_files, 'SWEPT_AT_ONCE', 2)
    owner = await given_owner(deps)
    wrong = csv(*(f'Ann {one},not an address,,,,' for one in range(5)), 'Bob,bob@x.example,,,,')
    over, rests = [(await run(deps, owner, wrong)).job.id for _ in range(2)]
    await Job.filter(id=rests).update(state='paused', finished_at=None)
    later(clock, days=29)
    await import_files.sweep_files(clock.now())
    assert await ImportRefusal.filter(job_id=over).count() == 5
    later(clock, days=1, seconds=1)
    await import_files.sweep_files(clock.now())
    assert await ImportRefusal.filter(job_id=over).count() == 0
    assert not await ImportFile.filter(job_id=over).exists()
    assert await ImportRefusal.filter(job_id=rests).count() == 5
    owner = await given_owner(deps)
    assert (await read_job(deps, owner, over)).failed == 5
    assert (await list_refusals(deps, owner, over)).rows == ()


async def test_a_file_that_is_thrown_away(deps: Dependencies) -> None:
    """Whoever thinks better of it; not once it is being imported."""
    owner = await given_owner(deps)
    looked = await look_at(deps, owner, csv('A,,,,,'))
    await throw_away(deps, owner, looked.detected.file.id)
    with pytest.raises(ImportFileNotFound):
        await begun(deps, owner, looked)
    other = await look_at(deps, owner, csv('A,,,,,'))
    job_id = await begun(deps, owner, other)
    await throw_away(deps, owner, other.detected.file.id)
    assert await ImportFile.all().count() == 1
    with pytest.raises(ImportBegun) as raised:
        await begun(deps, owner, other)
    assert raised.value.job_id == job_id


# ── What files look like ──

GOOD = 'Jürgen Groß,j@x.example,person,Bau & Söhne,yes,1'


@pytest.mark.parametrize(
    ('content', 'encoding', 'delimiter'),
    [
        (csv(GOOD), Encoding.UTF_8, Delimiter.COMMA),
        (codecs.BOM_UTF8 + csv(GOOD), Encoding.UTF_8, Delimiter.COMMA),
        (csv(GOOD).decode().encode('cp1252'), Encoding.WINDOWS_1252, Delimiter.COMMA),
        (csv(GOOD).decode().encode('utf-16'), Encoding.UTF_16_LE, Delimiter.COMMA),
        (csv(GOOD).replace(b',', b';'), Encoding.UTF_8, Delimiter.SEMICOLON),
        (csv(GOOD).replace(b',', b'\t'), Encoding.UTF_8, Delimiter.TAB),
        (csv(GOOD).replace(b',', b'\t').decode().encode('utf-16'), Encoding.UTF_16_LE, Delimiter.TAB),
        (csv(GOOD).replace(b'\r\n', b'\n'), Encoding.UTF_8, Delimiter.COMMA),
        (csv(GOOD).replace(b'\r\n', b'\r'), Encoding.UTF_8, Delimiter.COMMA),
        (b'sep=,\r\n' + csv(GOOD), Encoding.UTF_8, Delimiter.COMMA),
        (csv(GOOD).removesuffix(b'\r\n'), Encoding.UTF_8, Delimiter.COMMA),
        (b'\r\n \r\n' + csv(GOOD, '', ',,,,,', ' , ,,,,'), Encoding.UTF_8, Delimiter.COMMA),
        (csv(','.join([GOOD, *['x'] * 494]), header=','.join([HEADER, *(f'c{one}' for one in range(494))])),
         Encoding.UTF_8, Delimiter.COMMA),
        (csv(f'{GOOD},"{"long " * 200_000}"', header=f'{HEADER},notes'), Encoding.UTF_8, Delimiter.COMMA),
        (csv(f'{GOOD},"two\r\nlines, and ""more"""', header=f'{HEADER},notes'), Encoding.UTF_8, Delimiter.COMMA),
    ],
    ids=['plain', 'BOM', 'Windows-1252', 'UTF-16', 'semicolons', 'tabs', 'UTF-16 with tabs', 'LF', 'CR', 'sep=',
         'no last line end', 'blank rows', '500 columns', '1 MB cell', 'quoted newlines'],
)  # fmt: skip
@sqlite_only
async def test_what_can_be_read(deps: Dependencies, content: bytes, encoding: Encoding, delimiter: Delimiter) -> None:
    """The same contact comes of it."""
    ran = await run(deps, await given_owner(deps), content)
    assert await contacts() == [('Jürgen Groß', 'j@x.example', 'person', 'Bau & Söhne', True, '1')]
    assert (ran.foretold.rows, ran.refused) == (1, [])
    detected = await detect(deps, US, (await ImportFile.get()).id)
    assert (detected.plan.encoding, detected.plan.delimiter) == (encoding, delimiter)


@pytest.mark.parametrize(
    ('content', 'fault', 'about'),
    [
        (b'\r\n\r\n', FileFault.EMPTY, ''),
        (csv(), FileFault.NO_ROWS, ''),
        (csv('', ',,'), FileFault.NO_ROWS, ''),
        (csv('a', header='Ansprechpartner;Mail'), FileFault.NO_NAME, 'Ansprechpartner, Mail'),
        (
            csv('a', header=f'{"Kunde" * 12};{"Telefon" * 9}'),
            FileFault.NO_NAME,
            f'{"Kunde" * 12}, {"Telefon" * 8}Tele…',
        ),
        (csv('a,b', header='name,Name'), FileFault.SAME_HEADER, 'name'),
        (csv(header=','.join('x' * 3_000)), FileFault.TOO_MANY_COLUMNS, '2,000'),
    ],
)
@sqlite_only
async def test_what_cannot_be_read(deps: Dependencies, content: bytes, fault: FileFault, about: str) -> None:
    """A broken file changes nothing, and it is clear why."""
    with pytest.raises(ImportFileRefused) as raised:
        await look_at(deps, await given_owner(deps), content)
    assert (raised.value.fault, raised.value.about) == (fault, about)
    assert await contacts() == []


@sqlite_only
async def test_more_rows_than_anybody_has(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is an end to it."""
    monkeypatch.setattr(reading, 'MOST_ROWS', 5)
    with pytest.raises(ImportFileRefused) as raised:
        await look_at(deps, US, csv(*(f'Name {number},,,,,' for number in range(6))))
    assert (raised.value.fault, raised.value.about) == (FileFault.TOO_MANY_ROWS, '5')


@sqlite_only
async def test_letters_that_cannot_be_read_cost_their_row(deps: Dependencies) -> None:
    """In a file that is UTF-8 otherwise; staff may say better what it is."""
    content = csv('Jürgen Groß,,,,,').removesuffix(b'\r\n') + b'\r\nM\xfcller,,,,,\r\nZo\xc3\xab,,,,,\r\n'
    ran = await run(deps, await given_owner(deps), content)
    assert ran.refused == [(3, 'name', 'unreadable')]
    assert [row[0] for row in await contacts()] == ['Jürgen Groß', 'Zoë']
    looked = await look_at(deps, US, content, Wishes(encoding=Encoding.WINDOWS_1252))
    assert [row.name for row in looked.preview.rows] == ['JÃ¼rgen GroÃŸ', 'Müller', 'ZoÃ«']


@sqlite_only
async def test_columns_that_staff_choose(deps: Dependencies) -> None:
    """Instead of those that were recognised; and what is new where a row does not say."""
    content = csv('Anna,Weber,Weber GmbH,a@x.example,x', header='Vorname,Nachname,Firma,Mail,Name')
    chosen = Wishes.from_text({'column_name': '0+1', 'column_email': '3', 'column_organisation': '2',
                               'new_kind': 'organisation'})  # fmt: skip
    await run(deps, await given_owner(deps), content, chosen)
    assert await contacts() == [('Anna Weber', 'a@x.example', 'organisation', 'Weber GmbH', False, '')]
    assert chosen.new_kind is Kind.ORGANISATION


@sqlite_only
async def test_a_contact_that_is_only_a_firm(deps: Dependencies) -> None:
    """Google and Outlook have firms without a person's name; a file with a column for names has to fill it."""
    google = 'First Name,Last Name,Organization Name,E-mail 1 - Value'
    owner = await given_owner(deps)
    await run(deps, owner, csv(',,Holm Bau,a@x.example ::: b@x.example', 'Ines,,Holm Bau,', header=google))
    assert [row[:4] for row in await contacts()] == [
        ('Holm Bau', 'a@x.example', 'organisation', ''),
        ('Ines', '', 'person', 'Holm Bau'),
    ]
    ran = await run(deps, owner, csv(',,,Holm Bau,,'))
    assert ran.refused == [(2, 'name', 'no_name')]
