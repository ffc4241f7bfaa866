"""Instances tell each other what happens, with the commit and not without it."""

import asyncio
from dataclasses import replace

import pytest

from domain.dependencies import Dependencies
from domain.events import ClientSessionsEnded, ContactsChanged, Event, EventBus, MailsChanged, SignedInEvent
from domain.neighbours import Neighbours
from domain.unit_of_work import deed, unit_of_work
from storage.database import DatabaseUrl
from storage.notices import Listener
from tests.support.databases import postgres_only, sqlite_only


@deed
async def _tell(deps: Dependencies, *events: Event, fail: bool = False) -> None:
    async with unit_of_work(deps) as work:
        work.tell(*events)
        if fail:
            raise LookupError


async def _nobody_missed() -> None:
    return None


@postgres_only
async def test_events_reach_the_other_instance_with_the_commit_and_only_then(
    deps: Dependencies, database: DatabaseUrl
) -> None:
    """R36, on every instance: what a deed tells is heard elsewhere, whole and in order; not when it was rolled back."""
    here, there = replace(deps, events=EventBus()), EventBus()
    heard: list[Event] = []
    for kind in (ContactsChanged, ClientSessionsEnded, SignedInEvent):
        there.on(kind, heard.append)
    came = asyncio.Event()
    there.on(SignedInEvent, lambda event: came.set())
    here.events.neighbours = Neighbours(here.events, 'here')
    listener = Listener(database, Neighbours(there, 'there').hear, _nobody_missed)
    await listener.start()
    try:
        with pytest.raises(LookupError):
            await _tell(here, ContactsChanged((99,)), fail=True)
        many = tuple(range(1_200))
        signed_in = SignedInEvent(7, 8, 'hash', 9, (1, 2))
        await _tell(here, ContactsChanged(many), ClientSessionsEnded((4, 5), 'revoked'), signed_in)
        async with asyncio.timeout(5):
            await came.wait()
        assert heard[-1] == signed_in
    finally:
        await listener.stop()
    changed = [event for event in heard if isinstance(event, ContactsChanged)]
    assert tuple(one for event in changed for one in event.contact_ids) == many
    assert ClientSessionsEnded((4, 5), 'revoked') in heard


@postgres_only
async def test_what_a_batch_did_reaches_the_other_instance_whole(deps: Dependencies, database: DatabaseUrl) -> None:
    """An event with several long lists of large ids: each arrives, in notices that PostgreSQL takes."""
    here, there = replace(deps, events=EventBus()), EventBus()
    mails, contacts, logins = (tuple(range(start, start + 700)) for start in (10**14, 2 * 10**14, 3 * 10**14))
    heard: list[MailsChanged] = []
    there.on(MailsChanged, heard.append)
    here.events.neighbours = Neighbours(here.events, 'here')
    listener = Listener(database, Neighbours(there, 'there').hear, _nobody_missed)
    await listener.start()
    try:
        await _tell(here, MailsChanged(mails, contacts, logins))
        async with asyncio.timeout(5):
            while sum(len(event.login_ids) for event in heard) < 700:  # noqa: ASYNC110 - a callback of asyncpg
                await asyncio.sleep(0.01)
    finally:
        await listener.stop()
    for name, ids in (('mail_ids', mails), ('contact_ids', contacts), ('login_ids', logins)):
        assert tuple(one for event in heard for one in getattr(event, name)) == ids


@postgres_only
async def test_an_instance_does_not_hear_itself(deps: Dependencies, database: DatabaseUrl) -> None:
    """An event is handled once where it happened."""
    heard: list[Event] = []
    deps.events.on(ContactsChanged, heard.append)
    deps.events.neighbours = Neighbours(deps.events, 'here')
    listener = Listener(database, deps.events.neighbours.hear, _nobody_missed)
    await listener.start()
    try:
        await _tell(deps, ContactsChanged((1,)))
        await asyncio.sleep(0.3)
    finally:
        await listener.stop()
    assert heard == [ContactsChanged((1,))]


@sqlite_only
async def test_one_instance_alone_sends_nothing(deps: Dependencies, database: DatabaseUrl) -> None:
    """SQLite has one instance: listening is a no-op, telling too."""
    listener = Listener(database, pytest.fail, _nobody_missed)
    await listener.start()
    await Neighbours(deps.events, 'here').tell([ContactsChanged((1,))])
    await listener.stop()
