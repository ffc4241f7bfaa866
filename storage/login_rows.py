"""Many logins made, and held, at once."""

from collections.abc import Collection, Sequence
from datetime import datetime

from storage.many_rows import as_list, insert_many, one_of_numbers, one_of_texts
from storage.sql import fetch, is_sqlite


async def make_logins(emails: Sequence[str], now: datetime) -> None:
    """A login for each of these addresses that has none; two that make one at once make one."""
    await insert_many(
        'login',
        (('email', 'text'),),
        [{'email': email} for email in emails],
        {'created_at': ('timestamptz', now), 'last_sign_in_method': ('text', ''), 'totp_last_step': ('bigint', 0)},
        on_conflict='ON CONFLICT (email) DO NOTHING',
    )


async def hold_logins(emails: Sequence[str], login_ids: Collection[int] = ()) -> dict[str, int]:
    """The logins of these addresses, and those of these ids, by address; held until the transaction ends, in the order
    of their ids.

    One that was moved to another address while we waited for it is not among them.
    """
    which, values = one_of_texts('email', '$1'), [as_list(emails)]
    if login_ids:
        which, values = f'({which} OR {one_of_numbers("id", "$2")})', [*values, as_list(login_ids)]
    hold = '' if is_sqlite() else ' ORDER BY id FOR UPDATE'
    rows = await fetch(f'SELECT id, email FROM login WHERE {which}{hold}', *values)
    return {row['email']: int(row['id']) for row in rows}
