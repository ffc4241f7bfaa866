"""A home is read by one statement that looks at nobody else's rows."""

from typing import Any

import pytest

from domain.dependencies import Dependencies
from domain.portal.own_home import items_of_contact
from storage import home_rows
from storage.sql import fetch, in_dialect
from tests.domain.portal.home import for_contacts, for_organisation, given_link
from tests.factories import given_contact, given_owner
from tests.support.databases import sqlite_only


@sqlite_only
async def test_no_statement_goes_through_the_contacts(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever their number: neither for a client's home, nor for a door, nor for what mail may lead to."""
    owner = await given_owner(deps)
    contact = await given_contact(deps, organisation='Weiss AG')
    for audience in (for_contacts(contact.id), for_organisation('Weiss AG')):
        item_id = await given_link(deps, owner, audience=audience)
    asked: list[tuple[str, tuple[Any, ...]]] = []

    async def listen(sql: str, *given: Any) -> Any:
        asked.append((sql, given))
        return await fetch(sql, *given)

    monkeypatch.setattr(home_rows, 'fetch', listen)
    assert len(await items_of_contact(contact.id)) == 2
    assert len(asked) == 1
    assert len(await home_rows.items_any_sees([contact.id], item_id)) == 1
    assert len(await home_rows.items_all_see([contact.id])) == 2
    assert await home_rows.is_known_organisation('weiss ag')
    assert not await home_rows.is_known_organisation('boll & co')
    for sql, given in asked:
        plan = [str(row['detail']) for row in await fetch(f'EXPLAIN QUERY PLAN {in_dialect(sql)}', *given)]
        through = [step for step in plan if step.startswith(('SCAN c', 'SCAN h', 'SCAN contact', 'SCAN home_item_'))]
        assert through == [], plan
