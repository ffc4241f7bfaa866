"""The items of the portal's home: which of them a contact sees, in one statement whatever the number of contacts."""

from collections.abc import Collection
from typing import Any

from storage.contact_sql import in_bytes
from storage.many_rows import as_list, one_of_numbers
from storage.sql import change, fetch

_COLUMNS = 'i.id, i.kind, i.title, i.text, i.icon, i.url, i.updated_at, i.created_at'
_BELONGS = "(c.organisation_key = i.organisation_key OR (c.kind = 'organisation' AND c.name_key = i.organisation_key))"
_ORDER = 'ORDER BY i.kind, i.place, i.id'


async def items_any_sees(contact_ids: Collection[int], item_id: int | None = None) -> list[dict[str, Any]]:
    """What at least one of these contacts sees, in order; of one item, whether it is among that."""
    one = '' if item_id is None else 'i.id = $2 AND '
    return await fetch(
        f"SELECT {_COLUMNS} FROM home_item i WHERE {one}(i.audience = 'all' "
        "OR (i.audience = 'organisation' AND EXISTS "
        f'(SELECT 1 FROM contact c WHERE {one_of_numbers("c.id", "$1")} AND {_BELONGS})) '
        "OR (i.audience = 'contacts' AND EXISTS (SELECT 1 FROM home_item_contact h "
        f'WHERE h.item_id = i.id AND {one_of_numbers("h.contact_id", "$1")}))) {_ORDER}',
        as_list(contact_ids),
        *(() if item_id is None else (item_id,)),
    )


async def who_sees(item_id: int, contact_ids: Collection[int]) -> set[int]:
    """Those of these contacts who see this item."""
    rows = await fetch(
        f'SELECT c.id FROM contact c JOIN home_item i ON i.id = $2 WHERE {one_of_numbers("c.id", "$1")} '
        f"AND (i.audience = 'all' OR (i.audience = 'organisation' AND {_BELONGS}) OR (i.audience = 'contacts' "
        'AND EXISTS (SELECT 1 FROM home_item_contact h WHERE h.item_id = i.id AND h.contact_id = c.id)))',
        as_list(contact_ids),
        item_id,
    )
    return {int(row['id']) for row in rows}


async def items_all_see(contact_ids: Collection[int]) -> list[dict[str, Any]]:
    """What every one of these contacts sees, in order."""
    ids = set(contact_ids)
    return await fetch(
        f"SELECT {_COLUMNS} FROM home_item i WHERE i.audience = 'all' "
        "OR (i.audience = 'organisation' AND NOT EXISTS "
        f'(SELECT 1 FROM contact c WHERE {one_of_numbers("c.id", "$1")} AND NOT {_BELONGS})) '
        "OR (i.audience = 'contacts' AND $2 = (SELECT count(*) FROM home_item_contact h "
        f'WHERE h.item_id = i.id AND {one_of_numbers("h.contact_id", "$1")})) {_ORDER}',
        as_list(ids),
        len(ids),
    )


async def items_for_staff() -> list[dict[str, Any]]:
    """All of them, each with the number of contacts it was chosen for."""
    return await fetch(
        f'SELECT {_COLUMNS}, i.audience, i.organisation, i.opened, '
        f'(SELECT count(*) FROM home_item_contact h WHERE h.item_id = i.id) AS chosen FROM home_item i {_ORDER}'
    )


async def chosen_for(item_id: int) -> list[dict[str, Any]]:
    """The contacts that an item was chosen for, by name."""
    return await fetch(
        'SELECT c.id, c.name, c.kind, c.email, c.organisation FROM home_item_contact h '
        'JOIN contact c ON c.id = h.contact_id WHERE h.item_id = $1 ORDER BY c.name_key, c.id',
        item_id,
    )


async def choose(item_id: int, contact_ids: Collection[int]) -> None:
    """From now on it is for these, as far as they exist, and for nobody else."""
    await change('DELETE FROM home_item_contact WHERE item_id = $1', item_id)
    if contact_ids:
        await change(
            'INSERT INTO home_item_contact (item_id, contact_id) '
            f'SELECT CAST($1 AS bigint), c.id FROM contact c WHERE {one_of_numbers("c.id", "$2")}',
            item_id,
            as_list(contact_ids),
        )


async def is_known_organisation(key: str) -> bool:
    """Whether a contact belongs to an organisation of this name, or is it."""
    belongs = f'{in_bytes("organisation_key")} = $1 AND facets IS NOT NULL'
    itself = f"{in_bytes('name_key')} = $1 AND facets IS NOT NULL AND kind = 'organisation'"
    for where in (belongs, itself):  # each has its index
        if await fetch(f'SELECT 1 AS one FROM contact WHERE {where} LIMIT 1', key):
            return True
    return False


async def count_opening(item_id: int) -> None:
    """A link was opened once more."""
    await change('UPDATE home_item SET opened = opened + 1 WHERE id = $1', item_id)
