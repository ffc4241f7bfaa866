"""The same house on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from storage.database import DatabaseUrl
from tests.journeys.walking import FIRM, SOON, Firm, come_in, is_dead, is_inside
from tests.support.databases import PostgresDatabases
from tests.support.served import Served
from tests.support.smtp_sink import SmtpSink

CLARA = 'clara@weiss.example'


@pytest.fixture
def database(postgres_databases: PostgresDatabases) -> Iterator[DatabaseUrl]:
    """An empty one: the program migrates it when it starts."""
    made = postgres_databases.make_empty()
    yield made
    postgres_databases.drop(made)


@pytest.fixture
def served(tmp_path: Path, smtp_sink: SmtpSink, database: DatabaseUrl) -> Iterator[Served]:
    """The program on PostgreSQL."""
    program = Served(tmp_path / 'served', smtp=smtp_sink, database_url=database.url)
    try:
        yield program
    finally:
        program.close()


async def test_invited_joined_and_revoked_on_postgresql(firm: Firm) -> None:
    """Invite, join, revoke: live on PostgreSQL as on SQLite."""
    desk = await firm.owner()
    await desk.invite(CLARA, 'Welcome!')
    await desk.counts_are(with_access=1, invited=1, joined=0, online=0)
    link = (await firm.sink.wait_for(CLARA)).link
    client = await firm.client()
    await come_in(client, link)
    await expect(client.get_by_text(f'This is your portal at {FIRM}.')).to_be_visible()
    await desk.counts_are(invited=0, joined=1, online=1)
    await is_dead(await firm.client(), link, 'A link works once')

    await desk.line('Activity', f'{CLARA} joined').get_by_role('link', name=CLARA).click()
    await desk.status_is('Joined')
    await desk.access.click()
    await expect(client).to_have_url(f'{firm.url}/sign-in?notice=ended', timeout=SOON)
    await desk.toast('Access switched off. 1 session ended.')
    await desk.access.click()
    await desk.toast('Access switched on.')
    await desk.status_is('Joined')
    await come_in(client, await desk.magic_link(CLARA))
    await is_inside(client)
    await desk.counts_are(with_access=1, joined=1, online=1)
