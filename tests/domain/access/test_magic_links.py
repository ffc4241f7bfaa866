"""Links: looked at as often as one likes, used once, by hand or by mail, for a while."""

import base64
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from domain.access.magic_links import ask_for_new_link, look_at_link, make_magic_link, redeem_magic_link
from domain.access.rate_limits import Limits
from domain.audit import AuditKind
from domain.contacts.directory import delete_contact, edit_contact
from domain.contacts.new_contact import ContactDetails, Kind
from domain.contacts.portal_access import revoke_access
from domain.dependencies import Dependencies, SystemRandomness
from domain.errors import ContactNotFound, DeadLink, DomainError, LinkExpired, NoAccess, NoAddress, RateLimited
from domain.events import ContactsChanged, SignedInEvent
from domain.portal.portal_settings import Portal, change_portal
from domain.staff.owner import open_setup
from storage.models import AuditEvent, ClientSession, Login, OneTimeToken, OutboxMail
from tests.factories import (
    a_visitor,
    audit_rows,
    every_row,
    everything_stored,
    given_contact,
    given_invited,
    given_joined_client,
    given_owner,
    given_staff,
    heard,
    later,
    mails_to,
    newest_mail,
    token_in,
    token_of,
    visitors,
    with_settings,
)
from tests.support.clock import FixedClock


async def why(deps: Dependencies, token: str) -> DeadLink:
    """Why redeeming fails; looking must give the same reason."""
    with pytest.raises(LinkExpired) as seen:
        await look_at_link(deps, token)
    with pytest.raises(LinkExpired) as refused:
        await redeem_magic_link(deps, a_visitor(), token)
    assert seen.value == refused.value
    return refused.value.reason


def test_a_token_has_256_random_bits() -> None:
    """R1: 32 bytes, base64url without padding, never twice."""
    tokens = {SystemRandomness().token() for _ in range(500)}
    assert len(tokens) == 500
    for token in tokens:
        assert re.fullmatch(r'[A-Za-z0-9_-]{43}', token)
        assert len(base64.urlsafe_b64decode(token + '=')) == 32


async def test_a_link_signs_in_once(deps: Dependencies) -> None:
    """R3: one claim, one session; the second click is told that the link was used."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    link = await make_magic_link(deps, owner, contact.id)
    signed = await redeem_magic_link(deps, a_visitor('192.0.2.9', user_agent='Firefox'), token_of(link.url))
    session = await ClientSession.get()
    assert (session.id, session.login_id, session.contact_id) == (signed.session_id, signed.login_id, contact.id)
    assert (session.ip, session.user_agent, session.method) == ('192.0.2.9', 'Firefox', 'magic_link')
    assert await why(deps, token_of(link.url)) is DeadLink.USED
    assert await ClientSession.all().count() == 1


async def test_looking_changes_nothing(deps: Dependencies) -> None:
    """R10: a mail scanner may look at a link a hundred times; it is as good as new afterwards."""
    owner = await given_owner(deps, name='Olga Brandt')
    invited = await given_invited(deps, owner, message='See you inside.')
    token = token_of(invited.link)
    before = await every_row()
    views = [await look_at_link(deps, token) for _ in range(100)]
    assert await every_row() == before
    assert len(set(views)) == 1
    assert views[0].masked_address == 'c•••@weiss.example'
    assert (views[0].invited_by, views[0].message) == ('Olga Brandt', 'See you inside.')
    assert (views[0].contact_name, views[0].is_invitation) == ('Clara Weiss', True)
    assert views[0].seconds_left == 7 * 86_400
    await redeem_magic_link(deps, a_visitor(), token)


@pytest.mark.parametrize(
    ('base_url', 'start'), [('', 'http://127.0.0.1:8080'), ('https://door.example', 'https://door.example')]
)
async def test_links_are_built_from_the_settings(deps: Dependencies, base_url: str, start: str) -> None:
    """R12: host and scheme come from the settings and from nowhere else, on screen and in every mail."""
    deps = with_settings(deps, base_url=base_url)
    owner = await given_owner(deps)
    invited = await given_invited(deps, owner)
    link = await make_magic_link(deps, owner, invited.contact_id)
    mailed = (await newest_mail(deps, 'clara@weiss.example')).text
    for url in (invited.link, link.url, *re.findall(r'https?://\S+', mailed)):
        assert url.startswith(f'{start}/sign-in/link/')
        assert not urlsplit(url).query, 'nothing of the token where a proxy logs it'


async def test_only_the_hash_is_stored(deps: Dependencies) -> None:
    """R2, R32: no table holds a raw token, a raw session id or the secret of a browser."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    link = await make_magic_link(deps, owner, contact.id)
    invited = await given_invited(deps, owner, 'Ben Amsel', 'ben@amsel.example')
    setup = await open_setup(deps)
    signed = await redeem_magic_link(deps, a_visitor(browser='the-secret-of-this-browser'), token_of(link.url))
    stored = await everything_stored()
    assert setup
    for secret in (token_of(link.url), token_of(invited.link), setup, signed.raw_session, 'the-secret-of-this-browser'):
        assert secret not in stored
    assert {len(row.token_hash) for row in await OneTimeToken.all()} == {64}
    assert (await ClientSession.get()).token_hash in stored, 'the scan sees what is there'


