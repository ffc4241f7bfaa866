"""Looking for something in the audit log: every filter against a plain reading of it, pages, people and the CSV."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from domain.activity.access_report import BOM
from domain.activity.activity_search import (
    PAGE_SIZE,
    ActivityFilter,
    activity_csv,
    find_people,
    list_activity,
    read_person,
)
from domain.activity.kinds import KINDS, KindGroup
from domain.actors import Role
from domain.audit import AuditKind, record
from domain.contacts.directory import delete_contact
from domain.dependencies import Dependencies
from domain.errors import NotAllowed
from domain.unit_of_work import deed, unit_of_work
from storage.activity_sql import COLUMNS, AuditQuery, audit_page
from storage.demo_rows import insert_rows
from storage.models import AuditEvent, Contact, StaffMember
from storage.sql import fetch, in_dialect
from tests.factories import (
    a_visitor,
    audit_rows,
    given_contact,
    given_joined_client,
    given_owner,
    given_staff,
    later,
)
from tests.support.clock import START, FixedClock
from tests.support.databases import sqlite_only

KINDS_USED = [AuditKind.SIGNED_IN, AuditKind.INVITED, AuditKind.STAFF_SIGNED_IN, AuditKind.LOGIN_LOCKED]


@deed
async def fill(deps: Dependencies, number: int, contacts: list[Contact], seed: int = 1) -> None:
    """So many rows of every sort, of an hour, some of them written in another order than their times."""
    dice = Random(seed)
    rows: list[dict[str, Any]] = []
    for one in range(number):
        contact = dice.choice([None, *contacts])
        staff = dice.choice([None, None, 1, 2])
        rows.append(
            {
                'at': START + timedelta(seconds=one * 3600 / number + dice.choice([0, 0, 0, -2, 3])),
                'kind': dice.choice(KINDS_USED).value,
                'outcome': dice.choice(['done', 'refused']),
                'actor_kind': 'staff' if staff else dice.choice(['client', 'visitor', 'system']),
                'actor_id': staff or dice.choice([None, 1, 2]),
                'actor_name': 'Somebody',
                'contact_id': dice.choice(contacts).id if contact and dice.random() < 0.7 else None,
                'login_id': contact.login_id if contact else None,
                'staff_id': dice.choice([None, None, 1, 2]),
                'detail': {},
            }
        )
    async with unit_of_work(deps):
        await insert_rows(AuditEvent, rows)


def fitting(rows: Iterable[AuditEvent], wanted: ActivityFilter, contacts: list[Contact]) -> list[int]:
    """What the filter means, said plainly."""

    def fits(row: AuditEvent) -> bool:
        if wanted.person:
            kind, _, number = wanted.person.partition(':')
            did = row.actor_kind == 'staff' and row.actor_id == int(number)
            of_staff = kind == 'staff' and (did or row.staff_id == int(number))
            of_login = kind == 'login' and row.login_id == int(number) and row.actor_kind in ('client', 'visitor')
            if not (of_staff or of_login):
                return False
        if wanted.contact_id is not None:
            contact = next(one for one in contacts if one.id == wanted.contact_id)
            whole = row.contact_id is None and row.login_id == contact.login_id and row.at >= contact.created_at
            if row.contact_id != contact.id and not whole:
                return False
        if wanted.group and row.kind not in KINDS[wanted.group]:
            return False
        return not (wanted.since and row.at < wanted.since) and not (wanted.until and row.at >= wanted.until)

    return [row.id for row in rows if fits(row)][::-1]


FILTERS = [
    {},
    {'person': 'staff:1'},
    {'person': 'staff:2', 'group': KindGroup.SIGN_INS},
    {'person': 'login:1'},
    {'person': 'login:2', 'group': KindGroup.ACCESS},
    {'contact_id': 1},
    {'contact_id': 2, 'group': KindGroup.REFUSALS},
    {'contact_id': 2, 'person': 'staff:1'},
    {'contact_id': 1, 'person': 'login:1', 'group': KindGroup.SIGN_INS},
    {'group': KindGroup.SIGN_INS},
    {'group': KindGroup.MAIL},
    {'since': START + timedelta(minutes=10)},
    {'until': START + timedelta(minutes=10)},
    {'since': START + timedelta(minutes=10), 'until': START + timedelta(minutes=11), 'group': KindGroup.SIGN_INS},
    {'since': START + timedelta(minutes=30), 'person': 'staff:1', 'contact_id': 1},
    {'since': START + timedelta(days=1)},
    {'until': START - timedelta(days=1)},
    {'since': START + timedelta(minutes=40), 'until': START + timedelta(minutes=20)},
    {'person': 'staff:99'},
]


async def test_filters_combine_freely(deps: Dependencies) -> None:
    """R59: each against a plain reading, page by page, nothing twice and nothing left out; the CSV says the same."""
    owner = await given_owner(deps)
    contacts = [await given_contact(deps, f'C{one}', f'c{one}@x.example') for one in range(3)]
    for contact in contacts:
        await given_joined(deps, contact)
    contacts = await Contact.all().order_by('id')
    before = len(await audit_rows())
    await fill(deps, 700, contacts)
    assert [one.id for one in contacts] == [1, 2, 3] and {one.login_id for one in contacts} == {1, 2, 3}
    for values in FILTERS:
        wanted = ActivityFilter(**values)  # type: ignore[arg-type]
        expected = fitting(await audit_rows(), wanted, contacts)
        assert await paged(deps, owner, wanted, 40) == expected, wanted
        rows = await read_csv(deps, owner, wanted)
        assert [int(row['id']) for row in rows] == expected, wanted
    assert before < 20


async def given_joined(deps: Dependencies, contact: Contact) -> None:
    from domain.access.magic_links import make_magic_link

    await make_magic_link(deps, await given_staff(deps), contact.id)


async def paged(deps: Dependencies, actor: Any, wanted: ActivityFilter, limit: int) -> list[int]:
    found: list[int] = []
    below = None
    while True:
        page = await list_activity(deps, actor, wanted, below=below, limit=limit)
        found += [entry.id for entry in page.entries]
        if not page.has_more:
            return found
        assert len(page.entries) == limit
        below = found[-1]


async def read_csv(deps: Dependencies, actor: Any, wanted: ActivityFilter) -> list[dict[str, str]]:
    text = b''.join([part async for part in await activity_csv(deps, actor, wanted)]).decode()
    assert text.startswith(BOM) and text.endswith('\r\n')
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline='')))


async def test_what_is_new_is_read_alone(deps: Dependencies) -> None:
    """A page that is open asks for what came after its newest entry, within its filter."""
    owner = await given_owner(deps)
    await fill(deps, 30, [])
    first = await list_activity(deps, owner, limit=5)
    newest = first.entries[0].id
    assert (await list_activity(deps, owner, above=newest)).entries == ()
    await fill(deps, 8, [])
    new = await list_activity(deps, owner, above=newest)
    assert [entry.id for entry in new.entries] == list(range(newest + 8, newest, -1)) and not new.has_more
    assert first.has_more and PAGE_SIZE == 50


@pytest.mark.parametrize('key', ['staff:', 'staff:x', 'login:-1', 'contact:1', 'staff:99999999999', "staff:1' OR 1"])
async def test_nobody_has_a_mistyped_key(deps: Dependencies, key: str) -> None:
    owner = await given_owner(deps)
    await fill(deps, 30, [])
    assert (await list_activity(deps, owner, ActivityFilter(person=key))).entries == ()
    assert await read_person(deps, owner, key) is None
    assert await read_csv(deps, owner, ActivityFilter(person=key)) == []


# ── What an entry holds ──────────────────────────────────────────────────────


async def test_every_field_is_there(deps: Dependencies, clock: FixedClock) -> None:
    """R59: UTC time, actor, subject, IP, user agent, outcome; in the list and in the CSV."""
    owner = await given_owner(deps, name='Olga Berg')
    contact = await given_contact(deps)

    @deed
    async def refuse() -> None:
        async with unit_of_work(deps) as work:
            await record(
                work,
                AuditKind.SIGN_IN_REFUSED,
                a_visitor('2001:db8::7', user_agent='Firefox, "quoted"'),
                contact=contact,
                outcome='refused',
                actor_name='Clara Weiss',
                method='password',
            )

    later(clock, seconds=5)
    await refuse()
    entry = (await list_activity(deps, owner)).entries[0]
    assert (entry.at, entry.kind, entry.outcome) == (clock.now(), AuditKind.SIGN_IN_REFUSED.value, 'refused')
    assert (entry.actor_kind, entry.actor_name, entry.contact_id) == ('visitor', 'Clara Weiss', contact.id)
    assert (entry.ip, entry.user_agent, entry.detail) == ('2001:db8::7', 'Firefox, "quoted"', {'method': 'password'})
    row = (await read_csv(deps, owner, ActivityFilter()))[0]
    assert list(row) == list(COLUMNS)
    assert row == {
        'id': str(entry.id),
        'at': '2026-03-02T09:00:05Z',
        'kind': 'access:session:refused',
        'outcome': 'refused',
        'actor_kind': 'visitor',
        'actor_id': '',
        'actor_name': 'Clara Weiss',
        'contact_id': str(contact.id),
        'contact_name': 'Clara Weiss',
        'login_id': str(contact.login_id or ''),
        'staff_id': '',
        'ip': '2001:db8::7',
        'user_agent': 'Firefox, "quoted"',
        'detail': row['detail'],
    }
    assert '"method"' in row['detail']


@pytest.mark.parametrize(
    'evil', ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '＝1+1', '=HYPERLINK("https://evil.example")']
)
async def test_the_csv_runs_nothing(deps: Dependencies, evil: str) -> None:
    """R52: what people typed, names of contacts and browsers among it, is text to a spreadsheet."""
    owner = await given_owner(deps)

    @deed
    async def write() -> None:
        async with unit_of_work(deps) as work:
            await record(
                work, AuditKind.SIGNED_IN, a_visitor(user_agent=evil), contact_name=evil, actor_name=evil, reason=evil
            )

    await write()
    row = (await read_csv(deps, owner, ActivityFilter()))[0]
    assert row['actor_name'] == row['contact_name'] == row['user_agent'] == f"'{evil}"
    assert all(cell[:1] not in '=+-@\t\r＝' for cell in row.values() if cell)


async def test_an_export_is_recorded_with_what_was_asked(deps: Dependencies) -> None:
    """R59: who took the log out, and which part; the row of the export is not in the file."""
    owner = await given_owner(deps)
    wanted = ActivityFilter('staff:1', 1, KindGroup.SIGN_INS, START, START + timedelta(days=1))
    assert AuditKind.ACTIVITY_EXPORTED.value not in {row['kind'] for row in await read_csv(deps, owner, wanted)}
    rows = await read_csv(deps, owner, ActivityFilter())
    assert [row['kind'] for row in rows].count(AuditKind.ACTIVITY_EXPORTED.value) == 1, 'the one before'
    first, second = await audit_rows(AuditKind.ACTIVITY_EXPORTED)
    assert first.detail == {
        'filter': {
            'person': 'staff:1',
            'contact_id': 1,
            'group': 'sign_ins',
            'since': '2026-03-02T09:00:00+00:00',
            'until': '2026-03-03T09:00:00+00:00',
        }
    }
    assert (second.detail, second.actor_name) == ({'filter': {}}, owner.name)


async def test_plain_staff_read_and_do_not_export(deps: Dependencies) -> None:
    """R57: nothing is written by the refusal either."""
    staff = await given_staff(deps, Role.STAFF)
    assert (await list_activity(deps, staff)).entries == ()
    with pytest.raises(NotAllowed):
        await activity_csv(deps, staff, ActivityFilter())
    assert await audit_rows(AuditKind.ACTIVITY_EXPORTED) == []


# ── People ───────────────────────────────────────────────────────────────────


async def test_people_are_found_by_any_part_of_their_name(deps: Dependencies) -> None:
    """Staff before clients, accents and case aside; clients are logins under the names they serve."""
    owner = await given_owner(deps, name='Zoë Berg', email='zoe@firm.example')
    client = await given_joined_client(deps, owner, 'Tomás Bergmann', 'tomas@x.example')
    await given_contact(deps, 'Berg without a login', email='', access=False)
    people = await find_people(deps, owner, 'BERG')
    assert [(one.key, one.name) for one in people] == [
        (f'staff:{owner.staff_id}', 'Zoë Berg'),
        (f'login:{client.actor.login_id}', 'Tomás Bergmann'),
    ]
    assert [one.name for one in await find_people(deps, owner, 'zoe')] == ['Zoë Berg']
    assert [one.name for one in await find_people(deps, owner, 'tomas@x')] == ['Tomás Bergmann']
    assert await find_people(deps, owner, '100%') == []
    assert len(await find_people(deps, owner, '')) == 2
    for one in people:
        assert await read_person(deps, owner, one.key) == one


async def test_who_is_gone_is_found_by_key_as_long_as_there_is_something(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    await delete_contact(deps, owner, client.contact_id)
    found = await read_person(deps, owner, f'login:{client.actor.login_id}')
    assert found is None or found.name == 'clara@weiss.example'
    assert (await list_activity(deps, owner, ActivityFilter(contact_id=client.contact_id))).entries
    gone = await given_staff(deps)
    await StaffMember.filter(id=gone.staff_id).delete()
    assert await read_person(deps, owner, f'staff:{gone.staff_id}') is None


# ── Kinds and indexes ────────────────────────────────────────────────────────


def test_every_kind_is_in_one_group() -> None:
    """Whoever adds a kind says where people look for it. What had a mail written is found under Mail as well, what was
    refused under what was refused alone, and an address that is ignored was not."""
    listed = [kind for kinds in KINDS.values() for kind in kinds]
    assert set(listed) == set(AuditKind)
    twice = {kind for kind in listed if listed.count(kind) > 1}
    assert twice < set(KINDS[KindGroup.MAIL]) and {AuditKind.INVITED, AuditKind.LOGIN_EMAIL_SENT} <= twice
    assert {kind for kind in AuditKind if kind.name.endswith('_REFUSED')} <= set(KINDS[KindGroup.REFUSALS])
    assert AuditKind.UNKNOWN_ADDRESS_IGNORED not in KINDS[KindGroup.REFUSALS]
    assert set(KINDS) == set(KindGroup)


@sqlite_only
@pytest.mark.parametrize('values', FILTERS[:14])
async def test_no_page_reads_the_whole_log(
    deps: Dependencies, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every question is answered by an index; at a million rows too (docs/performance.md has the times)."""
    from storage import activity_sql

    asked: list[tuple[str, tuple[Any, ...]]] = []

    async def listen(sql: str, *given: Any) -> Any:
        asked.append((sql, given))
        return await fetch(sql, *given)

    await fill(deps, 50, [])
    monkeypatch.setattr(activity_sql, 'fetch', listen)
    kind, _, number = values.get('person', '').partition(':')
    index = 'contact_id=' if 'contact_id' in values else '(kind=' if 'group' in values and not kind else ''
    await audit_page(
        AuditQuery(
            kinds=tuple(one.value for one in KINDS[values['group']]) if 'group' in values else (),
            staff_id=int(number) if kind == 'staff' else None,
            login_id=int(number) if kind == 'login' else None,
            contact_id=values.get('contact_id'),
            contact_login_id=values.get('contact_id'),
            contact_since=datetime(2026, 1, 1, tzinfo=START.tzinfo),
            since=values.get('since'),
            until=values.get('until'),
        ),
        limit=51,
    )
    assert asked
    for sql, given in asked:
        plan = ' '.join(str(row['detail']) for row in await fetch(f'EXPLAIN QUERY PLAN {in_dialect(sql)}', *given))
        assert 'SCAN audit_event' not in plan, plan
        if index and 'AS p0' in sql:
            assert plan.count('SEARCH audit_event') == plan.count(index) + plan.count('(login_id='), plan


async def test_a_login_of_many_contacts_leaves_room_for_others(deps: Dependencies) -> None:
    """Twenty contacts of one address are one person, before somebody else by name."""
    owner = await given_owner(deps, name='Olga')
    for number in range(20):
        await given_contact(deps, f'Berg {number:02}', 'many@x.example')
    await given_contact(deps, 'Zita Berg', 'zita@x.example')
    people = await find_people(deps, owner, 'berg', limit=3)
    assert [one.name for one in people] == ['Berg 00', 'Zita Berg']
