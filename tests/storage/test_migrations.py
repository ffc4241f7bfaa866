"""Migrations keep every row, every index and every guard, on a database full of rows."""

import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tortoise import connections
from tortoise.exceptions import BaseORMException
from tortoise.fields.base import Field
from tortoise.fields.relational import RelationalField

import storage.migrations
import storage.models
from storage.database import DatabaseUrl, migrate
from storage.models import Contact, PortalSettings
from tests.support.clock import START
from tests.support.databases import opened_as_served, sqlite_only

FIRST = 'foyer.0001_first'
GUARDS = 'foyer.0002_guards'
MODELS = [getattr(storage.models, name) for name in storage.models.__all__]
TABLES = {model._meta.db_table: model for model in MODELS}
GONE = ('rate_counte', 'contact_name_ke')  # indexes that a migration took away on purpose
OF_ONE_ROW = frozenset({'portal_settings', 'brand', 'custom_domain', 'sender_check', 'mail_server'})
WORKED_OUT = {'search_text'}  # anew, when the way it is looked through changed

# Rebuilds tables on SQLite in every way Tortoise can: a column altered, one taken away, one added. `contact`, `login`
# and `staff_member` have children that cascade. A rebuild drops the indexes of its table, so they are made again.
LATER = """
from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from storage.fields import UtcDatetime

MADE = "SELECT name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql <> ''"
made = []

async def remember_indexes(_, editor):
    if editor.client.capabilities.dialect == 'sqlite':
        made[:] = await editor.client.execute_query_dict(MADE)

async def make_them_again(_, editor):
    if editor.client.capabilities.dialect == 'sqlite':
        left = [row['name'] for row in await editor.client.execute_query_dict(MADE)]
        for row in made:
            if row['name'] not in left:
                await editor.client.execute_query(row['sql'])

class Migration(migrations.Migration):
    dependencies = [('foyer', '{after}')]
    operations = [
        ops.RunPython(remember_indexes),
        ops.AlterField('Contact', 'name', fields.CharField(max_length=240)),
        ops.AlterField('Login', 'last_sign_in_method', fields.CharField(default='', max_length=64)),
        ops.RemoveField('StaffMember', 'disabled_at'),
        ops.AddField('Contact', 'note', fields.CharField(default='', db_default='', max_length=20)),
        ops.RunPython(make_them_again),
    ]
"""


class Snapshot:
    """What a database holds, read without Tortoise."""

    def __init__(self, rows: dict[str, list[dict[str, Any]]], guards: dict[str, str]) -> None:
        self.rows = rows
        self.guards = guards  # indexes and triggers by name, with how they are made


