"""Filters as SQL: chosen contacts, and the indexes that lead to them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest
from tortoise import connections

from storage import bulk_sql, contact_columns, contact_list, contact_means, facets, organisations
from storage.contact_list import list_page
from storage.contact_means import seek
from storage.contact_orders import ORDERS, Place, Wanted
from storage.contact_sql import CONTACT_AND_LOGIN, Chosen, ContactConditions, where_chosen
from storage.database import DatabaseUrl
from storage.models import Contact, Job, Login
from storage.organisations import organisations_from, organisations_with
from storage.sql import fetch, in_dialect
from tests.support.clock import START
from tests.support.databases import sqlite_only

LATER = START + timedelta(days=1)


async def given_contacts(number: int) -> list[int]:
    login = await Login.create(email='a@x.example', created_at=START, last_sign_in_at=START)
    same: dict[str, Any] = {'kind': 'person', 'organisation': 'Bau', 'organisation_key': 'bau', 'created_at': START}
    for one in range(number):
        name = f'ann {one:03}'
        await Contact.create(
            **same, name=name, name_key=name, search_text=f'  ann  {one:03}', email='a@x.example', login=login,
            joined_at=START, invited_at=START, updated_at=START,
        )  # fmt: skip
    return [contact.id for contact in await Contact.all().order_by('id')]


async def chosen_by(chosen: Chosen) -> list[int]:
    condition, values = where_chosen(chosen, 2)
    rows = await fetch(
        f'SELECT c.id FROM {CONTACT_AND_LOGIN} WHERE {condition} AND c.created_at <= $1 ORDER BY c.id', LATER, *values
    )
    return [row['id'] for row in rows]


async def test_who_was_chosen(opened: DatabaseUrl) -> None:
    """Some, all but some, as many as one likes; nobody is nobody."""
    ids = await given_contacts(5)
    assert await chosen_by(Chosen(ids=tuple(ids[1:3]))) == ids[1:3]
    assert await chosen_by(Chosen(ids=())) == []
    assert await chosen_by(Chosen()) == ids
    assert await chosen_by(Chosen(but=(ids[0], ids[4]))) == ids[1:4]
    assert await chosen_by(Chosen(fits=ContactConditions(words=('003',)))) == [ids[3]]
    assert await chosen_by(Chosen(fits=ContactConditions(words=('ann',)), but=tuple(ids[:4]))) == ids[4:]
    many = tuple(range(ids[0] + 1, ids[0] + 50_000))
    assert await chosen_by(Chosen(ids=many)) == ids[1:]
    assert await chosen_by(Chosen(but=many)) == ids[:1]


async def test_organisations_are_named_once(opened: DatabaseUrl) -> None:
    """As they are written, by what is typed of them."""
    for name, key in (
        ('Bau', 'bau'),
        ('BAU', 'bau'),
        ('Bäcker', 'backer'),
        ('100%', '100%'),
        ('', ''),
        ('Zoo_x', 'zoo_x'),
    ):
        await Contact.create(
            kind='person', name='x', name_key='x', search_text='  x', organisation=name, organisation_key=key,
            created_at=START, updated_at=START,
        )  # fmt: skip
    assert [name.casefold() for name in await organisations_from('', 8)] == ['100%', 'bäcker', 'bau', 'zoo_x']
    assert await organisations_from('ba', 8) in (['Bäcker', 'Bau'], ['Bäcker', 'BAU'])
    assert await organisations_from('ba', 1) == ['Bäcker']
    assert await organisations_from('%', 8) == await organisations_from('zoox', 8) == []


@pytest.mark.parametrize('fits', [ContactConditions(words=('ann',)), ContactConditions(words=('ann',), joined=True)])
@pytest.mark.parametrize(('stretch', 'way'), [(5_000, 50_000), (2, 50_000), (2, 2)])
async def test_a_walk_that_came_to_the_end_is_believed(
    opened: DatabaseUrl, fits: ContactConditions, stretch: int, way: int
) -> None:
    """Few are left before the first page and after the last one: of a million who fit, all would be sorted for them."""
    ids = await given_contacts(40)
    wanted = Wanted(await seek(fits, LATER), ORDERS['name'], 5)
    pages = [
        replace(wanted, beyond=Place('ann 003', ids[3]), backwards=True),
        replace(wanted, beyond=Place('ann 037', ids[37])),
    ]
    gathered = AsyncMock(wraps=contact_list._gather)
    with (
        patch.object(contact_means, 'FEW', 0),
        patch.object(contact_list, 'STRETCH', stretch),
        patch.object(contact_list, 'WAY', way),
        patch.object(contact_list, '_gather', gathered),
    ):
        found = [[row['id'] for row in await list_page(page)] for page in pages]
    assert found == [ids[2::-1], ids[38:]]
    assert (gathered.await_count == 0) == (stretch > 40), 'what was not looked at might be on the page'


FILTERS = [
    ContactConditions(),
    ContactConditions(status='joined'),
    ContactConditions(status='invite_expired'),
    ContactConditions(two_factor=True, kind='person'),
    ContactConditions(shared=True),
    ContactConditions(words=('ann',)),
    ContactConditions(words=('ann', '  0'), joined=True),
    ContactConditions(organisation='bau'),
    ContactConditions(signed_in_from=datetime(2020, 1, 1, tzinfo=UTC)),
]


@sqlite_only
@pytest.mark.parametrize('few', [0, 3_000])
async def test_no_page_looks_at_every_row(opened: DatabaseUrl, few: int) -> None:
    """Every statement that a page asks goes by an index, walked to or gathered, in every order."""
    await given_contacts(40)
    asked: set[tuple[str, tuple[Any, ...]]] = set()

    async def listen(sql: str, *values: Any) -> list[dict[str, Any]]:
        asked.add((sql, values))
        return await fetch(sql, *values)

    with (
        patch.object(contact_columns, 'fetch', listen),
        patch.object(contact_list, 'fetch', listen),
        patch.object(organisations, 'fetch', listen),
        patch.object(contact_means, 'fetch', listen),
        patch.object(facets, 'fetch', listen),
        patch.object(contact_means, 'FEW', few),
    ):
        for fits in FILTERS:
            for order in ORDERS.values():
                await list_page(Wanted(await seek(fits, LATER), order, 3, descending=order.name > 'e'))
        await organisations_from('b', 8)
        await organisations_with(['bau'], ['bau'], 8)
    assert len(asked) > 40
    for sql, values in asked:
        plan = await connections.get('default').execute_query_dict(
            f'EXPLAIN QUERY PLAN {in_dialect(sql)}', [str(value) for value in values]
        )
        steps = [step['detail'] for step in plan]
        scanned = [step for step in steps if re.match(r'SCAN [colb]\b(?!.*INDEX)', step)]
        assert len(scanned) <= steps.count('CO-ROUTINE c'), (sql, steps)  # what was passed on the way is called c, too


@sqlite_only
@pytest.mark.parametrize('fits', FILTERS)
async def test_a_stretch_of_members_looks_at_its_contacts_only(
    opened: DatabaseUrl, fits: ContactConditions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that a common word finds of a million would be found anew for each stretch, inside a transaction."""
    monkeypatch.setattr(bulk_sql, 'LOOKED_AT_ONCE', 7)
    await given_contacts(20)
    job = await Job.create(kind='invite', state='waiting', params={}, created_at=START)
    asked: list[tuple[str, tuple[Any, ...]]] = []

    async def listen(sql: str, *values: Any) -> list[dict[str, Any]]:
        asked.append((sql, values))
        return await fetch(sql, *values)

    monkeypatch.setattr(bulk_sql, 'fetch', listen)
    number, after, is_end = 0, 0, False
    while not is_end:
        added, after, is_end = await bulk_sql.add_members(job.id, Chosen(fits=fits), LATER, after, 5)
        number += added
    assert number == len(await chosen_by(Chosen(fits=fits)))
    for sql, values in asked:
        if sql.startswith('INSERT'):
            plan = await connections.get('default').execute_query_dict(
                f'EXPLAIN QUERY PLAN {in_dialect(sql)}', [str(value) for value in values]
            )
            steps = [step['detail'] for step in plan]
            assert re.match(r'SEARCH c USING .*\b(row)?id>\? AND (row)?id<\?\)', steps[0]), steps
            assert not any('contact_words' in step for step in steps), steps
