"""A contact is moved to another address: who may do it when, who is told, and what is left behind."""

import pytest

from domain.actors import Role, StaffActor
from domain.audit import AuditKind
from domain.contacts.directory import create_contact, delete_contact, edit_contact
from domain.contacts.new_contact import ContactDetails, Kind
from domain.contacts.portal_access import revoke_access
from domain.dependencies import Dependencies
from domain.errors import SignInNotFresh
from storage.models import Contact, Login, OutboxMail, RecoveryCode
from tests.factories import (
    audit_rows,
    every_row,
    given_contact,
    given_invited,
    given_joined_client,
    given_one_login_on_three,
    given_second_factor,
    given_staff,
    later,
    mails_to,
    newest_mail,
)
from tests.support.clock import FixedClock

CLARA, NEW = 'clara@weiss.example', 'clara@neu.example'
MOVED = ContactDetails(Kind.PERSON, 'Clara Weiss-Roth', NEW)


async def a_while_ago(deps: Dependencies, clock: FixedClock) -> StaffActor:
    """Somebody of staff who signed in fifteen minutes ago."""
    staff = await given_staff(deps, Role.STAFF)
    later(clock, minutes=15)
    return staff


@pytest.mark.parametrize('how', ['joined', 'revoked', 'password', 'second factor', 'session'])
async def test_whoever_came_in_is_not_moved_by_an_open_page(deps: Dependencies, clock: FixedClock, how: str) -> None:
    """R38: to move a contact is to change who may come in; nothing happens without a fresh sign-in."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    if how == 'revoked':
        await revoke_access(deps, staff, client.contact_id)
    elif how != 'joined':
        await Contact.filter(id=client.contact_id).update(joined_at=None)
        await Login.filter(email=CLARA).update(
            password_hash='-' if how == 'password' else None,
            totp_enrolled_at=clock.now() if how == 'second factor' else None,
        )
    late, before = await a_while_ago(deps, clock), await every_row()
    with pytest.raises(SignInNotFresh):
        await edit_contact(deps, late, client.contact_id, MOVED)
    assert await every_row() == before
    renamed = ContactDetails(Kind.PERSON, 'Clara Weiss-Roth', CLARA)
    assert await edit_contact(deps, late, client.contact_id, renamed) is None, 'a name is not sensitive'
    assert await edit_contact(deps, await given_staff(deps), client.contact_id, MOVED)


async def test_the_old_address_is_told(deps: Dependencies) -> None:
    """R38: by the name it knows, and by a mail of its own; the row says from where to where."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    await edit_contact(deps, staff, client.contact_id, MOVED)
    told = await newest_mail(deps, CLARA)
    assert told.row.kind == 'notice'
    assert 'Clara Weiss can no longer be entered with this address' in told.text
    assert NEW not in told.text + told.html, 'where it went is not for whoever reads the old mail'
    assert await mails_to(deps, NEW) == []
    (row,) = await audit_rows(AuditKind.ADDRESS_CHANGED)
    assert row.detail == {'before': CLARA, 'after': NEW}


async def test_who_never_came_in_is_moved_without_ado(deps: Dependencies, clock: FixedClock) -> None:
    """A slip of the pen in an address is mended at any time, and the wrong address hears nothing of it."""
    staff = await given_staff(deps)
    typed, invited = await given_contact(deps), await given_invited(deps, staff, 'Ben Amsel', 'ben@amsle.example')
    late, mails = await a_while_ago(deps, clock), await OutboxMail.all().count()
    assert await edit_contact(deps, late, typed.id, MOVED)
    moved = await edit_contact(
        deps, late, invited.contact_id, ContactDetails(Kind.PERSON, 'Ben Amsel', 'ben@amsel.example')
    )
    assert moved and moved.invited_again
    assert await OutboxMail.all().count() == mails + 1, 'the invitation that went out anew'


@pytest.mark.parametrize('how', ['moved', 'deleted'])
async def test_a_recycled_address_is_not_entered_by_who_had_it(deps: Dependencies, clock: FixedClock, how: str) -> None:
    """R9, R13: with the last contact of a login its password, second factor and recovery codes are gone."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    await given_second_factor(deps, client.actor, client.raw)
    await Login.filter(email=CLARA).update(password_hash='-', password_set_at=clock.now())
    if how == 'moved':
        await edit_contact(deps, staff, client.contact_id, MOVED)
    else:
        await delete_contact(deps, staff, client.contact_id)
    await create_contact(deps, staff, ContactDetails(Kind.PERSON, 'Clara Weiss junior', CLARA), give_access=True)
    login = await Login.get(email=CLARA)
    assert (login.password_hash, login.password_set_at) == (None, None)
    assert (login.totp_secret, login.totp_enrolled_at, login.totp_last_step) == (None, None, 0)
    assert await RecoveryCode.all().count() == 0


@pytest.mark.parametrize('how', ['moved', 'deleted'])
async def test_a_login_that_serves_others_keeps_what_it_has(deps: Dependencies, how: str) -> None:
    """One of three contacts leaves: whoever signs in for the other two notices nothing."""
    staff = await given_staff(deps)
    first, *_ = await given_one_login_on_three(deps)
    await Login.all().update(password_hash='-')
    if how == 'moved':
        await edit_contact(deps, staff, first.id, ContactDetails(Kind.PERSON, 'Ines Holm', NEW))
    else:
        await delete_contact(deps, staff, first.id)
    assert (await Login.get(email='ines@holm.example')).password_hash == '-'
