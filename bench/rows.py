"""Databases full of rows, written straight into SQLite: the bench measures Foyer, not how it is filled.

Everything is made up and the same each time, but for the times, which count from now.
"""

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from storage.database import DatabaseUrl, migrate

STAFF_COOKIE = 'the-staff-session-of-the-bench'
OWNER = 'olga@firm.example'
WORDS = ('Ann', 'Ben', 'Clara', 'Dmitri', 'Élodie', 'Farid', 'Grete', 'Hugo', 'Ines', 'Jürgen', '=SUM(A1)', 'Łukasz')


def token(number: int) -> str:
    """The raw link of contact `number`."""
    return f'link-of-the-bench-{number:012d}-aaaaaaaaaaaaaa'


def client_cookie(number: int) -> str:
    """The raw session of contact `number`."""
    return f'session-of-the-bench-{number:012d}'


def hashed(raw: str) -> str:
    return sha256(raw.encode()).hexdigest()


@dataclass(frozen=True)
class Filled:
    """A database in a data folder."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / 'foyer.sqlite3'

    def connect(self) -> sqlite3.Connection:
        """As Foyer opens it: WAL, every commit on disk before it is answered."""
        connection = sqlite3.connect(self.path, isolation_level=None)
        connection.execute('PRAGMA journal_mode=WAL')
        connection.execute('PRAGMA synchronous=FULL')
        connection.execute('PRAGMA foreign_keys=ON')
        return connection


def make(folder: Path) -> Filled:
    """A migrated, empty database with its set-up closed, one owner and one staff session."""
    folder.mkdir(parents=True, exist_ok=True)
    filled = Filled(folder)
    asyncio.run(migrate(DatabaseUrl(f'sqlite://{filled.path}')))
    now = datetime.now(UTC)
    connection = filled.connect()
    connection.execute("UPDATE portal_settings SET setup_closed_at = ?, firm_name = 'The bench'", [text(now)])
    insert(
        connection,
        'staff_member',
        [
            {
                'id': 1,
                'email': OWNER,
                'name': 'Olga Owner',
                'role': 'owner',
                'password_hash': '-',
                'created_at': text(now),
            }
        ],
    )
    insert(connection, 'staff_session', [{**_session(STAFF_COOKIE, now), 'id': 1, 'staff_id': 1}])
    connection.close()
    return filled


def add_contacts(filled: Filled, number: int, *, joined_share: float = 0.6, to_be_found: bool = True) -> None:
    """So many contacts, each with a login; `joined_share` of them have joined, a third of these are in.

    Unless they are `to_be_found`, no trigger prepares that, which takes most of the time.
    """
    now = datetime.now(UTC)
    connection = filled.connect()
    connection.execute('PRAGMA synchronous=OFF')
    connection.execute('BEGIN')
    triggers = "type = 'trigger' AND tbl_name IN ('contact', 'login')"
    there = connection.execute(f'SELECT name, sql FROM sqlite_master WHERE {triggers}').fetchall()
    put_away = [] if to_be_found else there
    for name, _ in put_away:
        connection.execute(f'DROP TRIGGER {name}')
    for start in range(1, number + 1, 20_000):
        numbers = range(start, min(start + 20_000, number + 1))
        insert(connection, 'login', (_login(one, now, one % 10 < joined_share * 10) for one in numbers))
        insert(connection, 'contact', (_contact(one, now, one % 10 < joined_share * 10) for one in numbers))
        inside = [one for one in numbers if one % 10 < joined_share * 10 and one % 3 == 0]
        insert(connection, 'client_session', (client_session(one, now) for one in inside))
    for _, statement in put_away:
        connection.execute(statement)
    connection.execute('COMMIT')
    connection.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    connection.execute('ANALYZE')
    connection.close()


def add_sessions(filled: Filled, numbers: Iterable[int]) -> None:
    """A session for each of these contacts."""
    connection, now = filled.connect(), datetime.now(UTC)
    connection.execute('DELETE FROM client_session')
    insert(connection, 'client_session', (client_session(one, now) for one in numbers))
    connection.close()


def add_links(filled: Filled, numbers: Sequence[int], *, invite: bool) -> None:
    """A live link for each of these contacts: of an open invitation, or of a sign-in mail."""
    connection, now = filled.connect(), datetime.now(UTC)
    later = text(now + timedelta(days=1))
    connection.execute('BEGIN')
    if invite:
        invited = {'email': '', 'message': '', 'created_at': text(now), 'expires_at': later}
        insert(connection, 'invitation', ({**invited, 'id': one, 'contact_id': one} for one in numbers))
        connection.executemany(
            'UPDATE contact SET joined_at = NULL, invitation_expires_at = ? WHERE id = ?',
            [(later, one) for one in numbers],
        )
    insert(
        connection,
        'one_time_token',
        (
            {
                'purpose': 'invitation' if invite else 'sign_in',
                'token_hash': hashed(token(one)),
                'login_id': one,
                'contact_id': one,
                'invitation_id': one if invite else None,
                'email': '',
                'created_at': text(now),
                'expires_at': later,
                'void_reason': '',
                'browser_hash': '',
                'code_hash': '',
                'code_tries': 0,
            }
            for one in numbers
        ),
    )
    connection.execute('COMMIT')
    connection.close()


def add_staff(filled: Filled, number: int, password_hash: str) -> list[str]:
    """So many more staff members with one password; their addresses."""
    connection, now = filled.connect(), datetime.now(UTC)
    emails = [f'staff{one}@firm.example' for one in range(number)]
    same = {'role': 'staff', 'password_hash': password_hash, 'created_at': text(now)}
    insert(connection, 'staff_member', ({**same, 'email': email, 'name': email} for email in emails))
    connection.close()
    return emails


def insert(connection: sqlite3.Connection, table: str, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows that all have the same columns."""
    iterator = iter(rows)
    first = next(iterator, None)
    if first is None:
        return
    columns, marks = ', '.join(first), ', '.join('?' * len(first))
    statement = f'INSERT INTO {table} ({columns}) VALUES ({marks})'
    connection.execute(statement, list(first.values()))
    connection.executemany(statement, (list(row.values()) for row in iterator))


