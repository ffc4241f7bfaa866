"""`main.py doctor`: what is well is said to be, each fault is told with where it lies, and nothing is changed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.dependencies import Cipher
from domain.doctor import Check, Finding, examine
from domain.portal.domain_findings import DomainState
from domain.settings import Settings
from storage.database import DatabaseUrl, as_it_is
from storage.models import CustomDomain, MailServerChoice, OutboxMail
from storage.sql import change
from tests.support.databases import opened_as_served, sqlite_only
from tests.support.dns_server import DnsServer
from tests.support.processes import free_port
from tests.support.served import MAIN, Served
from tests.support.smtp_sink import SmtpSink

KEY, OTHER_KEY = 'the-key-that-this-database-was-made-with', 'a-key-that-somebody-thought-would-do-as-well'
NOT_A_SECRET = 'marmalade'
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def names() -> Iterator[DnsServer]:
    with DnsServer({'portal.firm.example': {'A': ['192.0.2.10']}}) as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, database: DatabaseUrl, names: DnsServer) -> Settings:
    if database.is_sqlite:
        database.path.chmod(0o600)
    return Settings(
        _env_file=None,
        data_dir=tmp_path,
        database_url=database.url,
        secret_key=KEY,
        base_url='https://portal.firm.example',
        dns_resolvers=names.address,  # type: ignore[arg-type]
    )


async def seen(settings: Settings, **changes: object) -> dict[Check, list[Finding]]:
    """All findings, of settings that may be changed."""
    found: dict[Check, list[Finding]] = {check: [] for check in Check}
    async for finding in examine(settings.model_copy(update=changes)):
        found[finding.check].append(finding)
    return found


async def the_fault(settings: Settings, check: Check, **changes: object) -> str:
    """Its words; everything else is well."""
    found = await seen(settings, **changes)
    faults = [finding for findings in found.values() for finding in findings if finding.is_fault]
    assert [fault.check for fault in faults] == [check], faults
    return faults[0].words


async def keep_a_secret(database: DatabaseUrl, key: str) -> None:
    """A mail that waits, encrypted."""
    async with opened_as_served(database):
        await OutboxMail.create(
            kind='notice',
            to_address='clara@weiss.example',
            subject='A mail that waits',
            body=Cipher(key).encrypt('{}', '<1@firm.example>'),
            message_id='<1@firm.example>',
            created_at=NOW,
            next_try_at=NOW,
        )


async def test_all_is_well(settings: Settings, database: DatabaseUrl) -> None:
    with SmtpSink(tls=None) as sink:
        await keep_a_secret(database, KEY)
        found = await seen(settings, smtp_url=sink.url)
        assert sink.messages == []
    assert not any(finding.is_fault for findings in found.values() for finding in findings), found
    words = {check: ' '.join(finding.words for finding in findings) for check, findings in found.items()}
    assert 'https://portal.firm.example' in words[Check.SETTINGS]
    assert words[Check.DATABASE].startswith('SQLite 3.' if database.is_sqlite else 'PostgreSQL ')
    assert 'up to 0013_language' in words[Check.MIGRATIONS]
    assert words[Check.SMTP].startswith(f'127.0.0.1:{sink.port} lets us in')
    assert words[Check.DNS] == 'portal.firm.example is 192.0.2.10'
    assert words[Check.SECRET_KEY] == 'FOYER_SECRET_KEY fits the database'


async def test_a_key_that_is_not_the_databases(settings: Settings, database: DatabaseUrl) -> None:
    """R26: told before a client meets it; the one before still reads."""
    await keep_a_secret(database, KEY)
    assert 'is not the key of this database' in await the_fault(settings, Check.SECRET_KEY, secret_key=OTHER_KEY)
    found = await seen(settings, secret_key=OTHER_KEY, secret_key_previous=KEY)
    assert found[Check.SECRET_KEY][0].words.endswith('FOYER_SECRET_KEY_PREVIOUS is still needed')
    assert 'secret.key cannot be read' in await the_fault(settings, Check.SECRET_KEY, secret_key='')


async def test_a_schema_that_is_not_this_versions(settings: Settings, database: DatabaseUrl) -> None:
    async with opened_as_served(database):
        await change("UPDATE tortoise_migrations SET name = '9999_from_the_future' WHERE name = '0013_language'")
    assert '9999_from_the_future was made by a newer Foyer' in await the_fault(settings, Check.MIGRATIONS)
    async with as_it_is(database):
        await change("DELETE FROM tortoise_migrations WHERE name > '0013'")
    assert (await seen(settings))[Check.MIGRATIONS] == [
        Finding(Check.MIGRATIONS, '1 wait for the next start, from 0013_language on', is_note=True)
    ]


async def test_a_mail_server_that_is_not_there_or_lets_nobody_in(settings: Settings) -> None:
    nowhere = f'smtp://127.0.0.1:{free_port()}'
    assert 'No connection' in await the_fault(settings, Check.SMTP, smtp_url=nowhere)
    with SmtpSink(users={'foyer': NOT_A_SECRET}) as sink:
        wrong = f'smtp://foyer:wrong@127.0.0.1:{sink.port}?starttls=never'
        assert '535' in await the_fault(settings, Check.SMTP, smtp_url=wrong)


async def test_the_mail_server_that_a_page_set(settings: Settings, database: DatabaseUrl) -> None:
    with SmtpSink() as sink:
        async with opened_as_served(database):
            await MailServerChoice.filter(id=1).update(host='127.0.0.1', port=sink.port, tls='none')
        found = await seen(settings)
    assert found[Check.SMTP][0].words.startswith(f'127.0.0.1:{sink.port} lets us in')


async def test_names_that_lead_nowhere(settings: Settings, database: DatabaseUrl) -> None:
    words = await the_fault(settings, Check.DNS, base_url='https://elsewhere.example')
    assert words.startswith('elsewhere.example has no address')
    async with opened_as_served(database):
        await CustomDomain.filter(id=1).update(
            host='clients.firm.example', state=DomainState.DNS_FAILED, was_active=True
        )
    assert 'clients.firm.example is broken' in await the_fault(settings, Check.DNS)


@sqlite_only
async def test_files_that_others_can_read(settings: Settings, database: DatabaseUrl) -> None:
    database.path.chmod(0o644)
    assert f'chmod 600 {database.path}' in await the_fault(settings, Check.DATABASE)
    database.path.chmod(0o600)
    (settings.data_dir / 'secret.key').write_text(KEY)
    (settings.data_dir / 'secret.key').chmod(0o640)
    assert 'is open to others (0640)' in await the_fault(settings, Check.SECRET_KEY, secret_key='')


@sqlite_only
async def test_what_is_no_database(settings: Settings, database: DatabaseUrl) -> None:
    database.path.write_bytes(b'a diary, say' * 100)
    assert 'cannot be used' in await the_fault(settings, Check.DATABASE)
    database.path.unlink()
    assert 'not there yet' in (await seen(settings))[Check.DATABASE][0].words
    assert not database.path.exists()


def test_in_the_terminal(tmp_path: Path) -> None:
    """A line each; 0 before the first start already, 1 when one is wrong; nothing is made."""
    served = Served(tmp_path / 'new', program=MAIN)
    said = served.run('doctor')
    assert (said.returncode, said.stderr) == (0, '')
    lines = said.stdout.splitlines()
    assert [line.split('  ')[0] for line in lines] == list(Check)
    assert [line[12:17].strip() for line in lines] == ['ok', 'note', 'note', 'note', 'note', 'note'], said.stdout
    assert [path.name for path in served.data_dir.iterdir()] == []
    served.settings['smtp_url'] = f'smtp://127.0.0.1:{free_port()}'
    said = served.run('doctor')
    assert said.returncode == 1
    assert [line.split()[0] for line in said.stdout.splitlines() if ' fault ' in line] == ['SMTP']
    served.settings['port'] = 'eighty'
    said = served.run('doctor')
    assert said.returncode == 1
    assert said.stdout.startswith('settings    fault  FOYER_PORT: ')
