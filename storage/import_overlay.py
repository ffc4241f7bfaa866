"""What a file would do, kept beside the database while it is looked at: nothing of it is written there.

A private SQLite file that nobody else sees and that goes with its connection, so that a preview of a million rows
takes little memory.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import Any

_COLUMNS = (
    'id', 'name', 'name_key', 'email', 'kind', 'organisation', 'access', 'external_id', 'language', 'login_id',
    'is_invited', 'is_entered',
)  # fmt: skip
_TABLES = f"""
CREATE TABLE changed ({', '.join(_COLUMNS)}, PRIMARY KEY (id));
CREATE INDEX changed_by_identity ON changed (email, name_key);
CREATE INDEX changed_by_external_id ON changed (external_id) WHERE external_id <> '';
CREATE TABLE dealt_with (id INTEGER PRIMARY KEY);
CREATE TABLE bearer (email TEXT, id INTEGER, PRIMARY KEY (email, id)) WITHOUT ROWID;
CREATE TABLE shared (email TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class Overlay:
    """Contacts as a file would have made or changed them. `close` it in the end."""

    def __init__(self) -> None:
        self._db = sqlite3.connect('', isolation_level=None, check_same_thread=False)
        self._db.executescript(f'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_TABLES} BEGIN;')

    def close(self) -> None:
        self._db.close()

    def alike(
        self, external_ids: Collection[str], identities: Collection[tuple[str, str]], ids: Collection[int]
    ) -> list[tuple[Any, ...]]:
        """The contacts that bear one of these external ids, are one of these identities, or have one of these ids."""
        names = ', '.join(f'c.{name}' for name in _COLUMNS)
        return self._db.execute(
            f'SELECT {names} FROM changed c WHERE c.id IN ('
            'SELECT e.id FROM json_each(?1) j CROSS JOIN changed e '
            "WHERE e.external_id = j.value AND e.external_id <> '' "
            'UNION SELECT i.id FROM json_each(?2) j CROSS JOIN changed i '
            "WHERE i.email = json_extract(j.value, '$[0]') AND i.name_key = json_extract(j.value, '$[1]') "
            'UNION SELECT value FROM json_each(?3)) ORDER BY c.id',
            (json.dumps(list(external_ids)), json.dumps(list(identities)), json.dumps(list(ids))),
        ).fetchall()

    def dealt_with(self, ids: Collection[int]) -> set[int]:
        """Those of these contacts that a row was about."""
        rows = self._db.execute(
            'SELECT id FROM dealt_with WHERE id IN (SELECT value FROM json_each(?))', (json.dumps(list(ids)),)
        )
        return {row[0] for row in rows}

    def keep(self, changed: Iterable[Sequence[Any]], dealt_with: Iterable[int]) -> None:
        """These contacts, in the order of the columns of `alike`, are like this now; rows were about those."""
        marks = ', '.join('?' for _ in _COLUMNS)
        self._db.executemany(f'INSERT OR REPLACE INTO changed VALUES ({marks})', changed)
        self._db.executemany('INSERT OR IGNORE INTO dealt_with VALUES (?)', ((one,) for one in dealt_with))

    def note_bearers(self, bearers: Iterable[tuple[str, int]]) -> None:
        """These contacts bear these addresses."""
        listed = list(bearers)
        self._db.executemany('INSERT OR IGNORE INTO bearer VALUES (?, ?)', listed)
        self._db.execute(
            'INSERT OR IGNORE INTO shared SELECT b.email FROM bearer b '
            'WHERE b.email IN (SELECT value FROM json_each(?)) GROUP BY b.email HAVING count(*) > 1',
            (json.dumps([email for email, _ in listed]),),
        )

    def not_shared(self, emails: Collection[str]) -> list[str]:
        """Those of these addresses that are not known to be shared."""
        rows = self._db.execute(
            'SELECT value FROM json_each(?) EXCEPT SELECT email FROM shared', (json.dumps(list(emails)),)
        )
        return [row[0] for row in rows]

    def shared(self, limit: int) -> tuple[int, list[str]]:
        """How many addresses are shared, and some of them."""
        (number,) = self._db.execute('SELECT count(*) FROM shared').fetchone()
        emails = self._db.execute('SELECT email FROM shared ORDER BY email LIMIT ?', (limit,))
        return int(number), [row[0] for row in emails]

    def bearers(self, email: str, few: int) -> tuple[int, list[str]]:
        """How many contacts that the file makes or changes bear this address, and the names of the first few."""
        (number,) = self._db.execute('SELECT count(*) FROM changed WHERE email = ?', (email,)).fetchone()
        names = self._db.execute(
            'SELECT name FROM changed WHERE email = ? ORDER BY id < 0, abs(id) LIMIT ?', (email, few)
        )
        return int(number), [row[0] for row in names]

    def changed(self, ids: Collection[int]) -> set[int]:
        """Those of these contacts that the file changes."""
        rows = self._db.execute(
            'SELECT id FROM changed WHERE id IN (SELECT value FROM json_each(?))', (json.dumps(list(ids)),)
        )
        return {row[0] for row in rows}
