"""In which order an import holds what it writes: as every deed does, so that two never wait for each other."""

import asyncio

import asyncpg
import pytest

from domain.access.logins import login_for
from domain.dependencies import Dependencies
from domain.unit_of_work import deed, unit_of_work
from storage.database import DatabaseUrl, postgres_credentials
from storage.models import Contact
from storage.sql import fetch
from tests.domain.contacts.importing.files import begun, csv, look_at
from tests.domain.jobs.running import over, running, until
from tests.factories import given_contact, given_owner
from tests.support.databases import postgres_only

WAITING = (
    "SELECT count(*) AS number FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@postgres_only
@pytest.mark.parametrize('moves_to', ['later', 'earlier'])
async def test_a_contact_is_held_when_the_logins_of_all_addresses_are(
    deps: Dependencies, database: DatabaseUrl, moves_to: str
) -> None:
    """Whoever holds the login that a contact moves to takes that contact next, and has it at once: the import, which
    waits for the same login, has taken none so far. Held the other way round, each would wait for the other."""
    owner = await given_owner(deps)
    if moves_to == 'earlier':
        await make_login(deps, 'there@x.example')
    contact = await given_contact(deps, 'Clara Weiss', 'here@x.example')
    if moves_to == 'later':
        await make_login(deps, 'there@x.example')
    await Contact.filter(id=contact.id).update(external_id='P-1')
    looked = await look_at(deps, owner, csv('Clara Weiss,there@x.example,,,,P-1'))
    other = await asyncpg.connect(**postgres_credentials(database))
    try:
        async with running(deps), asyncio.timeout(20):
            async with other.transaction():
                await other.execute("SELECT id FROM login WHERE email = 'there@x.example' FOR UPDATE")
                job_id = await begun(deps, owner, looked)
                await until(somebody_waits)
                await other.execute(f'SELECT id FROM contact WHERE id = {contact.id} FOR UPDATE NOWAIT')
                if moves_to == 'earlier':
                    await other.execute("SELECT id FROM login WHERE email = 'here@x.example' FOR UPDATE NOWAIT")
            (job,) = await over(deps, owner, job_id)
    finally:
        await other.close()
    assert (job.done, (await Contact.get(id=contact.id)).email) == (1, 'there@x.example')


async def somebody_waits() -> bool:
    return bool((await fetch(WAITING))[0]['number'])


@deed
async def make_login(deps: Dependencies, email: str) -> None:
    async with unit_of_work(deps) as work:
        await login_for(work, email)