async def look(database: DatabaseUrl) -> Snapshot:
    rows: dict[str, list[dict[str, Any]]] = {}
    if database.is_sqlite:
        connection = sqlite3.connect(database.path)
        connection.row_factory = sqlite3.Row
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in sorted(there & set(TABLES)):
            rows[table] = [dict(row) for row in connection.execute(f'SELECT * FROM "{table}" ORDER BY id')]
        made = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql <> ''"
        )
        guards = {name: ' '.join(sql.split()) for name, sql in made}
        connection.close()
        return Snapshot(rows, guards)
    server = await asyncpg.connect(database.url)
    try:
        tables = await server.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for table in sorted({row['tablename'] for row in tables} & set(TABLES)):
            rows[table] = [dict(row) for row in await server.fetch(f'SELECT * FROM "{table}" ORDER BY id')]
        indexes = await server.fetch("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        triggers = await server.fetch('SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal')
        return Snapshot(rows, dict(map(tuple, [*indexes, *triggers])))
    finally:
        await server.close()


def a_value(name: str, field: Field[Any], number: int) -> Any:
    """Something that fits the column and differs from row to row."""
    if isinstance(field.field_type, type) and issubclass(field.field_type, datetime):
        return START + timedelta(days=number, microseconds=number)
    if field.field_type is bool:
        return number % 2 == 0
    if field.field_type is int:
        return number
    if field.field_type is bytes:
        return name.encode()
    if field.field_type in (dict, list) or 'JSON' in type(field).__name__:
        return {'number': number, 'text': 'Zoë 🦊'}
    return f'{name[:4]}{number}'


async def columns_of(database: DatabaseUrl, table: str) -> set[str]:
    if database.is_sqlite:
        with sqlite3.connect(database.path) as connection:
            return {row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')}
    server = await asyncpg.connect(database.url)
    try:
        found = await server.fetch('SELECT column_name FROM information_schema.columns WHERE table_name = $1', table)
        return {row['column_name'] for row in found}
    finally:
        await server.close()


async def fill(database: DatabaseUrl) -> None:
    """Three rows in every table that is there, with the columns it has at this migration.

    The one row of some is the business of a migration.
    """
    async with raw(database) as execute:
        for table, model in in_order():
            columns = await columns_of(database, table)
            if not columns or table in OF_ONE_ROW:
                continue
            for number in (1, 2, 3):
                values: dict[str, Any] = {}
                for name, field in model._meta.fields_map.items():
                    if (
                        isinstance(field, RelationalField)
                        or name == 'id'
                        or (field.source_field or name) not in columns
                    ):
                        continue
                    values[name] = a_value(name, field, number)
                values['id'] = number
                await execute(model, values)


def in_order() -> list[tuple[str, Any]]:
    """Parents before children."""
    first = ['login', 'staff_member', 'contact', 'import_file', 'job']
    return sorted(TABLES.items(), key=lambda item: first.index(item[0]) if item[0] in first else len(first))


@asynccontextmanager
async def raw(database: DatabaseUrl) -> AsyncIterator[Any]:
    """Inserts that know only column names, so that they fit an older schema."""
    if database.is_sqlite:
        connection = sqlite3.connect(database.path)
        connection.execute('PRAGMA foreign_keys=ON')

        async def into_sqlite(model: Any, values: dict[str, Any]) -> None:
            ready = [str(one) if isinstance(one, datetime) else one for one in with_json_as_text(values)]
            marks = ', '.join('?' * len(values))
            columns = ', '.join(f'"{name}"' for name in values)
            connection.execute(f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({marks})', ready)

        yield into_sqlite
        connection.commit()
        connection.close()
        return
    server = await asyncpg.connect(database.url)

    async def into_postgres(model: Any, values: dict[str, Any]) -> None:
        columns = ', '.join(f'"{name}"' for name in values)
        marks = ', '.join(f'${number}' for number in range(1, len(values) + 1))
        ready = with_json_as_text(values)
        await server.execute(f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({marks})', *ready)

    try:
        yield into_postgres
    finally:
        await server.close()


def with_json_as_text(values: dict[str, Any]) -> list[Any]:
    import json

    return [json.dumps(one) if isinstance(one, dict) else one for one in values.values()]


async def assert_guarded(database: DatabaseUrl) -> None:
    """The hand-made guards do their work, not only exist."""
    async with opened_as_served(database):
        connection = connections.get('default')
        for refused in (
            "UPDATE audit_event SET kind = 'x'",
            'DELETE FROM audit_event',
            'INSERT INTO invitation (contact_id, email, message, created_at, expires_at) '
            "SELECT id, 'a@example.org', '', '2026-01-01', '2026-01-02' FROM contact UNION ALL "
            "SELECT id, 'a@example.org', '', '2026-01-01', '2026-01-02' FROM contact",
        ):
            with pytest.raises(BaseORMException):
                await connection.execute_query(refused)


@pytest.fixture
def a_later_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package that holds all of today's migrations and one more; returns the name of that one."""
    folder = tmp_path / 'later_migrations'
    shutil.copytree(Path(str(storage.migrations.__file__)).parent, folder, ignore=shutil.ignore_patterns('__pycache__'))
    newest = max(path.stem for path in folder.glob('[0-9]*.py'))
    name = f'{int(newest[:4]) + 1:04d}_later'
    (folder / f'{name}.py').write_text(LATER.format(after=newest))
    monkeypatch.syspath_prepend(tmp_path)
    real = storage.database.tortoise_config

    def with_later(database: DatabaseUrl, *, foreign_keys: bool = True) -> dict[str, Any]:
        config = real(database, foreign_keys=foreign_keys)
        config['apps']['foyer']['migrations'] = 'later_migrations'
        return config

    monkeypatch.setattr('storage.database.tortoise_config', with_later)
    yield f'foyer.{name}'
    for module in [name for name in sys.modules if name.startswith('later_migrations')]:
        del sys.modules[module]


@pytest.mark.parametrize('start', [FIRST, GUARDS])
async def test_rows_and_indexes_survive_all_later_migrations(empty_database: DatabaseUrl, start: str) -> None:
    await migrate(empty_database, start)
    await fill(empty_database)
    before = await look(empty_database)
    assert all(rows for table, rows in before.rows.items() if table not in OF_ONE_ROW), 'there are rows to lose'

    await migrate(empty_database)

    after = await look(empty_database)
    for table, rows in before.rows.items():
        for old, new in zip(rows, after.rows[table][: len(rows)], strict=True):
            kept = old.keys() & new.keys() - WORKED_OUT
            assert {name: new[name] for name in kept} == {name: old[name] for name in kept}
    dropped = {name for name in before.guards.keys() - after.guards.keys() if not any(one in name for one in GONE)}
    assert not dropped, f'a rebuild dropped {sorted(dropped)}: the migration has to make them again'
    assert 'one_open_invitation' in after.guards
    assert [name for name in after.guards if name.startswith('audit_event_no_update') or name.endswith('append_only')]
    await assert_guarded(empty_database)


async def test_every_table_and_every_index_of_the_models_is_there(database: DatabaseUrl) -> None:
    """What the migrations build is what the models say: no forgotten migration."""
    found = await look(database)
    assert found.rows.keys() == TABLES.keys()
    for table, model in TABLES.items():
        columns = {field.source_field or name for name, field in model._meta.fields_map.items() if field.has_db_field}
        assert await columns_of(database, table) == columns, table
        indexes = ' '.join(how for how in found.guards.values() if f'"{table}"' in how or f'.{table} ' in how)
        for fields in model._meta.indexes:
            assert ','.join(fields) in indexes.replace('"', '').replace(', ', ','), (table, fields)


async def test_there_is_one_row_of_settings(database: DatabaseUrl) -> None:
    async with opened_as_served(database):
        assert [row.id for row in await PortalSettings.all()] == [1]


async def test_a_second_start_changes_nothing(database: DatabaseUrl) -> None:
    await fill(database)
    before = await look(database)
    for _ in range(2):
        async with opened_as_served(database):
            pass
    after = await look(database)
    assert (after.rows, after.guards) == (before.rows, before.guards)


async def test_a_rebuilt_table_keeps_its_children(database: DatabaseUrl, a_later_migration: str) -> None:
    """With foreign keys on, SQLite's rebuild of `contact` and `login` would delete every invitation and session."""
    await fill(database)
    before = await look(database)

    await migrate(database, a_later_migration)

    after = await look(database)
    assert all('note' in row for row in after.rows['contact']), 'the migration ran'
    for table, rows in before.rows.items():
        kept = [{name: row[name] for name in row if name in rows[0]} for row in after.rows[table]]
        assert kept == [{name: row[name] for name in row if name in after.rows[table][0]} for row in rows], table
    await assert_guarded(database)
    assert after.guards.keys() == before.guards.keys()


@sqlite_only
async def test_a_migration_that_orphans_rows_is_refused(
    database: DatabaseUrl, a_later_migration: str, tmp_path: Path
) -> None:
    """The foreign keys are off while SQLite migrates, so they are checked afterwards. PostgreSQL keeps them on."""
    (tmp_path / 'later_migrations' / f'{a_later_migration.removeprefix("foyer.")}.py').write_text(
        'from tortoise import migrations\nfrom tortoise.migrations import operations as ops\n'
        'class Migration(migrations.Migration):\n'
        f"    dependencies = [('foyer', '{newest_of(tmp_path, a_later_migration)}')]\n"
        "    operations = [ops.RunSQL('DELETE FROM contact WHERE id = 1', '')]\n"
    )
    await fill(database)
    with pytest.raises(BaseORMException, match='point nowhere'):
        await migrate(database, a_later_migration)


def newest_of(folder: Path, but: str) -> str:
    names = [path.stem for path in (folder / 'later_migrations').glob('[0-9]*.py')]
    return max(name for name in names if name != but.removeprefix('foyer.'))


async def test_the_models_work_on_what_the_migrations_built(database: DatabaseUrl) -> None:
    await fill(database)
    async with opened_as_served(database):
        contact = await Contact.get(id=1).prefetch_related('invitations', 'login')
        assert len(list(contact.invitations)) == 1
        assert contact.login is not None
