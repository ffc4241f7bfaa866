"""What PostgreSQL needs to know of many contacts before its indexes are quick.

Its autovacuum comes by in a minute or so, unless it is switched off. Until then every entry of an index is looked up in
the table, and a list of a million contacts that were loaded this moment takes a second instead of a tenth of it.
"""

from storage.sql import change, fetch, is_sqlite

MANY_PAGES = 2_000  # of 8 KiB; some tens of thousands of contacts


async def settle_contacts() -> bool:
    """VACUUM and ANALYZE contacts and logins when most of them have not been seen by either yet; whether it was done.

    Hinders nobody who reads or writes meanwhile. On SQLite there is nothing to do. Not within a transaction.
    """
    if is_sqlite():
        return False
    (table,) = await fetch(
        "SELECT pg_relation_size(oid) / current_setting('block_size')::int AS pages, relallvisible AS seen "
        "FROM pg_class WHERE oid = 'contact'::regclass"
    )
    if table['pages'] < MANY_PAGES or table['seen'] > table['pages'] / 2:
        return False
    for name in ('contact', 'login'):
        await change(f'VACUUM (ANALYZE) {name}')
    return True
