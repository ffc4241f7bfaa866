"""A link that signs in may lead straight to something on the home."""

import pytest

from domain.access.login_emails import send_login_emails
from domain.access.magic_links import ask_for_new_link, make_magic_link, redeem_magic_link
from domain.access.second_step import verify_second_step
from domain.access.sign_in import SecondStepRequired, SignedIn
from domain.access.sign_in_codes import redeem_code
from domain.contacts.bulk import BulkKind, start_bulk
from domain.contacts.job_kinds import register_kinds
from domain.contacts.selection import Selection
from domain.dependencies import Dependencies
from domain.home_errors import HomeItemNotFound
from domain.portal.home_items import list_destinations, remove_item
from storage.models import ClientSession, OneTimeToken, PendingSignIn
from tests.domain.jobs.running import worked_off
from tests.domain.portal.home import for_contacts, for_organisation, given_announcement, given_link
from tests.factories import (
    a_visitor,
    app_code,
    code_in,
    given_contact,
    given_joined_client,
    given_one_login_on_three,
    given_owner,
    given_second_factor,
    later,
    link_in,
    newest_mail,
    token_in,
    token_of,
)
from tests.support.clock import FixedClock


async def test_a_magic_link_leads_to_what_staff_chose(deps: Dependencies) -> None:
    """R53: it travels with the token, and the address says nothing of it."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    item_id = await given_link(deps, owner)
    link = await make_magic_link(deps, owner, contact.id, leads_to_id=item_id)
    assert link.url == f'{deps.portal_url}/sign-in/link/{token_of(link.url)}'
    signed = await redeem_magic_link(deps, a_visitor(), token_of(link.url))
    assert isinstance(signed, SignedIn)
    assert signed.leads_to_id == item_id


async def test_without_a_choice_it_leads_home(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    link = await make_magic_link(deps, owner, contact.id)
    signed = await redeem_magic_link(deps, a_visitor(), token_of(link.url))
    assert isinstance(signed, SignedIn)
    assert signed.leads_to_id is None


async def test_it_leads_to_nothing_that_the_contact_does_not_see(deps: Dependencies) -> None:
    """R57: neither to what is for another nor to what never was; no link comes of it."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    other = await given_contact(deps, 'Bert Boll', 'bert@boll.example')
    for item_id in (await given_link(deps, owner, audience=for_contacts(other.id)), 4711):
        with pytest.raises(HomeItemNotFound):
            await make_magic_link(deps, owner, contact.id, leads_to_id=item_id)
    assert await OneTimeToken.all().count() == 0


async def test_login_emails_lead_those_there_who_see_it(deps: Dependencies) -> None:
    """The others' lead home: one mail for many is not refused for the sake of one."""
    owner = await given_owner(deps)
    clara = await given_contact(deps)
    bert = await given_contact(deps, 'Bert Boll', 'bert@boll.example')
    item_id = await given_announcement(deps, owner, audience=for_contacts(clara.id))
    await send_login_emails(deps, owner, [clara.id, bert.id], leads_to_id=item_id)
    led = []
    for address in ('clara@weiss.example', 'bert@boll.example'):
        mail = await newest_mail(deps, address)
        assert link_in(mail).endswith(token_in(mail))
        signed = await redeem_magic_link(deps, a_visitor(), token_in(mail))
        assert isinstance(signed, SignedIn)
        led.append(signed.leads_to_id)
    assert led == [item_id, None]


async def test_a_mail_for_several_contacts_lets_in_as_the_one_who_sees_it(deps: Dependencies) -> None:
    """Else they would have to guess which of them it is for; where several see it they choose."""
    owner = await given_owner(deps)
    ines, bau, cellar = await given_one_login_on_three(deps)
    for_bau = await given_announcement(deps, owner, audience=for_contacts(bau.id))
    for_two = await given_announcement(deps, owner, audience=for_contacts(ines.id, bau.id))
    entered = []
    for item_id in (for_bau, for_two):
        await send_login_emails(deps, owner, [ines.id, bau.id, cellar.id], leads_to_id=item_id)
        mail = await newest_mail(deps, str(ines.email))
        signed = await redeem_magic_link(deps, a_visitor(), token_in(mail))
        assert isinstance(signed, SignedIn)
        assert signed.leads_to_id == item_id
        entered.append((await ClientSession.get(id=signed.session_id)).contact_id)
    assert entered == [bau.id, None]


async def test_login_emails_of_a_job_lead_those_there_who_see_it(deps: Dependencies) -> None:
    """Everything may be chosen for many; once it is taken away, all of them come to their home."""
    owner = await given_owner(deps)
    clara = await given_contact(deps, organisation='Weiss AG')
    bert = await given_contact(deps, 'Bert Boll', 'bert@boll.example')
    item_id = await given_link(deps, owner, audience=for_organisation('Weiss AG'))
    assert [one.id for one in await list_destinations(deps, owner, None)] == [item_id]
    register_kinds()
    led = []
    for gone in (False, True):
        if gone:
            await remove_item(deps, owner, item_id)
        many = Selection(ids=(clara.id, bert.id))
        job_id = await start_bulk(deps, owner, BulkKind.LOGIN_EMAIL, many, leads_to_id=item_id)
        job = await worked_off(deps, owner, job_id)
        assert job.done == 2
        led += [
            [(await OneTimeToken.filter(contact_id=one.id).order_by('-id'))[0].leads_to_id for one in (clara, bert)]
        ]
    assert led == [[item_id, None], [None, None]]


async def test_the_second_factor_does_not_lose_it(deps: Dependencies, clock: FixedClock) -> None:
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    factor = await given_second_factor(deps, client.actor, client.raw, clock)
    item_id = await given_link(deps, owner)
    link = await make_magic_link(deps, owner, client.contact_id, leads_to_id=item_id)
    passed = await redeem_magic_link(deps, a_visitor(), token_of(link.url))
    assert isinstance(passed, SecondStepRequired)
    assert (await PendingSignIn.get()).leads_to_id == item_id
    signed = await verify_second_step(deps, a_visitor(), passed.raw_pending, app_code(factor.secret, clock))
    assert signed.leads_to_id == item_id


async def test_a_new_mail_in_place_of_a_dead_link_leads_there_too(deps: Dependencies, clock: FixedClock) -> None:
    """By its link and by its code."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    item_id = await given_link(deps, owner)
    link = await make_magic_link(deps, owner, contact.id, leads_to_id=item_id)
    later(clock, days=1)
    browser = a_visitor(browser='b' * 43)
    await ask_for_new_link(deps, browser, token_of(link.url))
    signed = await redeem_code(deps, browser, code_in(await newest_mail(deps, 'clara@weiss.example')))
    assert isinstance(signed, SignedIn)
    assert signed.leads_to_id == item_id
