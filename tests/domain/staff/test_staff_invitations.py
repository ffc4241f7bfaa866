"""Asking somebody into the team, and joining it."""

import asyncio

import pytest

from domain.access.magic_links import redeem_magic_link
from domain.access.one_time_tokens import Purpose
from domain.actors import Role
from domain.audit import AuditKind
from domain.authorization import Permission, authorise
from domain.contacts.invitations import invite_contact
from domain.dependencies import Dependencies
from domain.errors import (
    AddressInvalid,
    DeadLink,
    LinkExpired,
    NotAllowed,
    PasswordTooShort,
    PasswordTooWeak,
    RateLimited,
    SignInRefused,
    StaffAddressTaken,
    TextInvalid,
)
from domain.events import TeamChanged
from domain.mail.states import MailKind
from domain.staff.staff_invitations import accept_staff_invitation, invite_staff, look_at_staff_link
from domain.staff.staff_passwords import reset_staff_password
from domain.staff.staff_sign_in import sign_in_staff
from domain.staff.team import disable_staff, enable_staff
from storage.models import Contact, Login, OneTimeToken, StaffMember, StaffSession
from tests.domain.staff.given import BEA, all_but_counters, given_staff_invitation, signed_in, token_in
from tests.factories import (
    a_visitor,
    audit_rows,
    every_row,
    everything_stored,
    given_contact,
    given_owner,
    given_staff,
    heard,
    later,
    newest_mail,
    token_of,
    visitors,
)
from tests.factories import (
    signed_in as client_signed_in,
)
from tests.support.clock import FixedClock

OWN = 'a quiet harbour at dawn'


async def dead(deps: Dependencies, token: str) -> DeadLink:
    with pytest.raises(LinkExpired) as refused:
        await accept_staff_invitation(deps, a_visitor(), token, OWN)
    return refused.value.reason


async def test_an_invitation_is_mailed_accepted_and_opens_the_door(deps: Dependencies) -> None:
    """R6, R21: the member chooses its own password; nobody else ever has one for it."""
    owner = await given_owner(deps, name='Olga Owner')
    told = heard(deps, TeamChanged)
    invited = await invite_staff(deps, owner, ' Bea  Lund ', 'BEA@firm.example', Role.ADMIN)
    assert (invited.name, invited.email, invited.renewed) == ('Bea Lund', BEA, False)
    mail = await newest_mail(deps, BEA)
    assert (mail.row.kind, 'Olga Owner' in mail.text, '7 days' in mail.text) == (MailKind.STAFF_INVITATION, True, True)
    with pytest.raises(SignInRefused):
        await sign_in_staff(deps, a_visitor(), BEA, '')
    token = token_in(mail)
    link = await look_at_staff_link(deps, token, Purpose.STAFF_INVITATION)
    assert (link.name, link.email, link.role) == ('Bea Lund', BEA, Role.ADMIN)
    bea = await signed_in(deps, await accept_staff_invitation(deps, a_visitor(), token, OWN))
    assert (bea.name, bea.role) == ('Bea Lund', Role.ADMIN)
    await authorise(deps, bea, Permission.MANAGE_TEAM)
    await sign_in_staff(deps, a_visitor(), BEA, OWN)
    assert told.count(TeamChanged((bea.staff_id,))) >= 2
    (invited_row,), (joined_row,) = await audit_rows(AuditKind.STAFF_INVITED), await audit_rows(AuditKind.STAFF_JOINED)
    assert (invited_row.actor_name, invited_row.detail['role']) == ('Olga Owner', 'admin')
    assert (joined_row.actor_name, joined_row.staff_id, joined_row.ip) == ('Bea Lund', bea.staff_id, '203.0.113.7')
    stored = await everything_stored()
    assert token not in stored and OWN not in stored


async def test_the_link_works_once(deps: Dependencies) -> None:
    """R3: twenty at once are one member with one session."""
    token = await given_staff_invitation(deps, await given_owner(deps))
    tries = [accept_staff_invitation(deps, visitor, token, OWN) for visitor in visitors(20)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, str) for answer in answers) == 1
    assert sum(isinstance(answer, LinkExpired) for answer in answers) == 19
    bea = await StaffMember.get(email=BEA)
    assert await StaffSession.filter(staff_id=bea.id).count() == 1
    assert await dead(deps, token) is DeadLink.USED


async def test_seven_days_and_not_a_moment_longer(deps: Dependencies, clock: FixedClock) -> None:
    """R6, R7."""
    token = await given_staff_invitation(deps, await given_owner(deps))
    later(clock, days=7, seconds=-1)
    await look_at_staff_link(deps, token, Purpose.STAFF_INVITATION)
    later(clock, seconds=1)
    assert await dead(deps, token) is DeadLink.EXPIRED
    assert await dead(deps, 'made up') is DeadLink.UNKNOWN


