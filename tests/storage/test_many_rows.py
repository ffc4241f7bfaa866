"""Many rows by one statement, on both engines."""

from domain.audit import AuditKind, Whom, record, record_each
from domain.dependencies import Dependencies
from domain.events import ActivityRecorded
from domain.unit_of_work import deed, unit_of_work
from storage.many_rows import insert_many
from storage.models import AuditEvent, Login
from storage.sql import change
from tests.factories import given_contact, given_owner, heard


async def test_rows_go_in_as_they_are(deps: Dependencies) -> None:
    """Text is text, whatever it looks like; nothing is null, a number or SQL that was not."""
    texts = [
        "o'brien@x.example",
        '{"a":1}@x.example',
        '$1@x.example',
        'null@x.example',
        'ünïcödé@x.example',
        '"@x.example',
    ]
    made = await insert_many(
        'login',
        (('email', 'text'), ('last_sign_in_method', 'text'), ('belongs_with_id', 'bigint')),
        [{'email': text, 'last_sign_in_method': '7', 'belongs_with_id': None} for text in texts],
        {'created_at': ('timestamptz', deps.clock.now()), 'totp_last_step': ('bigint', 5)},
        returning='id, email',
    )
    assert [row['email'] for row in made] == texts
    for row in await Login.all():
        assert (row.created_at, row.totp_last_step) == (deps.clock.now(), 5)
        assert (row.last_sign_in_method, row.belongs_with_id) == ('7', None)
    assert await insert_many('login', (('email', 'text'),), [], {}) == []


async def test_what_is_there_already_stays(deps: Dependencies) -> None:
    """Two that make the same login get the same."""
    alike = {'created_at': ('timestamptz', deps.clock.now()), 'last_sign_in_method': ('text', '')}
    for _ in range(2):
        made = await insert_many(
            'login', (('email', 'text'),), [{'email': 'a@x.example'}], alike, on_conflict='ON CONFLICT DO NOTHING',
            returning='id',
        )  # fmt: skip
    assert (made, await Login.all().count()) == ([], 1)


async def test_many_rows_of_the_log_are_as_one(deps: Dependencies) -> None:
    """R59: what is recorded of many at once says what is recorded of one, and open pages are told."""
    owner, contact = await given_owner(deps), await given_contact(deps)

    @deed
    async def note() -> None:
        async with unit_of_work(deps) as work:
            await record(work, AuditKind.CONTACT_EDITED, owner, contact=contact, before='a', after=1)
            whom = [Whom(contact.id, contact.name, contact.login_id, {'before': 'a', 'after': 1}), Whom(7, 'Gone')]
            await record_each(work, AuditKind.CONTACT_EDITED, owner, whom)

    told = heard(deps, ActivityRecorded)
    await note()
    one, of_many, other = await AuditEvent.filter(kind=AuditKind.CONTACT_EDITED.value).order_by('id').values()
    assert {**one, 'id': 0} == {**of_many, 'id': 0}
    assert (other['contact_id'], other['contact_name'], other['login_id'], other['detail']) == (7, 'Gone', None, {})
    assert told == [ActivityRecorded((contact.id,), None), ActivityRecorded((contact.id, 7), None)]


async def test_a_change_counts_what_it_changed(deps: Dependencies) -> None:
    """And not what triggers changed because of it: a claim takes a count of one for its own."""
    contact = await given_contact(deps)
    for statement in (
        'UPDATE login SET last_sign_in_at = $2 WHERE id = $1',
        'UPDATE login SET password_hash = $2 WHERE id = $1 AND password_hash IS NULL',
    ):
        value = deps.clock.now() if 'last' in statement else '-'
        assert await change(statement, contact.login_id, value) == 1
    assert await change('UPDATE login SET password_hash = $2 WHERE id = $1', 4711, '-') == 0
    assert await Login.filter(id=contact.login_id).update(totp_enrolled_at=deps.clock.now()) == 1
    assert await change('UPDATE contact SET kind = $2 WHERE id = $1', contact.id, 'organisation') == 1

    @deed
    async def inside() -> int:
        async with unit_of_work(deps):
            return await change('UPDATE login SET password_hash = NULL WHERE id = $1', contact.login_id)

    assert await inside() == 1
