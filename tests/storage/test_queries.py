"""The long queries find their rows by an index, and give the same as a plain look at the rows would."""

import logging
from datetime import timedelta

import pytest
from tortoise import connections

from domain.activity.audit_log import recent_activity
from domain.actors import SystemActor
from domain.dependencies import Dependencies
from storage.claims import void_tokens
from storage.database import DatabaseUrl
from storage.models import AuditEvent, Contact, Login, OutboxMail
from storage.queries import contact_history
from storage.security_claims import CONCERNED, concerned_logins
from tests.support.clock import START
from tests.support.databases import sqlite_only


async def given_contact() -> Contact:
    login = await Login.create(email='ann@example.org', created_at=START)
    return await Contact.create(
        kind='person', name='Ann', name_key='ann', search_text='ann', login=login, created_at=START, updated_at=START
    )


async def given_event(minute: int, **whose: int | None) -> int:
    event = await AuditEvent.create(
        at=START + timedelta(minutes=minute), kind='contact:access:granted', actor_kind='system', **whose
    )
    return int(event.id)


async def given_mail(minute: int, **whose: int | None) -> int:
    at = START + timedelta(minutes=minute)
    count = await OutboxMail.all().count()
    mail = await OutboxMail.create(
        kind='sign_in', to_address='ann@example.org', subject='x', message_id=f'<{count}@x>', created_at=at,
        next_try_at=at, **whose,
    )  # fmt: skip
    return int(mail.id)


async def plans_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """How SQLite goes about what was asked while its questions were logged."""
    logged = [record.args for record in caplog.records if record.name == 'tortoise.db_client']
    plans = []
    for query, values in (
        args for args in logged if isinstance(args, tuple) and str(args[0]).startswith(('SELECT', 'UPDATE'))
    ):
        rows = await connections.get('default').execute_query_dict(f'EXPLAIN QUERY PLAN {query}', values)
        plans += [str(row['detail']) for row in rows]
    return plans


@pytest.mark.parametrize('limit', [2, 50])
async def test_the_history_of_a_contact_is_its_own_and_its_logins(opened: DatabaseUrl, limit: int) -> None:
    """A contact's own rows and those of its login as a whole, newest first; not another contact's of the same login."""
    ann = await given_contact()
    for given in (given_event, given_mail):
        await given(-1, login_id=ann.login_id)  # before the contact was there
        await given(1, login_id=ann.login_id, contact_id=ann.id + 1)
        await given(1, login_id=None, contact_id=None)
    events = [await given_event(2, login_id=ann.login_id), await given_event(3, contact_id=ann.id)]
    events.append(await given_event(4, login_id=ann.login_id))
    mails = [await given_mail(2, contact_id=ann.id), await given_mail(3, login_id=ann.login_id)]
    mails.append(await given_mail(4, login_id=ann.login_id, contact_id=ann.id))
    audit, outbox = await contact_history(ann.id, limit)
    assert [row.id for row in audit] == events[::-1][:limit]
    assert [row.id for row in outbox] == mails[::-1][:limit]
    await Contact.filter(id=ann.id).update(login_id=None)
    audit, outbox = await contact_history(ann.id, limit)
    assert [row.id for row in audit] == [events[1]]
    assert [row.id for row in outbox] == [mails[2], mails[0]][:limit]


@sqlite_only
async def test_the_history_of_a_contact_walks_no_table(opened: DatabaseUrl, caplog: pytest.LogCaptureFixture) -> None:
    """However many sign-in mails were ever written, each part of the history is found by an index, and in order."""
    ann = await given_contact()
    with caplog.at_level(logging.DEBUG, logger='tortoise.db_client'):
        await contact_history(ann.id, 50)
    plans = await plans_of(caplog)
    assert len(plans) == 5, plans
    assert not [plan for plan in plans if not plan.startswith('SEARCH')], plans


@sqlite_only
async def test_the_feed_does_not_walk_through_what_jobs_have_done(
    deps: Dependencies, caplog: pytest.LogCaptureFixture
) -> None:
    """A job of a hundred thousand writes as many rows, the newest of all."""
    await recent_activity(deps, SystemActor())  # the connections are made
    with caplog.at_level(logging.DEBUG, logger='tortoise.db_client'):
        await recent_activity(deps, SystemActor())
    plans = [plan for plan in await plans_of(caplog) if 'audit_event' in plan or 'outbox_mail' in plan]
    assert len(plans) == 2 and all('(job_id=?)' in plan for plan in plans), plans


@sqlite_only
async def test_a_hundred_logins_are_found_without_sorting_those_that_remain(
    opened: DatabaseUrl, caplog: pytest.LogCaptureFixture
) -> None:
    """A hundred thousand clients are told of a new mode a hundred at a time: each hundred looks at a hundred."""
    for old, new in (key if isinstance(key, tuple) else ('', key) for key in CONCERNED):
        with caplog.at_level(logging.DEBUG, logger='tortoise.db_client'):
            caplog.clear()
            await concerned_logins(old, new, after=0, until=100_000, limit=100)
        plans = await plans_of(caplog)
        assert 'SEARCH l USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)' in plans, (new, plans)
        assert not [plan for plan in plans if plan.startswith('SCAN') and plan != 'SCAN w'], (new, plans)
        found = plans[: plans.index('SCAN w')]
        assert found.count('USE TEMP B-TREE FOR ORDER BY') == 1, (new, plans, 'the contacts of one login, by name')


@sqlite_only
@pytest.mark.parametrize('column', ['login_id', 'contact_id', 'staff_id'])
async def test_the_links_of_one_are_voided_without_walking_those_of_all(
    opened: DatabaseUrl, caplog: pytest.LogCaptureFixture, column: str
) -> None:
    """Links outlive their use, and so there are many."""
    with caplog.at_level(logging.DEBUG, logger='tortoise.db_client'):
        await void_tokens(START, 'cancelled', f'{column} = $3', 1)
    (plan,) = await plans_of(caplog)
    assert plan.startswith('SEARCH one_time_token USING INDEX'), plan
