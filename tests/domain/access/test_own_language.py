"""In which language a client reads: its own choice, its pages, and every mail to it."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from domain.access.login_address import change_login_address
from domain.access.login_emails import send_login_emails
from domain.access.own_language import choose_language
from domain.access.password_resets import ask_for_reset, send_password_reset
from domain.access.passwords import change_password
from domain.access.second_factor_reset import reset_two_factor
from domain.access.security_mode import change_mode
from domain.access.security_notices import write_notices
from domain.access.security_policy import SecurityMode
from domain.access.sessions import current_client, sign_out_client, switch_contact
from domain.access.sign_in_codes import ask_for_sign_in
from domain.actors import StaffActor
from domain.contacts.directory import create_contact, edit_contact, read_contact
from domain.contacts.invitations import invite_contact
from domain.contacts.new_contact import ContactDetails, Kind
from domain.contacts.reminders import send_due_reminders
from domain.dependencies import Dependencies
from domain.errors import SignedOut
from domain.events import ContactsChanged
from domain.language import catalogue, language_in_use, speaking
from storage.models import Contact
from tests.factories import (
    JoinedClient,
    a_visitor,
    given_contact,
    given_joined_client,
    given_owner,
    heard,
    later,
    mails_to,
    newest_mail,
)
from tests.support.clock import FixedClock

GERMAN = 'Guten Tag Clara,'


async def in_german(contact_id: int) -> None:
    await Contact.filter(id=contact_id).update(language='de')


async def test_a_client_chooses_for_all_that_its_login_opens(deps: Dependencies) -> None:
    """The session speaks it from the next request on, staff see it at the contact, and nothing else changes."""
    owner = await given_owner(deps)
    clara = await given_joined_client(deps, owner)
    second = await given_contact(deps, 'Weiss AG', 'clara@weiss.example', kind=Kind.ORGANISATION)
    other = await given_contact(deps, 'Ben Amsel', 'ben@amsel.example')
    closed = await given_contact(deps, 'Weiss KG', 'clara@weiss.example', kind=Kind.ORGANISATION, access=False)
    before = await Contact.get(id=clara.contact_id)
    told = heard(deps, ContactsChanged)
    await choose_language(deps, clara.actor, 'de')
    assert sorted(told[0].contact_ids) == sorted([clara.contact_id, second.id])
    assert (await read_contact(deps, owner, clara.contact_id)).language == 'de'
    said = {one.id: one.language for one in await Contact.filter(id__in=[second.id, closed.id, other.id])}
    assert said == {second.id: 'de', closed.id: '', other.id: ''}, 'nothing of what it may not enter'
    after = await Contact.get(id=clara.contact_id)
    assert (after.facets, after.email, after.updated_at) == (before.facets, before.email, before.updated_at)
    actor = await current_client(deps, clara.raw)
    assert actor and actor.language == 'de'
    await choose_language(deps, clara.actor, 'de')
    assert len(told) == 1, 'nothing changed'
    await sign_out_client(deps, clara.actor)
    with pytest.raises(SignedOut):
        await choose_language(deps, clara.actor, 'en')


async def test_the_contact_one_is_here_for_decides(deps: Dependencies) -> None:
    """Of a login that serves two, the one that was picked; before, the one the login belongs with."""
    owner = await given_owner(deps)
    clara = await given_joined_client(deps, owner)
    second = await given_contact(deps, 'Weiss AG', 'clara@weiss.example', kind=Kind.ORGANISATION)
    await in_german(clara.contact_id)
    await Contact.filter(id=second.id).update(language='en')
    await switch_contact(deps, clara.actor, second.id)
    actor = await current_client(deps, clara.raw)
    assert actor and actor.language == 'en'
    await Contact.filter(id=second.id).update(language='')
    actor = await current_client(deps, clara.raw)
    assert actor and actor.language == 'de', 'as whom the login belongs with'


async def test_staff_set_it_and_an_edit_keeps_it(deps: Dependencies) -> None:
    """A language of no catalogue is none."""
    owner = await given_owner(deps)
    details = ContactDetails(Kind.PERSON, 'Clara Weiss', 'clara@weiss.example', language='de')
    contact_id = await create_contact(deps, owner, details)
    assert (await read_contact(deps, owner, contact_id)).language == 'de'
    await edit_contact(deps, owner, contact_id, ContactDetails(Kind.PERSON, 'Clara', '', language='en'))
    assert (await read_contact(deps, owner, contact_id)).language == 'en'
    await edit_contact(deps, owner, contact_id, ContactDetails(Kind.PERSON, 'Clara', '', language='xx'))
    assert (await read_contact(deps, owner, contact_id)).language == ''


Deed = Callable[[Dependencies, StaffActor, JoinedClient], Coroutine[Any, Any, Any]]
EMAIL = 'clara@weiss.example'
MAILS: dict[str, Deed] = {
    'sign-in': lambda deps, owner, clara: ask_for_sign_in(deps, a_visitor(), EMAIL),
    'login email': lambda deps, owner, clara: send_login_emails(deps, owner, [clara.contact_id]),
    'reset asked for': lambda deps, owner, clara: ask_for_reset(deps, a_visitor(), EMAIL),
    'reset sent': lambda deps, owner, clara: send_password_reset(deps, owner, clara.contact_id),
    'password set': lambda deps, owner, clara: change_password(deps, clara.actor, '', 'seven quiet lamps ashore'),
    'address': lambda deps, owner, clara: change_login_address(deps, owner, clara.contact_id, 'new@x.example'),
}


@pytest.mark.parametrize('name', MAILS)
async def test_a_mail_is_in_the_language_of_its_reader(deps: Dependencies, name: str) -> None:
    """Whoever sets it off, and whatever is spoken there."""
    owner = await given_owner(deps)
    clara = await given_joined_client(deps, owner)
    await in_german(clara.contact_id)
    await MAILS[name](deps, owner, clara)
    mail = await newest_mail(deps, EMAIL)
    assert GERMAN in mail.text and GERMAN in mail.html and 'lang="de"' in mail.html
    assert english_in(mail.text) == []
    assert language_in_use.get() == 'en', 'and everything else goes on as it was'


def english_in(text: str) -> list[str]:
    """Sentences of the English catalogue that stand there as they are."""
    known = catalogue('de')._catalog  # type: ignore[attr-defined]
    whole = ' '.join(text.split())
    sentences = (one for one, said in known.items() if isinstance(one, str) and one != said and '%' not in one)
    return [one for one in sentences if len(one.split()) > 2 and one in whole]


async def test_an_invitation_and_its_reminder(deps: Dependencies, clock: FixedClock) -> None:
    """Of many that are written at once, each in the language of its own reader."""
    owner = await given_owner(deps)
    clara = await given_contact(deps, access=False)
    ben = await given_contact(deps, 'Ben Amsel', 'ben@amsel.example', access=False)
    await in_german(clara.id)
    for contact in (clara, ben):
        await invite_contact(deps, owner, contact.id, 'Bis bald!')
    later(clock, days=6)
    assert await send_due_reminders(deps) == 2
    in_hers = await mails_to(deps, EMAIL)
    assert len(in_hers) == 2
    for mail in in_hers:
        assert GERMAN in mail.text and 'Bis bald!' in mail.text and english_in(mail.text) == []
    for mail in await mails_to(deps, 'ben@amsel.example'):
        assert 'Hello Ben,' in mail.text


async def test_a_change_of_the_security_mode_is_told_to_each_in_its_language(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    clara = await given_joined_client(deps, owner)
    await given_joined_client(deps, owner, 'Ben Amsel', 'ben@amsel.example')
    await in_german(clara.contact_id)
    await change_mode(deps, owner, SecurityMode.LINK_AND_PASSWORD_2FA, notify=True)
    await write_notices(deps)
    assert 'Zum Anmelden gehört jetzt ein zweiter Schritt' in (await newest_mail(deps, EMAIL)).row.subject
    assert 'Signing in now takes a second step' in (await newest_mail(deps, 'ben@amsel.example')).row.subject


async def test_without_a_language_of_its_own_the_browser_that_asked_decides(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    await given_joined_client(deps, owner)
    with speaking('de'):
        await ask_for_sign_in(deps, a_visitor(), EMAIL)
    assert GERMAN in (await newest_mail(deps, EMAIL)).text


async def test_a_second_factor_that_staff_reset_is_told_in_the_clients_language(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    clara = await given_joined_client(deps, owner)
    await in_german(clara.contact_id)
    await turn_on_somehow(clara)
    await reset_two_factor(deps, owner, clara.contact_id, 'lost the phone')
    mail = await newest_mail(deps, EMAIL)
    assert 'Die Zwei-Faktor-Authentisierung wurde zurückgesetzt' in mail.row.subject and english_in(mail.text) == []


async def turn_on_somehow(clara: JoinedClient) -> None:
    """As much of a second factor as can be taken away."""
    contact = await Contact.get(id=clara.contact_id).prefetch_related('login')
    assert contact.login
    contact.login.totp_enrolled_at = contact.created_at
    await contact.login.save(update_fields=('totp_enrolled_at',))
