"""Triggers keep what contacts are found by, whatever is written and however: by models, by statements, in any order."""

from datetime import timedelta
from random import Random

import pytest

from domain.texts import search_pattern
from storage.contact_sql import ContactConditions, where
from storage.database import DatabaseUrl
from storage.facets import facets_that_fit
from storage.models import Contact, Login
from storage.sql import change, fetch, is_sqlite
from tests.support.clock import START

ADDRESSES = ('a@x.example', 'b@x.example', 'c@x.example', None)
STATUSES = ('not_tried', 'waiting', 'captured', 'sent', 'refused', 'failed')


async def given_logins() -> None:
    for address in filter(None, ADDRESSES):
        await Login.create(email=address, created_at=START)


async def given_contact(address: str | None, name: str = 'ann', **traits: object) -> Contact:
    login = await Login.get_or_none(email=address) if address else None
    same = {'kind': 'person', 'name': name, 'name_key': name, 'created_at': START, 'updated_at': START}
    return await Contact.create(
        **same | traits, search_text=f'  {name}', email=address, login_id=login.id if login else None
    )


async def assert_in_step() -> None:
    """Each contact's facets, last sign-in and words are what they would be if worked out now."""
    logins = {login.id: login for login in await Login.all()}
    contacts = await Contact.all()
    for contact in contacts:
        login = logins.get(contact.login_id or 0)
        expected = ContactConditions(
            access=contact.portal_access,
            joined=contact.joined_at is not None,
            two_factor=login is not None and login.totp_enrolled_at is not None,
            password=login is not None and login.password_hash is not None,
            mail=(contact.email_status if contact.email else 'no_address',),
            kind=contact.kind,
            shared=contact.email is not None and len([one for one in contacts if one.email == contact.email]) > 1,
        )
        assert contact.facets in await facets_that_fit(expected), (contact.id, expected)
        assert contact.last_sign_in_at == (login.last_sign_in_at if login and contact.joined_at else None)
        condition, values = where(ContactConditions(words=(search_pattern(contact.name),)), 2)
        rows = await fetch(f'SELECT c.id, CAST($1 AS text) AS now FROM contact c WHERE {condition}', 'now', *values)
        assert contact.id in [row['id'] for row in rows]
    if is_sqlite():
        await change("INSERT INTO contact_words (contact_words, rank) VALUES ('integrity-check', 1)")


@pytest.mark.parametrize('seed', range(3))
async def test_whatever_happens(opened: DatabaseUrl, seed: int) -> None:
    """Contacts come and go, move and change; logins are changed, and go."""
    dice = Random(seed)
    await given_logins()
    for _ in range(60):
        contact = (await Contact.all().order_by('id'))[-1 - dice.randrange(6) :][:1]
        match dice.randrange(8):
            case 0 | 1 | 2:
                await given_contact(dice.choice(ADDRESSES), dice.choice(('ann', 'bob', 'cem')), portal_access=True)
            case 3 if contact:
                await contact[0].delete()
            case 4 if contact:
                address = dice.choice(ADDRESSES)
                login = await Login.get_or_none(email=address) if address else None
                contact[0].email, contact[0].login_id = address, login.id if login else None
                await contact[0].save()
            case 5:
                when = dice.choice((None, START, START + timedelta(days=1)))
                await Login.filter(email=dice.choice(ADDRESSES) or '').update(
                    last_sign_in_at=when, totp_enrolled_at=when, password_hash=dice.choice((None, '-'))
                )
            case 6 if contact:
                await Contact.filter(id=contact[0].id).update(
                    joined_at=dice.choice((None, START)),
                    email_status=dice.choice(STATUSES),
                    search_text='  ann  bob  cem',
                )
            case 7:
                await Contact.filter(email=dice.choice(ADDRESSES)).update(
                    portal_access=dice.random() < 0.5, access_revoked_at=dice.choice((None, START))
                )
    await assert_in_step()


INSERT = (
    'INSERT INTO contact (kind, name, name_key, organisation, search_text, external_id, email, email_status, login_id, '
    "portal_access, created_at, updated_at) VALUES {rows} ON CONFLICT (external_id) DO UPDATE SET name = 'cem'"
)


def a_row(external_id: str, email: str, login_id: int) -> str:
    return (
        f"('person', 'ann', 'ann', '', '  ann  cem', '{external_id}', '{email}', 'sent', {login_id}, TRUE, "
        f"'{START.isoformat(' ')}', '{START.isoformat(' ')}')"
    )


async def test_many_rows_by_one_statement(opened: DatabaseUrl) -> None:
    """Those who share an address are marked, whether it comes with the same statement, an earlier one, or both."""
    login = await Login.create(email='a@x.example', created_at=START)
    other = await Login.create(email='b@x.example', created_at=START)
    await given_contact('b@x.example')
    rows = [*(a_row(f'a{one}', 'a@x.example', login.id) for one in range(3)), a_row('b1', 'b@x.example', other.id)]
    await change(INSERT.format(rows=', '.join(rows)))
    await assert_in_step()
    assert await Contact.filter(facets__isnull=True).count() == 0
    await change(INSERT.format(rows=', '.join([*rows[:1], a_row('c1', 'c@x.example', other.id)])))
    await assert_in_step()
    await change("DELETE FROM contact WHERE external_id IN ('a0', 'a1', 'b1')")
    await assert_in_step()
    await change("UPDATE contact SET email = 'd@x.example', login_id = $1", other.id)
    await assert_in_step()
    await change("UPDATE contact SET email = 'e@x.example' WHERE external_id IS NULL")
    await assert_in_step()
    await Login.filter(id=other.id).delete()
    assert await Contact.filter(login_id__isnull=False).count() == 0
    await assert_in_step()


async def test_a_row_saved_late_does_no_harm(opened: DatabaseUrl) -> None:
    """A row that was read before something changed, and is written as a whole afterwards."""
    await given_logins()
    early = await given_contact('a@x.example', joined_at=START, portal_access=True)
    await Login.filter(email='a@x.example').update(last_sign_in_at=START, password_hash='-')
    await given_contact('a@x.example')
    await early.save()
    await assert_in_step()
    (row,) = await fetch('SELECT facets FROM contact WHERE id = $1', early.id)
    assert row['facets'] & 128, 'it shares its address'
