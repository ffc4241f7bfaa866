"""One link, a thousand clicks at once, one session (R3): in one process and from several."""

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Awaitable, Iterator

import pytest

from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.sign_in import SignedIn
from domain.audit import AuditKind
from domain.contacts.portal_access import give_access, revoke_access
from domain.dependencies import Dependencies
from domain.errors import DeadLink, LinkExpired
from storage.database import DatabaseUrl
from storage.models import ClientSession, Contact, OneTimeToken
from tests.factories import a_visitor, audit_rows, given_contact, given_owner, token_of, visitors
from tests.support.processes import dies_with_parent

CLICKS = 1_000
ROUNDS = 40
CHILD = """
import asyncio, json, sys
from domain.access.magic_links import redeem_magic_link
from domain.dependencies import Cipher, Dependencies
from domain.errors import LinkExpired
from domain.settings import Settings
from storage.database import DatabaseUrl, open_database
from tests.factories import a_visitor
from tests.support.clock import FixedClock
from tests.support.hashing import WeakHasherForTests

async def click(deps, number):
    try:
        await redeem_magic_link(deps, a_visitor(f'10.{sys.argv[4]}.0.{number % 250}'), sys.argv[2])
        return 'in'
    except LinkExpired as error:
        return error.reason.value

async def main():
    settings = Settings(_env_file=None, database_url=sys.argv[1], secret_key='k' * 32, rate_limits='off')
    deps = Dependencies(settings=settings, cipher=Cipher('k' * 32), hasher=WeakHasherForTests(), clock=FixedClock())
    async with open_database(DatabaseUrl(sys.argv[1])):
        print('ready', flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        answers = await asyncio.gather(*(click(deps, number) for number in range(int(sys.argv[3]))))
    print(json.dumps(answers), flush=True)

asyncio.run(main())
"""


@pytest.fixture
def children() -> Iterator[list['subprocess.Popen[str]']]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for child in started:
        child.kill()
        child.communicate()


def start(database: DatabaseUrl, token: str, clicks: int, number: int) -> 'subprocess.Popen[str]':
    return subprocess.Popen(
        [sys.executable, '-c', CHILD, database.url, token, str(clicks), str(number)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=dies_with_parent(),
    )  # fmt: skip


async def soon(dice: random.Random, act: Awaitable[object]) -> object:
    """The act, after some thousandths of a second, so that now this comes first and now that."""
    await asyncio.sleep(dice.random() * 0.008)
    return await act


async def test_a_thousand_clicks_at_once_are_one_session(deps: Dependencies) -> None:
    """R3: whoever finds the row unused has it; all others are told that it was used."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    token = token_of((await make_magic_link(deps, owner, contact.id)).url)
    tries = [redeem_magic_link(deps, visitor, token) for visitor in visitors(CLICKS)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(answer == LinkExpired(DeadLink.USED) for answer in answers) == CLICKS - 1
    assert await ClientSession.all().count() == 1
    assert len(await audit_rows(AuditKind.SIGNED_IN)) == len(await audit_rows(AuditKind.JOINED)) == 1


async def test_clicks_from_four_processes_are_one_session(
    deps: Dependencies, database: DatabaseUrl, children: list['subprocess.Popen[str]']
) -> None:
    """R3: the guard is in the database, not in a process."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    token = token_of((await make_magic_link(deps, owner, contact.id)).url)
    children.extend(start(database, token, 100, number) for number in range(4))
    for child in children:
        assert child.stdout
        assert await asyncio.to_thread(child.stdout.readline) == 'ready\n'
    told = await asyncio.gather(*(asyncio.to_thread(child.communicate, '\n', 60) for child in children))
    answers = [answer for out, _ in told for answer in json.loads(out)]
    assert sorted(answers) == ['in'] + ['used'] * 399
    assert await ClientSession.all().count() == 1


async def test_redeeming_against_revoking_never_leaves_a_session(deps: Dependencies) -> None:
    """R13: whichever comes first, afterwards nobody is inside and no link lives."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    outcomes, dice = set(), random.Random(13)
    for number in range(ROUNDS):
        token = token_of((await make_magic_link(deps, owner, contact.id)).url)
        clicks = [redeem_magic_link(deps, a_visitor(f'10.0.{number}.{one}'), token) for one in range(3)]
        acts = [soon(dice, act) for act in (*clicks, revoke_access(deps, owner, contact.id))]
        answers = await asyncio.gather(*acts, return_exceptions=True)
        for answer in answers:
            assert not isinstance(answer, Exception) or isinstance(answer, LinkExpired), answer
        outcomes.add(any(isinstance(answer, SignedIn) for answer in answers))
        assert await ClientSession.all().count() == 0
        assert await OneTimeToken.filter(used_at=None, voided_at=None).count() == 0
        assert not (await Contact.get(id=contact.id)).portal_access
        await give_access(deps, owner, contact.id)
    assert outcomes == {True, False}, 'both came first now and then'


async def test_many_doors_closed_while_they_are_entered(deps: Dependencies) -> None:
    """R13: thirty clients come in while thirty are shut out; not one stays inside."""
    owner = await given_owner(deps)
    contacts = [await given_contact(deps, f'Client {number}', f'c{number}@x.example') for number in range(30)]
    tokens = [token_of((await make_magic_link(deps, owner, contact.id)).url) for contact in contacts]
    redeem = [redeem_magic_link(deps, visitor, token) for visitor, token in zip(visitors(30), tokens, strict=True)]
    close = [revoke_access(deps, owner, contact.id) for contact in contacts]
    mixed = [act for pair in zip(redeem, close, strict=True) for act in pair]
    answers = await asyncio.gather(*mixed, return_exceptions=True)
    assert [one for one in answers if isinstance(one, Exception) and not isinstance(one, LinkExpired)] == []
    assert await ClientSession.all().count() == 0