@pytest.mark.parametrize('minutes', [5, 15, 60])
async def test_a_sign_in_link_lives_as_long_as_the_firm_says(
    deps: Dependencies, clock: FixedClock, minutes: int
) -> None:
    """R4, R7: the firm's setting; a second before the end it works, at the end it does not, and no job has to run."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    await change_portal(deps, owner, Portal('Holm & Partner', False, minutes, 7))
    link, late = [await make_magic_link(deps, owner, contact.id) for _ in range(2)]
    assert link.lifetime == timedelta(minutes=minutes)
    assert link.expires_at == clock.now() + timedelta(minutes=minutes)
    later(clock, minutes=minutes, seconds=-1)
    assert (await look_at_link(deps, token_of(late.url))).seconds_left == 1
    later(clock, seconds=1)
    assert await why(deps, token_of(late.url)) is DeadLink.EXPIRED
    clock.set(link.expires_at - timedelta(seconds=1))
    await redeem_magic_link(deps, a_visitor(), token_of(link.url))


async def test_an_unset_lifetime_is_a_quarter_of_an_hour(deps: Dependencies) -> None:
    """R4: 15 minutes unless the firm says otherwise."""
    link = await make_magic_link(deps, await given_owner(deps), (await given_contact(deps)).id)
    assert link.lifetime == timedelta(minutes=15)


async def test_an_invitation_is_a_key_for_the_first_sign_in_only(deps: Dependencies, clock: FixedClock) -> None:
    """R6: 7 days, and used up by the first sign-in."""
    owner = await given_owner(deps)
    invited = await given_invited(deps, owner)
    other = await given_invited(deps, owner, 'Ben Amsel', 'ben@amsel.example')
    assert invited.expires_at == clock.now() + timedelta(days=7)
    later(clock, days=7, seconds=-1)
    await redeem_magic_link(deps, a_visitor(), token_of(invited.link))
    assert await why(deps, token_of(invited.link)) is DeadLink.USED
    later(clock, seconds=1)
    assert await why(deps, token_of(other.link)) is DeadLink.EXPIRED


async def test_three_links_live_and_using_one_voids_the_rest(deps: Dependencies) -> None:
    """R8: the fourth link replaces the first; after one was used the other two are dead."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    links = [token_of((await make_magic_link(deps, owner, contact.id)).url) for _ in range(4)]
    assert await why(deps, links[0]) is DeadLink.REPLACED
    for token in links[1:]:
        await look_at_link(deps, token)
    await redeem_magic_link(deps, a_visitor(), links[2])
    assert [await why(deps, token) for token in links[1:]] == [DeadLink.USED] * 3