def text(moment: datetime) -> str:
    """A moment as Foyer's rows hold it."""
    return moment.isoformat(' ')


def _login(one: int, now: datetime, joined: bool) -> dict[str, Any]:
    return {
        'id': one,
        'email': f'client{one}@example.org',
        'created_at': text(now),
        'last_sign_in_at': text(now - timedelta(minutes=one % 9_999)) if joined else None,
        'last_sign_in_method': 'magic_link' if joined else '',
    }


def _contact(one: int, now: datetime, joined: bool) -> dict[str, Any]:
    name = f'{WORDS[one % len(WORDS)]} Client {one}'
    return {
        'id': one,
        'kind': 'organisation' if one % 4 == 0 else 'person',
        'name': name,
        'name_key': name.lower(),
        'organisation': f'Firm, {one % 997}' if one % 3 == 0 else '',
        'search_text': name.lower(),
        'email': f'client{one}@example.org',
        'email_status': 'sent',
        'login_id': one,
        'portal_access': one % 10 < 9,
        'access_granted_at': text(now - timedelta(days=20)),
        'invited_at': text(now - timedelta(days=20)),
        'invited_by_id': 1,
        'invitation_expires_at': None if joined else text(now + timedelta(days=one % 9 - 2)),
        'joined_at': text(now - timedelta(days=9)) if joined else None,
        'created_at': text(now - timedelta(days=30)),
        'updated_at': text(now),
    }


def _session(raw: str, now: datetime) -> dict[str, Any]:
    return {
        'token_hash': hashed(raw),
        'created_at': text(now),
        'last_seen_at': text(now + timedelta(hours=1)),  # seen so lately that being seen writes nothing
        'idle_expires_at': text(now + timedelta(days=7)),
        'expires_at': text(now + timedelta(days=7)),
        'ip': '127.0.0.1',
        'user_agent': 'bench',
    }


def client_session(one: int, now: datetime) -> dict[str, Any]:
    """A session of contact `one`, seen a while ago."""
    return {
        **_session(client_cookie(one), now),
        'login_id': one,
        'contact_id': one,
        'method': 'magic_link',
        'online_until': text(now - timedelta(minutes=1)),
    }
