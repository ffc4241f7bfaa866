"""Which contact a login belongs with, and that every mail to the whole login is addressed by its name."""

from collections.abc import Awaitable, Callable

import pytest

from domain.access.belonging import Belonging, Why, belonging_of, contact_to_address
from domain.access.login_address import change_login_address, confirm_login_address
from domain.access.login_details import read_login
from domain.access.login_emails import send_login_emails
from domain.access.password_resets import ask_for_reset, send_password_reset
from domain.access.passwords import change_password
from domain.access.security_mode import change_mode
from domain.access.security_notices import write_notices
from domain.access.security_policy import SecurityMode
from domain.access.sign_in_codes import ask_for_sign_in
from domain.actors import StaffActor
from domain.contacts.client_home import read_home
from domain.contacts.directory import delete_contact, edit_contact
from domain.contacts.new_contact import ContactDetails, Kind
from domain.contacts.portal_access import give_access, revoke_access
from domain.contacts.shared_addresses import choose_for_login
from domain.dependencies import Dependencies
from storage.models import Contact, Login
from tests.factories import (
    PASSWORD,
    a_visitor,
    address_token_in,
    come_in,
    given_contact,
    given_one_login_on_three,
    given_owner,
    given_second_factor,
    mails_to,
    newest_mail,
)

INES = 'ines@holm.example'
NEW = 'neu@holm.example'


@pytest.fixture
async def owner(deps: Dependencies) -> StaffActor:
    return await given_owner(deps)


async def whom(email: str = INES) -> tuple[str, Why] | None:
    """By name, and why; the mails say the same."""
    found = await belonging_of(email)
    addressed = await contact_to_address(await Login.get(email=email))
    assert (addressed.id if addressed else None) == (found.contact_id if found else None)
    return (found.name, found.why) if found else None


async def test_without_a_choice_it_is_the_first_person_by_name(deps: Dependencies, owner: StaffActor) -> None:
    """Else the first of all; only contacts with access count, accents and case do not."""
    for name, kind in (('Zoe AG', Kind.ORGANISATION), ('eva Berg', Kind.PERSON), ('Änne Berg', Kind.PERSON)):
        await given_contact(deps, name, INES, kind=kind)
    assert await whom() == ('Änne Berg', Why.FIRST_PERSON)
    await revoke_access(deps, owner, (await Contact.get(name='Änne Berg')).id)
    assert await whom() == ('eva Berg', Why.FIRST_PERSON)
    await delete_contact(deps, owner, (await Contact.get(name='eva Berg')).id)
    assert await whom() == ('Zoe AG', Why.FIRST_CONTACT)
    await revoke_access(deps, owner, (await Contact.get(name='Zoe AG')).id)
    assert await whom() is None


async def test_a_choice_without_access_rests_and_comes_back(deps: Dependencies, owner: StaffActor) -> None:
    """Access switched off and on again keeps what staff chose."""
    _, bau, _ = await given_one_login_on_three(deps)
    await choose_for_login(deps, owner, bau.id)
    assert await whom() == ('Holm Bau AG', Why.CHOSEN)
    await revoke_access(deps, owner, bau.id)
    assert await whom() == ('Ines Holm', Why.FIRST_PERSON)
    await give_access(deps, owner, bau.id)
    assert await whom() == ('Holm Bau AG', Why.CHOSEN)


async def test_a_choice_goes_with_the_contact(deps: Dependencies, owner: StaffActor) -> None:
    """Deleted, or moved to another address, it is forgotten; moved back, it is as any other."""
    _, bau, stiftung = await given_one_login_on_three(deps)
    await choose_for_login(deps, owner, bau.id)
    for email in (NEW, INES):
        await edit_contact(deps, owner, bau.id, ContactDetails(Kind.ORGANISATION, bau.name, email))
        assert await whom() == ('Ines Holm', Why.FIRST_PERSON)
    await choose_for_login(deps, owner, stiftung.id)
    await delete_contact(deps, owner, stiftung.id)
    assert await whom() == ('Ines Holm', Why.FIRST_PERSON)
    assert await Login.filter(belongs_with_id__isnull=False).count() == 0


async def test_a_choice_goes_with_the_login(deps: Dependencies, owner: StaffActor) -> None:
    """The whole login moves to another address, with all of its contacts."""
    _, bau, _ = await given_one_login_on_three(deps)
    await choose_for_login(deps, owner, bau.id)
    await change_login_address(deps, owner, bau.id, NEW)
    await confirm_login_address(deps, a_visitor(), address_token_in(await newest_mail(deps, NEW)))
    assert await whom(NEW) == ('Holm Bau AG', Why.CHOSEN)