async def test_dead_links_do_not_count_towards_the_three(deps: Dependencies, clock: FixedClock) -> None:
    """R8: three live links; what expired makes room."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    for _ in range(3):
        await make_magic_link(deps, owner, contact.id)
    later(clock, minutes=15)
    fresh = [token_of((await make_magic_link(deps, owner, contact.id)).url) for _ in range(3)]
    for token in fresh:
        await look_at_link(deps, token)


async def test_the_links_of_others_are_left_alone(deps: Dependencies) -> None:
    """R8 is per login: neither the limit nor the use of a link touches another client."""
    owner = await given_owner(deps)
    clara, ben = await given_contact(deps), await given_contact(deps, 'Ben Amsel', 'ben@amsel.example')
    of_ben = token_of((await make_magic_link(deps, owner, ben.id)).url)
    links = [token_of((await make_magic_link(deps, owner, clara.id)).url) for _ in range(4)]
    await redeem_magic_link(deps, a_visitor(), links[-1])
    await redeem_magic_link(deps, a_visitor(), of_ben)


async def test_a_token_of_another_purpose_does_not_sign_in(deps: Dependencies) -> None:
    """R9: the purpose is part of the look-up; the set-up link is no key for a client."""
    setup = await open_setup(deps)
    assert setup
    with pytest.raises(LinkExpired):
        await redeem_magic_link(deps, a_visitor(), setup)
    with pytest.raises(LinkExpired) as seen:
        await look_at_link(deps, setup)
    assert seen.value.reason is DeadLink.UNKNOWN
    assert (await OneTimeToken.get()).used_at is None


async def test_nonsense_is_an_unknown_link(deps: Dependencies) -> None:
    """R3: whatever stands where a token should be, the answer is the one dead page."""
    for token in ('', 'x', 'a' * 5_000, '../../etc', "' OR 1=1 --", '\x00', 'ünï', '\ud800'):
        assert await why(deps, token) is DeadLink.UNKNOWN, token


async def test_a_changed_address_voids_every_link(deps: Dependencies) -> None:
    """R9: invitation, made link and mailed link die with the address they were bound to."""
    owner = await given_owner(deps)
    invited = await given_invited(deps, owner)
    made = await make_magic_link(deps, owner, invited.contact_id)
    details = ContactDetails(Kind.PERSON, 'Clara Weiss', 'clara@neu.example')
    await edit_contact(deps, owner, invited.contact_id, details)
    for url in (invited.link, made.url):
        assert await why(deps, token_of(url)) is DeadLink.CANCELLED


@pytest.mark.parametrize('deed', [revoke_access, delete_contact])
async def test_revoking_and_deleting_kill_links_and_sessions(deps: Dependencies, deed) -> None:  # type: ignore[no-untyped-def]
    """R13: invitation, links and sessions; a link that is dead says nothing but that it is."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    made = await make_magic_link(deps, owner, client.contact_id)
    await deed(deps, owner, client.contact_id)
    assert await why(deps, token_of(made.url)) is DeadLink.CANCELLED
    assert await ClientSession.all().count() == 0


async def test_who_cannot_get_a_link(deps: Dependencies) -> None:
    """`Generate Magic Link`: a typed error for each reason, and no token is left behind."""
    owner = await given_owner(deps)
    without_address = await given_contact(deps, 'No Mail', '')
    without_access = await given_contact(deps, 'No Access', 'no@access.example', access=False)
    cases: list[tuple[int, DomainError]] = [
        (without_address.id, NoAddress(without_address.id, 'No Mail')),
        (without_access.id, NoAccess(without_access.id, 'No Access')),
        (4711, ContactNotFound(4711)),
    ]
    for contact_id, error in cases:
        with pytest.raises(type(error)) as raised:
            await make_magic_link(deps, owner, contact_id)
        assert raised.value == error
    assert await OneTimeToken.all().count() == 0
    assert await audit_rows(AuditKind.LINK_MADE) == []


async def test_making_a_link_is_recorded_and_mails_nobody(deps: Dependencies) -> None:
    """R59: who made it, for whom, from where; the link itself is only on the screen."""
    staff = await given_staff(deps, name='Sam Keller')
    contact = await given_contact(deps)
    link = await make_magic_link(deps, staff, contact.id)
    (row,) = await audit_rows(AuditKind.LINK_MADE)
    assert (row.actor_kind, row.actor_id, row.actor_name) == ('staff', staff.staff_id, 'Sam Keller')
    assert (row.contact_id, row.contact_name, row.ip, row.user_agent) == (
        contact.id, 'Clara Weiss', '198.51.100.1', 'Staff/1',
    )  # fmt: skip
    assert (link.contact_id, link.contact_name) == (contact.id, 'Clara Weiss')
    assert await OutboxMail.all().count() == 0


