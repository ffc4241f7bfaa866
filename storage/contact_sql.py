"""Which contacts a filter fits, as SQL: for the list, its totals, the report, exports and the members of a job.

Every condition speaks of `contact c LEFT JOIN login l ON l.id = c.login_id`, and $1 is always the time.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.queries import STATUS
from storage.sql import is_sqlite

CONTACT_AND_LOGIN = 'contact c LEFT JOIN login l ON l.id = c.login_id'
MOST_PARTS = 60  # of what is searched for, that are looked up in the index
MAIL_TROUBLE = ('refused', 'failed')
SHARED = 'EXISTS (SELECT 1 FROM contact o WHERE o.email = c.email AND o.id <> c.id)'


@dataclass(frozen=True)
class ContactConditions:
    """What must hold of a contact. None or empty asks for nothing.

    `words` are parts of `search_text` (domain/texts.py); each must occur. `mail` holds values of `email_status`, and
    `no_address`.
    `organisation` is folded. `signed_in_from` and `signed_in_until` bound the last sign-in, the latter excluded.
    """

    words: tuple[str, ...] = ()
    status: str = ''
    access: bool | None = None
    joined: bool | None = None
    two_factor: bool | None = None
    password: bool | None = None
    mail: tuple[str, ...] = ()
    kind: str = ''
    organisation: str = ''
    signed_in_from: datetime | None = None
    signed_in_until: datetime | None = None
    shared: bool | None = None


@dataclass(frozen=True)
class Chosen:
    """The contacts that somebody chose: these, or all that fit but for some."""

    ids: tuple[int, ...] | None = None
    fits: ContactConditions = ContactConditions()
    but: tuple[int, ...] = ()


class Values:
    """The values of a statement; each is handed its placeholder. The first is $`first`."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.listed: list[Any] = []

    def add(self, value: Any) -> str:
        """The placeholder of this value."""
        self.listed.append(value)
        return f'${self.first + len(self.listed) - 1}'


def where(fits: ContactConditions, first: int) -> tuple[str, list[Any]]:
    """The condition, with placeholders numbered from `first`, and its values."""
    return where_chosen(Chosen(fits=fits), first)


def where_chosen(chosen: Chosen, first: int, *, is_stretch: bool = False) -> tuple[str, list[Any]]:
    """The same for contacts that somebody chose; as many ids as may be travel in one value.

    `is_stretch`: the statement asks for some ids in a row only. All that an index finds of the whole table would be
    found anew for each stretch.
    """
    values = Values(first)
    if chosen.ids is not None:
        return any_of('c.id', chosen.ids, values), values.listed
    wanted = conditions(chosen.fits, values)
    if is_sqlite() and wanted:
        wanted.append('c.facets IS NOT NULL')  # of every row; without the words, no index that it stands in is used
    if chosen.fits.words and is_sqlite() and not is_stretch:
        wanted.append(by_words(chosen.fits.words, values))
    if chosen.but:
        wanted.append(f'NOT {any_of("c.id", chosen.but, values)}')
    return ' AND '.join(wanted) or '1 = 1', values.listed


def any_of(column: str, numbers: Iterable[int], values: Values) -> str:
    """That a number is one of these, however many they are: they travel as one value."""
    listed = list(numbers)
    if is_sqlite():
        return f'{column} IN (SELECT value FROM json_each({values.add(json.dumps(listed))}))'
    return f'{column} = ANY({values.add(listed)})'


def in_bytes(column: str) -> str:
    """A text as the indexes that lists are sorted by compare it, on both engines the same way."""
    return column if is_sqlite() else f'{column} COLLATE "C"'


def by_words(words: Iterable[str], values: Values) -> str:
    """That a contact is among those `has_words` finds: leads SQLite to the few, where PostgreSQL sees it by itself."""
    return f'c.id IN (SELECT rowid FROM contact_words WHERE {has_words(words, values)})'


def has_words(words: Iterable[str], values: Values) -> str:
    """That the index of words has all parts of three letters that these consist of. SQLite; what is found has yet to be
    looked at, for they may stand apart."""
    parts = list(dict.fromkeys(word[place : place + 3] for word in words for place in range(len(word) - 2)))
    quoted = ('"{}"'.format(part.replace('"', '""')) for part in parts[:MOST_PARTS])
    return f'contact_words MATCH {values.add(" AND ".join(quoted))}'


def conditions(fits: ContactConditions, values: Values) -> list[str]:
    """Each condition on its own, its values added to `values`."""
    wanted = [word_condition(word, values) for word in fits.words]
    if fits.status:
        wanted.append(f'{STATUS} = {values.add(fits.status)}')
    wanted += [
        yes if asked else no
        for asked, yes, no in (
            (fits.access, 'c.portal_access', 'NOT c.portal_access'),
            (fits.joined, 'c.joined_at IS NOT NULL', 'c.joined_at IS NULL'),
            (fits.two_factor, 'l.totp_enrolled_at IS NOT NULL', 'l.totp_enrolled_at IS NULL'),
            (fits.password, 'l.password_hash IS NOT NULL', 'l.password_hash IS NULL'),
            (fits.shared, SHARED, f'NOT {SHARED}'),
        )
        if asked is not None
    ]
    if fits.mail:
        marks = ', '.join(values.add(one) for one in fits.mail)
        wanted.append(f"CASE WHEN c.email IS NULL THEN 'no_address' ELSE c.email_status END IN ({marks})")
    if fits.kind:
        wanted.append(f'c.kind = {values.add(fits.kind)}')
    if fits.organisation:
        wanted.append(f'c.organisation_key = {values.add(fits.organisation)}')
    if fits.signed_in_from:
        wanted.append(f'c.last_sign_in_at >= {values.add(fits.signed_in_from)}')
    if fits.signed_in_until:
        wanted.append(f'c.last_sign_in_at < {values.add(fits.signed_in_until)}')
    return wanted


def word_condition(word: str, values: Values, column: str = 'c.search_text') -> str:
    """That a word occurs in what a search looks through, or in another folded text."""
    escaped = word.replace('\\', '\\\\').replace('%', '\\%').replace('_', '\\_')
    return f"{column} LIKE {values.add(f'%{escaped}%')} ESCAPE '\\'"
