"""What closing the doors of contacts writes, for one or many: switch, sessions and rows. Times are UTC."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from storage.many_rows import as_list, one_of_numbers
from storage.sql import change, fetch

NAMED = 3  # contacts of a login; thousands may have one


@dataclass(frozen=True)
class Served:
    """Whom a login may enter: the first ones in the order of their names, and how many more."""

    names: tuple[str, ...] = ()
    more: int = 0


async def switch_on(contact_ids: Collection[int], now: datetime) -> None:
    """Give access to contacts without, each with the login of its address, if it has one."""
    await change(
        'UPDATE contact SET portal_access = true, access_granted_at = $2, updated_at = $2, '
        'login_id = COALESCE(login_id, (SELECT l.id FROM login l WHERE l.email = contact.email)) '
        f'WHERE {one_of_numbers("id", "$1")}',
        as_list(contact_ids),
        now,
    )


async def switch_off(contact_ids: Collection[int], now: datetime) -> None:
    """Take their access away."""
    await change(
        'UPDATE contact SET portal_access = false, access_revoked_at = $2, updated_at = $2 '
        f'WHERE {one_of_numbers("id", "$1")}',
        as_list(contact_ids),
        now,
    )


async def delete_contacts(contact_ids: Collection[int]) -> None:
    """Their rows go, and with them their invitations."""
    await change(f'DELETE FROM contact WHERE {one_of_numbers("id", "$1")}', as_list(contact_ids))


async def others_of_logins(login_ids: Collection[int], contact_ids: Collection[int]) -> dict[int, Served]:
    """Whom these logins may enter beside these contacts, by login; those that serve nobody else are left out."""
    rows = await fetch(
        'SELECT login_id, name, number FROM (SELECT login_id, name, '
        'row_number() OVER (PARTITION BY login_id ORDER BY name_key, id) AS place, '
        'count(*) OVER (PARTITION BY login_id) AS number '
        f'FROM contact WHERE {one_of_numbers("login_id", "$1")} AND portal_access '
        f'AND NOT {one_of_numbers("id", "$2")}) AS others WHERE place <= {NAMED} ORDER BY login_id, place',
        as_list(login_ids),
        as_list(contact_ids),
    )
    names: dict[int, list[str]] = {}
    numbers: dict[int, int] = {}
    for row in rows:
        names.setdefault(int(row['login_id']), []).append(row['name'])
        numbers[int(row['login_id'])] = int(row['number'])
    return {one: Served(tuple(named), numbers[one] - len(named)) for one, named in names.items()}


async def unpick(login_ids: Collection[int], contact_ids: Collection[int]) -> list[int]:
    """The sessions of these logins that had picked one of these contacts pick again; all sessions of these logins."""
    await change(
        f'UPDATE client_session SET contact_id = NULL WHERE {one_of_numbers("login_id", "$1")} '
        f'AND {one_of_numbers("contact_id", "$2")}',
        as_list(login_ids),
        as_list(contact_ids),
    )
    rows = await fetch(
        f'SELECT id FROM client_session WHERE {one_of_numbers("login_id", "$1")} ORDER BY id', as_list(login_ids)
    )
    return [int(row['id']) for row in rows]


async def count_alive(login_ids: Collection[int], now: datetime) -> dict[int, int]:
    """On how many devices each of these logins is signed in; those on none are left out."""
    rows = await fetch(
        f'SELECT login_id, count(*) AS number FROM client_session WHERE {one_of_numbers("login_id", "$1")} '
        'AND idle_expires_at > $2 AND expires_at > $2 GROUP BY login_id',
        as_list(login_ids),
        now,
    )
    return {int(row['login_id']): int(row['number']) for row in rows}
