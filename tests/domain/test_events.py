"""The bus: after the commit, in order, one listener's fault is nobody else's."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tortoise.backends.base.client import TransactionContext, TransactionContextPooled
from tortoise.backends.sqlite.client import SqliteTransactionContext

from domain.contacts.directory import create_contact
from domain.contacts.new_contact import ContactDetails, Kind
from domain.dependencies import Dependencies
from domain.events import (
    ActivityRecorded,
    ClientSessionsEnded,
    ContactsChanged,
    EventBus,
    JobChanged,
    MailChanged,
    MailQueued,
    MailsChanged,
    PresenceChanged,
    SettingsChanged,
    merged,
)
from storage.models import Contact
from tests.factories import given_owner, heard


def test_each_listener_hears_its_kind_in_order() -> None:
    """Events are small and go to whoever asked for their kind, until it asks no more."""
    bus, heard_here = EventBus(), []
    stop = bus.on(ContactsChanged, heard_here.append)
    bus.on(PresenceChanged, heard_here.append)
    bus.publish(ContactsChanged((1,)), PresenceChanged(), MailQueued(), ContactsChanged((2,)))
    assert heard_here == [ContactsChanged((1,)), PresenceChanged(), ContactsChanged((2,))]
    stop()
    stop()
    bus.publish(ContactsChanged((3,)), PresenceChanged())
    assert heard_here[3:] == [PresenceChanged()]


async def test_a_listener_that_fails_keeps_nobody_from_hearing() -> None:
    """DESIGN: a failing one is logged and undoes nothing, be it a function or a coroutine."""
    bus, heard_here = EventBus(), []

    def fail(_: SettingsChanged) -> None:
        raise OSError('page is gone')

    async def fail_later(_: SettingsChanged) -> None:
        await asyncio.sleep(0)
        raise OSError('page is gone')

    async def hear(event: SettingsChanged) -> None:
        heard_here.append(event)

    for listener in (fail, fail_later, hear):
        bus.on(SettingsChanged, listener)
    bus.publish(SettingsChanged(), SettingsChanged())
    await asyncio.sleep(0.01)
    assert heard_here == [SettingsChanged()] * 2


def test_a_listener_may_leave_while_it_is_told() -> None:
    """A page that closes because of what it hears."""
    bus, heard_here = EventBus(), []

    def once(event: PresenceChanged) -> None:
        stop()
        heard_here.append(event)

    stop = bus.on(PresenceChanged, once)
    bus.on(PresenceChanged, heard_here.append)
    bus.publish(PresenceChanged(), PresenceChanged())
    assert len(heard_here) == 3


async def test_nothing_is_told_of_a_deed_that_failed(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """DESIGN: after the commit its events go to the bus; without one, none do, though they were noted."""
    owner = await given_owner(deps)
    told = heard(deps, ContactsChanged, ActivityRecorded)
    seen = []

    def fails_to_commit(context: type[TransactionContext]) -> Callable[..., Awaitable[None]]:
        roll_back = context.__aexit__

        async def leave(self: TransactionContext, *_: object) -> None:
            seen.append(list(told))
            error = OSError('disk full')
            await roll_back(self, type(error), error, None)
            raise error

        return leave

    for context in (SqliteTransactionContext, TransactionContextPooled):
        monkeypatch.setattr(context, '__aexit__', fails_to_commit(context))
    with pytest.raises(OSError, match='disk full'):
        await create_contact(deps, owner, ContactDetails(Kind.PERSON, 'Clara'))
    assert told == []
    assert seen == [[]], 'the deed was at its end, and nothing had been told'


async def test_what_is_told_can_be_read(deps: Dependencies) -> None:
    """DESIGN: a listener reads again what it shows, and finds it."""
    found: list[str] = []

    async def read(event: ContactsChanged) -> None:
        found.extend(row.name for row in await Contact.filter(id__in=event.contact_ids))

    deps.events.on(ContactsChanged, read)
    await create_contact(deps, await given_owner(deps), ContactDetails(Kind.PERSON, 'Clara'))
    for _ in range(100):
        if found:
            break
        await asyncio.sleep(0.01)
    assert found == ['Clara']


def test_a_batch_tells_as_few_events_as_say_the_same() -> None:
    """Live pages must not drown: ids of one kind are told together, what differs otherwise is told apart."""
    told = [
        ActivityRecorded((1,)),
        MailChanged(7, 1, 11),
        ContactsChanged((1,), (11,)),
        MailQueued(),
        ActivityRecorded((2, 1)),
        ActivityRecorded((3,), login_id=5),
        MailChanged(8, None, 12),
        ContactsChanged((2,), ()),
        MailQueued(),
        ClientSessionsEnded((4,), 'revoked'),
        ClientSessionsEnded((5,), 'ended'),
        ClientSessionsEnded((6,), 'revoked'),
        PresenceChanged(11),
        PresenceChanged(12),
        JobChanged(1),
        JobChanged(1),
    ]
    assert merged(told) == [
        ActivityRecorded((1, 2)),
        MailsChanged((7, 8), (1,), (11, 12)),
        ContactsChanged((1, 2), (11,)),
        MailQueued(),
        ActivityRecorded((3,), login_id=5),
        ClientSessionsEnded((4, 6), 'revoked'),
        ClientSessionsEnded((5,), 'ended'),
        PresenceChanged(),
        JobChanged(1),
    ]
    assert merged([]) == []
    assert merged([PresenceChanged(3), PresenceChanged(3)]) == [PresenceChanged(3)]


def test_many_mails_take_no_time_to_be_told_together() -> None:
    """Ten thousand events in one pass."""
    (one,) = merged(MailChanged(number, number, number) for number in range(10_000))
    assert isinstance(one, MailsChanged)
    assert one.mail_ids == tuple(range(10_000))
