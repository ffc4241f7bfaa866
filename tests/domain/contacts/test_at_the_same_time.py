"""Two people act on one contact at the same moment: nothing is lost, nothing deadlocks."""

import asyncio
import random
from collections.abc import Awaitable

from domain.access.login_address import confirm_login_address
from domain.access.login_emails import send_login_emails
from domain.access.logins import held_contact, held_contacts
from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.sign_in import SignedIn
from domain.contacts.directory import create_contact, delete_contact, edit_contact, write_details
from domain.contacts.invitations import Invited, invite_address, invite_contact
from domain.contacts.new_contact import ContactDetails, Kind, check_details
from domain.contacts.portal_access import revoke_access
from domain.dependencies import Dependencies
from domain.errors import AlreadyJoined, LinkExpired
from domain.unit_of_work import deed, unit_of_work
from storage import mail_claims
from storage.models import ClientSession, Contact, Invitation, Login, OneTimeToken, OutboxMail
from tests.factories import (
    a_visitor,
    asked_for_address,
    given_contact,
    given_invited,
    given_one_login_on_three,
    given_owner,
    mails_to,
    token_of,
)

ROUNDS = 12


async def soon(dice: random.Random, act: Awaitable[object]) -> object:
    """The act, after some thousandths of a second, so that now this comes first and now that."""
    await asyncio.sleep(dice.random() * 0.006)
    return await act


async def together(dice: random.Random, *acts: Awaitable[object]) -> list[object]:
    return await asyncio.gather(*(soon(dice, act) for act in acts), return_exceptions=True)


async def test_two_invite_the_same_contact(deps: Dependencies) -> None:
    """A contact has one open invitation; the second renews the first, and one link lives."""
    owner, other = await given_owner(deps), await given_owner(deps)
    for number in range(ROUNDS):
        contact = await given_contact(deps, f'Client {number}', f'c{number}@x.example', access=False)
        answers = await asyncio.gather(*(invite_contact(deps, who, contact.id) for who in (owner, other) * 2))
        assert sorted(answer.renewed for answer in answers) == [False, True, True, True]
        assert await Invitation.filter(contact_id=contact.id, accepted_at=None, cancelled_at=None).count() == 1
        assert await OneTimeToken.filter(contact_id=contact.id, used_at=None, voided_at=None).count() == 1


async def test_two_invite_the_same_new_address(deps: Dependencies) -> None:
    """Enter a new address. Typed twice at once, every answer is an invitation and every link has a contact."""
    owner = await given_owner(deps)
    answers = await asyncio.gather(
        *(invite_address(deps, owner, 'neu@x.example') for _ in range(2)), return_exceptions=True
    )
    assert [answer for answer in answers if not isinstance(answer, Invited)] == []
    assert await Contact.all().count() == 1


async def test_inviting_again_while_the_client_joins_resets_nothing(deps: Dependencies) -> None:
    """Already joined is never a reset. Either the join came first, or the new invitation did."""
    owner, dice = await given_owner(deps), random.Random(1)
    for number in range(ROUNDS):
        invited = await given_invited(deps, owner, f'Client {number}', f'c{number}@x.example')
        joining, again = await together(
            dice,
            redeem_magic_link(deps, a_visitor(f'10.0.0.{number}'), token_of(invited.link)),
            invite_contact(deps, owner, invited.contact_id),
        )
        contact = await Contact.get(id=invited.contact_id)
        if isinstance(joining, SignedIn):
            assert isinstance(again, AlreadyJoined)
            assert contact.joined_at is not None
        else:
            assert isinstance(joining, LinkExpired)
            assert isinstance(again, Invited)


async def test_editing_while_the_client_joins_loses_neither(deps: Dependencies) -> None:
    """A new name and a first sign-in at once: both are there afterwards."""
    owner, dice = await given_owner(deps), random.Random(2)
    for number in range(ROUNDS):
        address = f'c{number}@x.example'
        contact = await given_contact(deps, f'Client {number}', address)
        link = await make_magic_link(deps, owner, contact.id)
        answers = await together(
            dice,
            redeem_magic_link(deps, a_visitor(f'10.0.0.{number}'), token_of(link.url)),
            edit_contact(deps, owner, contact.id, ContactDetails(Kind.PERSON, f'Renamed {number}', address)),
        )
        assert [one for one in answers if isinstance(one, Exception)] == []
        await contact.refresh_from_db()
        assert contact.name == f'Renamed {number}'
        assert contact.joined_at is not None


async def test_moving_the_address_while_the_client_signs_in(deps: Dependencies) -> None:
    """R9: whichever comes first, the old address opens nothing afterwards."""
    owner, dice = await given_owner(deps), random.Random(3)
    for number in range(ROUNDS):
        contact = await given_contact(deps, f'Client {number}', f'old{number}@x.example')
        link = await make_magic_link(deps, owner, contact.id)
        answers = await together(
            dice,
            redeem_magic_link(deps, a_visitor(f'10.0.0.{number}'), token_of(link.url)),
            edit_contact(deps, owner, contact.id, ContactDetails(Kind.PERSON, 'Moved', f'new{number}@x.example')),
        )
        assert [one for one in answers if isinstance(one, Exception) and not isinstance(one, LinkExpired)] == []
        await contact.refresh_from_db()
        assert (contact.email, contact.joined_at) == (f'new{number}@x.example', None)
        assert await ClientSession.all().count() == 0
        assert await OneTimeToken.filter(used_at=None, voided_at=None).count() == 0