async def test_inviting_again_renews_and_the_older_link_dies(deps: Dependencies, clock: FixedClock) -> None:
    """R8: one member, one living link; name and role are those of the newest."""
    owner = await given_owner(deps)
    old = await given_staff_invitation(deps, owner)
    later(clock, minutes=10)
    again = await invite_staff(deps, owner, 'Beate Lund', BEA, Role.ADMIN)
    assert again.renewed
    assert await dead(deps, old) is DeadLink.REPLACED
    token = token_in(await newest_mail(deps, BEA))
    bea = await signed_in(deps, await accept_staff_invitation(deps, a_visitor(), token, OWN))
    assert (bea.name, bea.role) == ('Beate Lund', Role.ADMIN)
    assert await StaffMember.filter(email=BEA).count() == 1


async def test_looking_uses_nothing(deps: Dependencies) -> None:
    """R10."""
    token = await given_staff_invitation(deps, await given_owner(deps))
    before = await every_row()
    for _ in range(5):
        await look_at_staff_link(deps, token, Purpose.STAFF_INVITATION)
    assert await every_row() == before


async def test_a_link_is_for_one_thing(deps: Dependencies) -> None:
    """R9: an invitation resets no password, and opens no portal."""
    token = await given_staff_invitation(deps, await given_owner(deps))
    with pytest.raises(LinkExpired):
        await reset_staff_password(deps, a_visitor(), token, OWN)
    with pytest.raises(LinkExpired):
        await redeem_magic_link(deps, a_visitor(), token)
    await accept_staff_invitation(deps, a_visitor(), token, OWN)


async def test_a_poor_password_does_not_use_the_link_up(deps: Dependencies) -> None:
    """R14, R16: twelve characters, hard to guess, also by who knows the name."""
    token = await given_staff_invitation(deps, await given_owner(deps), name='Beatrice Lundgren')
    before = (await every_row())['one_time_token']
    for password, error in (('beatricelundgren', PasswordTooWeak), ('short', PasswordTooShort)):
        with pytest.raises(error):
            await accept_staff_invitation(deps, a_visitor(), token, password)
    assert (await every_row())['one_time_token'] == before
    await accept_staff_invitation(deps, a_visitor(), token, OWN)


async def test_what_cannot_be_invited(deps: Dependencies) -> None:
    """A member who has joined, or was disabled, is not invited anew; a typed error for each field."""
    owner, member = await given_owner(deps), await given_staff(deps)
    for name, email, error in (
        ('Sam', member.email, StaffAddressTaken),
        (' ', BEA, TextInvalid),
        ('Bea', 'bea at firm', AddressInvalid),
    ):
        before = await all_but_counters()
        with pytest.raises(error):
            await invite_staff(deps, owner, name, email, Role.STAFF)
        assert await all_but_counters() == before
    await disable_staff(deps, owner, member.staff_id)
    with pytest.raises(StaffAddressTaken):
        await invite_staff(deps, owner, 'Sam', member.email, Role.STAFF)


async def test_disabled_before_joining(deps: Dependencies) -> None:
    """R13: the link is dead, and stays so after enabling; a new invitation is needed."""
    owner = await given_owner(deps)
    token = await given_staff_invitation(deps, owner)
    bea = await StaffMember.get(email=BEA)
    await disable_staff(deps, owner, bea.id)
    assert await dead(deps, token) is DeadLink.CANCELLED
    await enable_staff(deps, owner, bea.id)
    assert await dead(deps, token) is DeadLink.CANCELLED
    await accept_staff_invitation(deps, a_visitor(), await given_staff_invitation(deps, owner), OWN)


async def test_a_client_with_a_member_s_address_stays_a_client(deps: Dependencies) -> None:
    """R57: inviting a client never gives rights of staff, nor does being staff open the portal: two logins, apart."""
    owner = await given_owner(deps)
    contact = await given_contact(deps, 'Bea Lund', BEA, access=False)
    invited = await invite_contact(deps, owner, contact.id)
    assert await StaffMember.filter(email=BEA).count() == 0
    client = await client_signed_in(deps, await redeem_magic_link(deps, a_visitor(), token_of(invited.link)))  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        await authorise(deps, client, Permission.SEE_CONTACTS)
    token = await given_staff_invitation(deps, owner)
    with pytest.raises(LinkExpired):
        await redeem_magic_link(deps, a_visitor(), token)
    bea = await signed_in(deps, await accept_staff_invitation(deps, a_visitor(), token, OWN))
    assert (await Login.get(email=BEA)).password_hash is None, 'the staff password is no password of the client'
    await disable_staff(deps, owner, bea.staff_id)
    assert (await Contact.get(id=contact.id)).portal_access, 'disabling a member takes nothing from the client'
    with pytest.raises(NotAllowed):
        await authorise(deps, client, Permission.SEE_CONTACTS)


async def test_guessing_is_bounded(deps: Dependencies) -> None:
    """R46: per network."""
    with pytest.raises(RateLimited):
        for _ in range(200):
            with pytest.raises(LinkExpired):
                await accept_staff_invitation(deps, a_visitor(), 'guess', OWN)
    assert await OneTimeToken.all().count() == 0
