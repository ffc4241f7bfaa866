"""A COMMIT that the database refuses: nothing of it stays, and the next transaction begins as if it had not been."""

import pytest
from tortoise.exceptions import OperationalError
from tortoise.transactions import in_transaction

from storage.database import DatabaseUrl
from storage.models import Contact
from storage.sql import change, fetch
from tests.support.databases import sqlite_only


@sqlite_only
async def test_a_commit_that_fails_is_undone_and_leaves_the_connection_free(opened: DatabaseUrl) -> None:
    """F8: what fails at the very end, as for want of space, is one of our errors, and no transaction stays open."""
    for _ in range(2):
        with pytest.raises(OperationalError, match='FOREIGN KEY'):
            async with in_transaction():
                await change('PRAGMA defer_foreign_keys = ON')
                await change("UPDATE portal_settings SET firm_name = 'half-written'")
                await change(
                    'INSERT INTO client_session (token_hash, login_id, method, created_at, last_seen_at, online_until, '
                    "idle_expires_at, expires_at, ip, user_agent) SELECT 'x', 4711, 'link', t, t, t, t, t, '', '' "
                    "FROM (SELECT '2026-01-01 00:00:00+00:00' AS t)"
                )
    assert [row['firm_name'] for row in await fetch('SELECT firm_name FROM portal_settings')] == ['']
    async with in_transaction():
        await change("UPDATE portal_settings SET firm_name = 'written'")
    assert [row['firm_name'] for row in await fetch('SELECT firm_name FROM portal_settings')] == ['written']
    assert await Contact.all().count() == 0