async def test_the_dialog_learns_which_link_was_used(deps: Dependencies) -> None:
    """`Generate Magic Link`: the dialog says it the moment the client uses the link."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    link = await make_magic_link(deps, owner, contact.id)
    told = heard(deps, SignedInEvent, ContactsChanged)
    signed = await redeem_magic_link(deps, a_visitor(), token_of(link.url))
    (event,) = [one for one in told if isinstance(one, SignedInEvent)]
    assert (event.token_id, event.session_id, event.login_id) == (link.token_id, signed.session_id, signed.login_id)
    assert event.contact_ids == (contact.id,)
    assert ContactsChanged((contact.id,)) in told


async def test_the_first_sign_in_joins_and_the_next_does_not_join_again(deps: Dependencies, clock: FixedClock) -> None:
    """Joined: the login has signed in at least once since the contact got access."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    first = clock.now()
    for _ in range(2):
        link = await make_magic_link(deps, owner, contact.id)
        await redeem_magic_link(deps, a_visitor(), token_of(link.url))
        later(clock, hours=1)
    await contact.refresh_from_db()
    assert contact.joined_at == first
    assert len(await audit_rows(AuditKind.JOINED)) == 1
    assert len(await audit_rows(AuditKind.SIGNED_IN)) == 2
    login = await Login.get()
    assert (login.last_sign_in_at, login.last_sign_in_method) == (first + timedelta(hours=1), 'magic_link')


async def test_a_dead_link_gets_a_new_mail_to_the_address_on_file(deps: Dependencies, clock: FixedClock) -> None:
    """A dead link says so and offers a new one: to the address on file, which nobody has to type."""
    owner = await given_owner(deps)
    invited = await given_invited(deps, owner)
    later(clock, days=8)
    await ask_for_new_link(deps, a_visitor(browser='b'), token_of(invited.link))
    mail = await newest_mail(deps, 'clara@weiss.example')
    assert mail.row.kind == 'sign_in'
    await redeem_magic_link(deps, a_visitor(), token_in(mail))


@pytest.mark.parametrize('after', ['unknown', 'revoked', 'deleted'])
async def test_asking_again_tells_nobody_whether_there_was_one(deps: Dependencies, after: str) -> None:
    """R41: the same answer, nothing thrown and nothing mailed for an unknown link or a closed door."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    token = token_of((await make_magic_link(deps, owner, contact.id)).url)
    if after == 'revoked':
        await revoke_access(deps, owner, contact.id)
    elif after == 'deleted':
        await delete_contact(deps, owner, contact.id)
    assert await ask_for_new_link(deps, a_visitor(browser='b'), 'never-made' if after == 'unknown' else token) is None
    assert await mails_to(deps, 'clara@weiss.example') == []


async def test_links_are_tried_at_a_bounded_rate(deps: Dependencies, clock: FixedClock) -> None:
    """R46: per address, and per /64 in IPv6; the refusal says when to come back."""
    most = Limits.LINK_PER_IP.value.most
    neighbours = [a_visitor(f'2001:db8:1:1::{number:x}') for number in range(most + 1)]
    for visitor in neighbours[:most]:
        with pytest.raises(LinkExpired):
            await redeem_magic_link(deps, visitor, 'guess')
    later(clock, seconds=20)
    with pytest.raises(RateLimited) as refused:
        await redeem_magic_link(deps, neighbours[-1], 'guess')
    assert refused.value.retry_after == 40
    with pytest.raises(LinkExpired):
        await redeem_magic_link(deps, a_visitor('2001:db8:1:2::1'), 'guess')
    later(clock, seconds=40)
    with pytest.raises(LinkExpired):
        await redeem_magic_link(deps, neighbours[-1], 'guess')


async def test_nobody_is_signed_in_who_may_not_enter(deps: Dependencies) -> None:
    """R13: even a link that somehow stayed alive opens nothing once access is off, and is not used up by the try."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    link = await make_magic_link(deps, owner, contact.id)
    contact.portal_access = False
    await contact.save(update_fields=['portal_access'])
    with pytest.raises(LinkExpired) as refused:
        await redeem_magic_link(deps, visitors(1)[0], token_of(link.url))
    assert refused.value.reason is not DeadLink.USED
    assert await ClientSession.all().count() == 0
    assert (await OneTimeToken.get()).used_at is None
    assert await AuditEvent.filter(kind=AuditKind.SIGNED_IN.value).count() == 0
