"""Fixtures for every test. Tests of the domain run on SQLite and on PostgreSQL unless marked otherwise."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from domain.dependencies import Cipher, Dependencies, Hasher
from domain.settings import Settings
from storage.database import DatabaseUrl
from tests.support.browser import Browser, open_browser
from tests.support.canary import Canary, file_of, rows_of, watched
from tests.support.clock import FixedClock
from tests.support.databases import PostgresDatabases, SqliteDatabases, opened_as_served
from tests.support.hashing import WeakHasherForTests
from tests.support.logged import logged
from tests.support.postgres import CannotStart, PostgresServer
from tests.support.requirements import missing
from tests.support.served import WATCHED, Served
from tests.support.smtp_sink import SmtpSink

SECRET_KEY = 'a-key-for-tests-and-for-nothing-else-0123456789'
# Files are given out whole, in this order: by how long one takes. Opening browsers and starting programs takes longest.
LONG_FIRST = (
    'tests/journeys/',
    'tests/ui/test_dashboard.py',
    'tests/ui/test_faults.py',
    'tests/domain/mail/test_worker.py',
    'tests/domain/access/test_one_use_under_load.py',
    'tests/ui/',
    'tests/test_',
    '',
)
OWN_VARIABLES = {'FOYER_TEST_REQUIRE', 'FOYER_SHOTS'}

for variable in [name for name in os.environ if name.startswith('FOYER_') and name not in OWN_VARIABLES]:
    del os.environ[variable]  # a developer's own settings are not what is tested


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first, so that the workers of `make test` end together and not one alone."""
    items.sort(key=lambda item: next(place for place, path in enumerate(LONG_FIRST) if item.nodeid.startswith(path)))


@pytest.fixture
def clock() -> FixedClock:
    """Stands at Monday 2026-03-02 09:00 UTC until a test advances it."""
    return FixedClock()


@pytest.fixture(scope='session')
def hasher() -> Iterator[Hasher]:
    """argon2id at its least cost."""
    weak = WeakHasherForTests()
    yield weak
    weak.close()


@pytest.fixture(scope='session')
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp('sqlite'))


@pytest.fixture(scope='session')
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        server.start()
    except CannotStart as reason:
        missing('postgres', str(reason))
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope='session')
def postgres_databases(postgres_server: PostgresServer) -> PostgresDatabases:
    return PostgresDatabases(postgres_server)


@pytest.fixture(params=['sqlite', 'postgres'])
def engine(request: pytest.FixtureRequest) -> str:
    """The engine under test; `sqlite_only` and `postgres_only` of tests.support.databases narrow it."""
    return str(request.param)


@pytest.fixture
def database(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseUrl]:
    """A fresh, migrated database that nobody has opened yet."""
    if engine == 'sqlite':
        yield request.getfixturevalue('sqlite_databases').make(tmp_path)
        return
    databases: PostgresDatabases = request.getfixturevalue('postgres_databases')
    made = databases.make()
    yield made
    databases.drop(made)


@pytest.fixture
def empty_database(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseUrl]:
    """A database without any table, for tests of the migrations."""
    if engine == 'sqlite':
        yield DatabaseUrl(f'sqlite://{tmp_path / "foyer.sqlite3"}')
        return
    databases: PostgresDatabases = request.getfixturevalue('postgres_databases')
    made = databases.make_empty()
    yield made
    databases.drop(made)


@pytest.fixture
async def opened(database: DatabaseUrl) -> AsyncIterator[DatabaseUrl]:
    """The same database, opened as the program opens it."""
    async with opened_as_served(database):
        yield database


@pytest.fixture
def settings(tmp_path: Path, database: DatabaseUrl) -> Settings:
    """Settings that no environment and no `.env` has a say in. Mail is captured; override to set `smtp_url`."""
    return Settings(_env_file=None, data_dir=tmp_path, database_url=database.url, secret_key=SECRET_KEY)


@pytest.fixture
def canary() -> Canary:
    """Hears of every secret that `deps` hand out or are given."""
    return Canary()


@pytest.fixture
async def deps(
    settings: Settings, hasher: Hasher, clock: FixedClock, opened: DatabaseUrl, canary: Canary
) -> AsyncIterator[Dependencies]:
    """What a deed is handed, on an open database, with a clock that stands still.

    R2, R60: at the end no secret that was made or typed stands in a row, in a byte of the file, or in the log.
    """
    with logged() as log:
        real = Dependencies(settings=settings, cipher=Cipher(settings.secret_key), hasher=hasher, clock=clock)
        yield watched(real, canary)
    rows = await rows_of(opened)
    canary.look(the_log=log.text.encode(), the_tables=rows, the_database_file=file_of(opened))


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """A real mail server on a loopback port that keeps what it is given."""
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def program() -> Path:
    """What `served` serves; override it with `MAIN` where the very file that operators start is what is tested."""
    return WATCHED


@pytest.fixture
def served(tmp_path: Path, smtp_sink: SmtpSink, program: Path) -> Iterator[Served]:
    """The program, not started yet: `create_owner` first or follow its `setup_url`, then `start()`."""
    made = Served(tmp_path / 'served', smtp=smtp_sink, program=program)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium. Fails the test at its end when a page logged an error that was not `allow`ed."""
    async with open_browser() as opened_browser:
        yield opened_browser