async def test_a_link_made_while_access_is_revoked_is_dead(deps: Dependencies) -> None:
    """R13: a link that is made at that moment is refused or dead, not waiting for access to come back."""
    owner, dice = await given_owner(deps), random.Random(4)
    for number in range(ROUNDS):
        contact = await given_contact(deps, f'Client {number}', f'c{number}@x.example')
        await together(
            dice,
            make_magic_link(deps, owner, contact.id),
            send_login_emails(deps, owner, [contact.id]),
            revoke_access(deps, owner, contact.id),
        )
        assert await OneTimeToken.filter(used_at=None, voided_at=None).count() == 0


async def test_login_emails_in_any_order_at_once(deps: Dependencies) -> None:
    """Two staff members mail the same clients in another order: no deadlock, and each client got its two mails."""
    owner, dice = await given_owner(deps), random.Random(5)
    contacts = [(await given_contact(deps, f'Client {one}', f'c{one}@x.example')).id for one in range(8)]
    for _ in range(4):
        answers = await together(
            dice, send_login_emails(deps, owner, contacts), send_login_emails(deps, owner, contacts[::-1])
        )
        assert [one for one in answers if isinstance(one, Exception)] == []
    assert {len(await mails_to(deps, f'c{one}@x.example')) for one in range(8)} == {8}


@deed
async def write_the_result_of_a_mail(deps: Dependencies, mail: OutboxMail, seconds: float) -> None:
    """As the worker does it: the contact first, then the mail."""
    async with unit_of_work(deps):
        await mail_claims.set_email_status([mail.to_address], 'sent')
        await asyncio.sleep(seconds)
        await OutboxMail.filter(id=mail.id).update(last_answer='250 OK')


async def test_a_mail_is_being_sent_while_its_link_dies(deps: Dependencies) -> None:
    """F2: the worker writes what came of a mail while the client signs in otherwise, or is invited anew."""
    owner = await given_owner(deps)
    invited = await given_invited(deps, owner)
    link = await make_magic_link(deps, owner, invited.contact_id)
    again = invite_contact(deps, owner, invited.contact_id)
    for act in (again, redeem_magic_link(deps, a_visitor(), token_of(link.url))):
        mail = await OutboxMail.all().order_by('-id').first()
        assert mail
        result = asyncio.create_task(write_the_result_of_a_mail(deps, mail, 0.1))
        await asyncio.sleep(0.03)
        await asyncio.gather(act, result)
    assert await ClientSession.all().count() == 1


async def test_a_shared_address_is_revoked_while_its_mail_is_sent(deps: Dependencies) -> None:
    """F2, R13: three contacts on one address; the worker writes to all while staff revoke one after the other."""
    owner = await given_owner(deps)
    for _ in range(6):
        contacts = await given_one_login_on_three(deps)
        await send_login_emails(deps, owner, [contact.id for contact in contacts])
        mail = await OutboxMail.all().order_by('-id').first()
        assert mail
        result = asyncio.create_task(write_the_result_of_a_mail(deps, mail, 0.05))
        revoked = [asyncio.create_task(revoke_access(deps, owner, contact.id)) for contact in reversed(contacts)]
        await asyncio.gather(result, *revoked)
        assert not await Contact.filter(id__in=[contact.id for contact in contacts], portal_access=True).exists()
        await Contact.filter(id__in=[contact.id for contact in contacts]).delete()


async def test_an_address_is_given_while_a_login_takes_it_over(deps: Dependencies) -> None:
    """A login that serves nobody makes room at the moment a new contact is given its address: one of them comes second,
    and neither meets a row that is gone."""
    owner, dice = await given_owner(deps), random.Random(6)
    for number in range(ROUNDS):
        address = f'wanted{number}@x.example'
        gone = await given_contact(deps, 'Gone', address)
        await delete_contact(deps, owner, gone.id)
        moving = await given_contact(deps, f'Moving {number}', f'moving{number}@x.example')
        token = await asked_for_address(deps, owner, moving.id, address)
        answers = await together(
            dice,
            confirm_login_address(deps, a_visitor(f'10.1.0.{number}'), token),
            create_contact(deps, owner, ContactDetails(Kind.PERSON, 'New', address)),
        )
        assert [one for one in answers if isinstance(one, Exception) and not isinstance(one, LinkExpired)] == []


async def test_an_address_is_given_while_another_waits_for_the_contact(deps: Dependencies) -> None:
    """Whoever holds a contact that had no login when it began holds the one it has by then: a stale row would leave
    what that login opens."""
    owner, contact = await given_owner(deps), await given_contact(deps, 'Ann', '')
    details = check_details(ContactDetails(Kind.PERSON, 'Ann', 'ann@x.example'))
    is_written, may_end = asyncio.Event(), asyncio.Event()

    @deed
    async def give() -> None:
        async with unit_of_work(deps) as work:
            held = await held_contact(contact.id)
            assert held
            await write_details(work, owner, held, details)
            is_written.set()
            await may_end.wait()

    @deed
    async def hold() -> tuple[int | None, str | None]:
        async with unit_of_work(deps):
            (held,) = await held_contacts([contact.id])
            return held.login_id, held.email

    giving = asyncio.create_task(give())
    await is_written.wait()
    holding = asyncio.create_task(hold())
    done, _ = await asyncio.wait({holding}, timeout=0.3)
    may_end.set()
    await giving
    assert not done
    assert await holding == ((await Login.get(email='ann@x.example')).id, 'ann@x.example')