# Whatever is mailed to the whole login.
Asks = Callable[[Dependencies, StaffActor, list[int]], Awaitable[object]]


async def sign_in_mail(deps: Dependencies, owner: StaffActor, ids: list[int]) -> None:
    await ask_for_sign_in(deps, a_visitor(browser='b'), INES)


async def reset_mail(deps: Dependencies, owner: StaffActor, ids: list[int]) -> None:
    await ask_for_reset(deps, a_visitor(), INES)


async def password_notice(deps: Dependencies, owner: StaffActor, ids: list[int]) -> None:
    await change_password(deps, (await come_in(deps, owner, ids[0])).actor, '', PASSWORD)


async def second_factor_notice(deps: Dependencies, owner: StaffActor, ids: list[int]) -> None:
    client = await come_in(deps, owner, ids[0])
    await given_second_factor(deps, client.actor, client.raw)


async def new_address(deps: Dependencies, owner: StaffActor, ids: list[int]) -> None:
    await change_login_address(deps, owner, ids[0], NEW)
    assert (await newest_mail(deps, NEW)).row.to_name == (await newest_mail(deps, INES)).row.to_name


async def security_notice(deps: Dependencies, owner: StaffActor, ids: list[int]) -> None:
    await change_mode(deps, owner, SecurityMode.LINK_AND_PASSWORD_2FA, notify=True)
    await write_notices(deps)


async def one_login_email_to_all(deps: Dependencies, owner: StaffActor, ids: list[int]) -> None:
    await send_login_emails(deps, owner, ids)


TO_THE_LOGIN = (
    sign_in_mail, reset_mail, password_notice, second_factor_notice, new_address, security_notice,
    one_login_email_to_all,
)  # fmt: skip


@pytest.mark.parametrize('asks', TO_THE_LOGIN)
async def test_mail_to_the_whole_login_follows(deps: Dependencies, owner: StaffActor, asks: Asks) -> None:
    """By the name of whom staff chose, and by the rule without a choice."""
    ids = [one.id for one in await given_one_login_on_three(deps)]
    await choose_for_login(deps, owner, ids[2])
    await asks(deps, owner, ids)
    mail = await newest_mail(deps, INES)
    assert (mail.row.to_name, mail.row.contact_id) == ('Holm Stiftung', None)
    assert 'Holm Stiftung' in mail.text
    assert 'Ines' not in mail.text


@pytest.mark.parametrize('asks', [sign_in_mail, security_notice, one_login_email_to_all])
async def test_mail_without_a_choice(deps: Dependencies, owner: StaffActor, asks: Asks) -> None:
    """As the rule has it: the person."""
    ids = [one.id for one in await given_one_login_on_three(deps)]
    await asks(deps, owner, ids[::-1])
    assert (await newest_mail(deps, INES)).row.to_name == 'Ines Holm'


async def test_mail_to_one_contact_is_its_own(deps: Dependencies, owner: StaffActor) -> None:
    """Whoever staff write to is addressed, whomever the login belongs with; of several, the first that is asked for."""
    ines, bau, stiftung = [one.id for one in await given_one_login_on_three(deps)]
    await choose_for_login(deps, owner, stiftung)
    await send_login_emails(deps, owner, [bau])
    await send_password_reset(deps, owner, bau)
    await send_login_emails(deps, owner, [bau, ines])
    assert [mail.row.to_name for mail in await mails_to(deps, INES)] == ['Holm Bau AG', 'Holm Bau AG', 'Ines Holm']


async def test_the_portal_greets_as_the_mail_does(deps: Dependencies, owner: StaffActor) -> None:
    """Whoever is in for an organisation is greeted as the person the login belongs with."""
    _, bau, _ = await given_one_login_on_three(deps)
    otto = await given_contact(deps, 'Otto Holm', INES)
    client = await come_in(deps, owner, bau.id)
    assert (await read_home(deps, client.actor)).greeting_name == 'Ines'
    await choose_for_login(deps, owner, otto.id)
    assert (await read_home(deps, client.actor)).greeting_name == 'Otto'
    await choose_for_login(deps, owner, bau.id)
    assert (await read_home(deps, client.actor)).greeting_name == 'Holm Bau AG'


async def test_staff_see_it_where_an_address_is_shared(deps: Dependencies, owner: StaffActor) -> None:
    """In the details of a login; not where it serves one contact, for whom there is no question."""
    clara = await given_contact(deps)
    ines = (await given_one_login_on_three(deps))[0]
    alone, shared = await read_login(deps, owner, clara.id), await read_login(deps, owner, ines.id)
    assert alone
    assert alone.belongs_with is None
    assert shared
    assert shared.belongs_with == Belonging(ines.id, 'Ines Holm', 'person', Why.FIRST_PERSON)
