"""The open invitations of contacts, and what inviting writes, for one contact or many. Times are UTC."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from storage.many_rows import as_list, insert_many, one_of_numbers
from storage.sql import as_utc, change, fetch

_OPEN = 'accepted_at IS NULL AND cancelled_at IS NULL'


@dataclass(frozen=True)
class OpenInvitation:
    """An invitation that was neither accepted nor cancelled."""

    id: int
    since: datetime
    message: str


async def invitation_days() -> int:
    """How long an invitation lives, as the firm chose."""
    (row,) = await fetch('SELECT invitation_days FROM portal_settings WHERE id = 1')
    return int(row['invitation_days'])


async def open_invitations(contact_ids: Collection[int]) -> dict[int, OpenInvitation]:
    """By contact; a contact has one at most."""
    rows = await fetch(
        f'SELECT contact_id, id, created_at, message FROM invitation WHERE {_OPEN} '
        f'AND {one_of_numbers("contact_id", "$1")}',
        as_list(contact_ids),
    )
    found: dict[int, OpenInvitation] = {}
    for row in rows:
        since = as_utc(row['created_at'])
        assert since is not None
        found[int(row['contact_id'])] = OpenInvitation(int(row['id']), since, row['message'])
    return found


async def insert(
    asked: Mapping[int, str], message: str, staff_id: int | None, now: datetime, expires_at: datetime
) -> None:
    """Ask these contacts in, each at its address."""
    await insert_many(
        'invitation',
        (('contact_id', 'bigint'), ('email', 'text')),
        [{'contact_id': contact_id, 'email': email} for contact_id, email in asked.items()],
        {
            'message': ('text', message),
            'invited_by_id': ('bigint', staff_id),
            'created_at': ('timestamptz', now),
            'expires_at': ('timestamptz', expires_at),
        },
    )


async def renew(
    contact_ids: Collection[int], message: str, staff_id: int | None, now: datetime, expires_at: datetime
) -> None:
    """Ask them in again. Without a message each keeps what it says; it may be reminded of anew."""
    if contact_ids:
        await change(
            'UPDATE invitation SET email = (SELECT c.email FROM contact c WHERE c.id = invitation.contact_id), '
            "message = CASE WHEN $2 = '' THEN message ELSE $2 END, invited_by_id = $3, renewed_at = $4, "
            f'expires_at = $5, reminded_at = NULL WHERE {_OPEN} AND {one_of_numbers("contact_id", "$1")}',
            as_list(contact_ids),
            message,
            staff_id,
            now,
            expires_at,
        )


async def let_in(contact_ids: Collection[int], staff_id: int | None, now: datetime, expires_at: datetime) -> None:
    """Give access to contacts that were asked in, each with the login of its address and its open invitation."""
    await change(
        'UPDATE contact SET access_granted_at = CASE WHEN portal_access THEN access_granted_at ELSE $2 END, '
        'portal_access = true, joined_at = NULL, '
        'login_id = COALESCE(login_id, (SELECT l.id FROM login l WHERE l.email = contact.email)), '
        'invited_at = (SELECT i.created_at FROM invitation i WHERE i.contact_id = contact.id '
        'AND i.accepted_at IS NULL AND i.cancelled_at IS NULL), '
        f'invited_by_id = $3, invitation_expires_at = $4, updated_at = $2 WHERE {one_of_numbers("id", "$1")}',
        as_list(contact_ids),
        now,
        staff_id,
        expires_at,
    )


async def cancel(contact_ids: Collection[int], now: datetime) -> dict[int, int]:
    """Cancel the open invitations of these contacts; their ids, by contact."""
    rows = await fetch(
        f'UPDATE invitation SET cancelled_at = $2 WHERE {_OPEN} AND {one_of_numbers("contact_id", "$1")} '
        'RETURNING contact_id, id',
        as_list(contact_ids),
        now,
    )
    cancelled = {int(row['contact_id']): int(row['id']) for row in rows}
    if cancelled:
        await change(
            f'UPDATE contact SET invitation_expires_at = NULL WHERE {one_of_numbers("id", "$1")}',
            as_list(cancelled),
        )
    return cancelled
