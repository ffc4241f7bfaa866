"""The audit log for people who look for something in it: filtered, page by page, and as CSV (R59).

Columns of the CSV, in order: `id`, `at` (ISO 8601, UTC, with `Z`), `kind` (`area:subject:action`, domain/audit.py),
`outcome` (`done` or `refused`), `actor_kind` (`staff`, `client`, `visitor`, `system`), `actor_id` (of the staff member
or the login), `actor_name`, `contact_id`, `contact_name`, `login_id`, `staff_id` (the staff member it happened to),
`ip`, `user_agent`, `detail` (JSON). UTF-8 with BOM, CRLF, RFC 4180, newest first.
"""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.activity.access_report import BOM, harmless
from domain.activity.audit_log import Entry, from_audit
from domain.activity.kinds import KINDS, KindGroup
from domain.actors import Actor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.texts import search_pattern, search_words, searched
from domain.unit_of_work import deed, unit_of_work
from storage import activity_sql
from storage.activity_sql import COLUMNS, AuditQuery
from storage.models import AuditEvent, Contact, Login, StaffMember
from storage.streams import stream

PAGE_SIZE = 50
_TYPED_BY_PEOPLE = frozenset(
    COLUMNS.index(name) for name in ('actor_name', 'contact_name', 'ip', 'user_agent', 'detail')
)


@dataclass(frozen=True)
class Person:
    """Somebody who did things: a staff member or a client, which is a login. `key` is `staff:3` or `login:7`."""

    key: str
    name: str
    email: str
    kind: str = 'person'


@dataclass(frozen=True)
class ActivityFilter:
    """What is looked for; everything that is given must fit. `person` is the key of a Person, times are UTC.

    From `since` on, and before `until`.
    """

    person: str = ''
    contact_id: int | None = None
    group: KindGroup | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class ActivityPage:
    """Entries, newest first. `has_more`: there are older ones that fit."""

    entries: tuple[Entry, ...]
    has_more: bool


async def list_activity(
    deps: Dependencies, actor: Actor, wanted: ActivityFilter | None = None, *, below: int | None = None,
    above: int | None = None, limit: int = PAGE_SIZE,
) -> ActivityPage:  # fmt: skip
    """The newest entries that fit, older than the entry `below` and newer than `above`, which are ids.

    Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.SEE_ACTIVITY)
    query = await _query(wanted or ActivityFilter())
    if query is None:
        return ActivityPage((), False)
    ids = await activity_sql.audit_page(query, limit=limit + 1, below=below, above=above)
    rows = await AuditEvent.filter(id__in=ids[:limit]).order_by('-id') if ids else []
    return ActivityPage(tuple(from_audit(row) for row in rows), len(ids) > limit)


async def find_people(deps: Dependencies, actor: Actor, text: str, *, limit: int = 8) -> list[Person]:
    """Staff members and clients with these words in their name or address, the staff first.

    Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.SEE_ACTIVITY)
    words = search_words(text)
    team = [
        _person('staff', member.id, member.name, member.email)
        for member in await StaffMember.all().order_by('name', 'id')
        if all(word in searched(f'{member.name} {member.email}') for word in words)
    ]
    clients = [
        _person('login', row['id'], row['name'], row['email'], row['kind'])
        for row in await activity_sql.clients_named([search_pattern(one) for one in words], deps.clock.now(), limit)
    ]
    return team[:limit] + clients


async def read_person(deps: Dependencies, actor: Actor, key: str) -> Person | None:
    """Who has this key; None for nobody (any more). Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.SEE_ACTIVITY)
    kind, number = _split(key)
    if kind == 'staff':
        member = await StaffMember.get_or_none(id=number)
        return _person('staff', member.id, member.name, member.email) if member else None
    login = await Login.get_or_none(id=number) if kind == 'login' else None
    if login is None:
        return None
    contact = await Contact.filter(login_id=login.id).order_by('name_key', 'id').first()
    return _person('login', login.id, contact.name if contact else login.email, login.email)


async def activity_csv(deps: Dependencies, actor: Actor, wanted: ActivityFilter) -> AsyncIterator[bytes]:
    """What fits as CSV in chunks, as the module says. The export itself is recorded, and is not in it.

    Permission is checked before the first chunk is asked for. Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EXPORT_ACTIVITY)
    newest = await activity_sql.newest_audit_id()
    await _record_export(deps, actor, wanted)
    return _chunks(await _query(wanted), newest)


async def _chunks(query: AuditQuery | None, newest: int) -> AsyncIterator[bytes]:
    yield (BOM + ','.join(COLUMNS) + '\r\n').encode()
    if query is not None:
        sql, values = activity_sql.audit_rows_sql(query, newest)
        async for part in stream(sql, values, _to_csv, is_download=True):
            yield part


def _to_csv(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    safe = ([harmless(cell) if index in _TYPED_BY_PEOPLE else cell for index, cell in enumerate(row)] for row in rows)
    csv.writer(text, lineterminator='\r\n').writerows(safe)
    return text.getvalue().encode()


@deed
async def _record_export(deps: Dependencies, actor: Actor, wanted: ActivityFilter) -> None:
    asked = {
        'person': wanted.person,
        'contact_id': wanted.contact_id,
        'group': wanted.group.value if wanted.group else None,
        'since': wanted.since.isoformat() if wanted.since else None,
        'until': wanted.until.isoformat() if wanted.until else None,
    }
    async with unit_of_work(deps) as work:
        await record(
            work, AuditKind.ACTIVITY_EXPORTED, actor, filter={name: value for name, value in asked.items() if value}
        )


async def _query(wanted: ActivityFilter) -> AuditQuery | None:
    """None when nothing can fit, because there is nobody with this key."""
    kind, number = _split(wanted.person)
    if wanted.person and not kind:
        return None
    contact = await Contact.get_or_none(id=wanted.contact_id) if wanted.contact_id is not None else None
    return AuditQuery(
        kinds=tuple(one.value for one in KINDS[wanted.group]) if wanted.group else (),
        staff_id=number if kind == 'staff' else None,
        login_id=number if kind == 'login' else None,
        contact_id=wanted.contact_id,
        contact_login_id=contact.login_id if contact else None,
        contact_since=contact.created_at if contact else None,
        since=wanted.since,
        until=wanted.until,
    )


def _split(key: str) -> tuple[str, int]:
    kind, _, number = key.partition(':')
    is_key = kind in ('staff', 'login') and number.isascii() and number.isdigit() and len(number) < 11
    return (kind, int(number)) if is_key and int(number) < 2**31 else ('', 0)


def _person(kind: str, number: int, name: str, email: str, of_kind: str = 'person') -> Person:
    return Person(f'{kind}:{number}', name, email, of_kind)
