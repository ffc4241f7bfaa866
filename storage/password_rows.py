"""What a password sign-in and a change of password look at, each in one question."""

from dataclasses import dataclass

from storage.sql import fetch


@dataclass(frozen=True)
class PasswordRow:
    """A login that may enter, and whom it serves, a person first. Without a password `hashed` is None."""

    login_id: int
    email: str
    hashed: str | None
    contact_id: int
    contact_name: str
    contact_kind: str


async def open_login_with_password(email: str) -> PasswordRow | None:
    """The login of this address, if one of its contacts has access. One question, whatever it finds (R42)."""
    rows = await fetch(
        'SELECT l.id AS login_id, l.email, l.password_hash AS hashed, c.id AS contact_id, c.name AS contact_name, '
        'c.kind AS contact_kind FROM login l JOIN contact c ON c.login_id = l.id AND c.portal_access '
        "WHERE l.email = $1 ORDER BY CASE WHEN c.kind = 'person' THEN 0 ELSE 1 END, c.name_key, c.id LIMIT 1",
        email,
    )
    return PasswordRow(**rows[0]) if rows else None


async def password_hash_of(login_id: int) -> str | None:
    """The hash of this login's password now."""
    rows = await fetch('SELECT password_hash FROM login WHERE id = $1', login_id)
    return rows[0]['password_hash'] if rows else None


async def names_around_login(login_id: int) -> list[str]:
    """Names and organisations of the contacts that bear this login's address, and the firm's name."""
    rows = await fetch('SELECT name, organisation FROM contact WHERE login_id = $1 ORDER BY id LIMIT 20', login_id)
    return [await firm_name(), *(text for row in rows for text in (row['name'], row['organisation']) if text)]


async def firm_name() -> str:
    """The name of the firm, empty until it has one."""
    return str((await fetch('SELECT firm_name FROM portal_settings WHERE id = 1'))[0]['firm_name'])
