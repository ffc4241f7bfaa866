"""Choosing a new password by a link in a mail: asked for at the door, or sent by staff."""

import asyncio
import re
from datetime import timedelta

import pytest

from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.password_resets import (
    ask_for_new_reset,
    ask_for_reset,
    look_at_reset,
    reset_password,
    send_password_reset,
)
from domain.access.password_sign_in import sign_in_with_password
from domain.access.passwords import change_password
from domain.access.security_mode import change_mode
from domain.access.security_policy import SecurityMode
from domain.access.sign_in import SecondStepRequired, SignedIn
from domain.access.sign_in_codes import ask_for_sign_in
from domain.actors import Role
from domain.audit import AuditKind
from domain.contacts.portal_access import revoke_access
from domain.dependencies import Dependencies
from domain.errors import (
    ContactNotFound,
    DeadLink,
    LinkExpired,
    NoAccess,
    NoAddress,
    NoLogin,
    PasswordsOff,
    PasswordTooShort,
    PasswordTooWeak,
    RateLimited,
)
from domain.events import ClientSessionsEnded, LoginChanged
from storage.models import ClientSession, Contact, Login, OneTimeToken, OutboxMail, PendingSignIn
from tests.factories import (
    ReadMail,
    a_visitor,
    audit_rows,
    come_in,
    every_row,
    everything_stored,
    given_contact,
    given_joined_client,
    given_one_login_on_three,
    given_owner,
    given_staff,
    heard,
    later,
    mails_to,
    newest_mail,
    token_of,
    visitors,
)
from tests.support.clock import FixedClock

CLARA = 'clara@weiss.example'
OLD, NEW = 'mond kaffee leiter', 'sieben rote wolken'


def token_in(mail: ReadMail) -> str:
    """The token of a reset mail, the same in both of its parts."""
    (link,) = set(re.findall(r'https?://\S+/reset-password/[\w-]+', mail.text))
    assert link in mail.html
    return token_of(link)


async def asked(deps: Dependencies, email: str = CLARA) -> str:
    """Ask for a reset; its token."""
    await ask_for_reset(deps, a_visitor(), email)
    return token_in(await newest_mail(deps, email))


async def given_password(deps: Dependencies) -> int:
    """Clara, who has set a password; the id of her login."""
    client = await given_joined_client(deps, await given_owner(deps))
    await change_password(deps, client.actor, '', OLD)
    return client.actor.login_id


async def contact_of_clara() -> int:
    return int((await Contact.get(email=CLARA)).id)


async def is_dead(deps: Dependencies, token: str, why: DeadLink) -> None:
    """The link opens nothing, looked at or used."""
    for act in (look_at_reset(deps, token), reset_password(deps, a_visitor(), token, NEW)):
        with pytest.raises(LinkExpired) as told:
            await act
        assert told.value.reason is why


async def test_a_reset_by_mail(deps: Dependencies) -> None:
    """R20, R21: the mail holds a link and no password; with it a new one is chosen, and the old one is gone."""
    await given_password(deps)
    token = await asked(deps)
    view = await look_at_reset(deps, token)
    assert (view.masked_address, view.is_first, view.least) == ('c•••@weiss.example', False, 12)
    await reset_password(deps, a_visitor('192.0.2.4'), token, NEW)
    assert isinstance(await sign_in_with_password(deps, a_visitor(), CLARA, NEW), SignedIn)
    (row,) = await audit_rows(AuditKind.PASSWORD_RESET)
    assert (row.actor_kind, row.ip, row.actor_name) == ('visitor', '192.0.2.4', 'Clara Weiss')
    stored = await everything_stored()
    assert not any(one in stored for one in (OLD, NEW, token))


async def test_a_reset_signs_nobody_in_and_ends_what_was(deps: Dependencies) -> None:
    """R20, R37: all sessions, half-finished sign-ins and links of the login end; the address is told."""
    login_id = await given_password(deps)
    owner = await given_owner(deps)
    await come_in(deps, owner, 1, a_visitor('203.0.113.8'))
    link = await make_magic_link(deps, owner, 1)
    await PendingSignIn.create(
        token_hash='p', login_id=login_id, method='code', created_at=deps.clock.now(),
        expires_at=deps.clock.now().replace(year=2030),
    )  # fmt: skip
    token = await asked(deps)
    ended, changed = heard(deps, ClientSessionsEnded), heard(deps, LoginChanged)
    await reset_password(deps, a_visitor(), token, NEW)
    assert await ClientSession.all().count() == await PendingSignIn.all().count() == 0
    assert len(ended[0].session_ids) == 2
    assert changed == [LoginChanged(login_id)]
    with pytest.raises(LinkExpired):
        await redeem_magic_link(deps, a_visitor(), token_of(link.url))
    mail = await newest_mail(deps, CLARA)
    assert (mail.row.kind, mail.row.subject[:25]) == ('notice', 'Your password was changed')
    assert NEW not in mail.text


async def test_a_reset_leaves_the_second_factor_alone(deps: Dependencies) -> None:
    """R20, R30: whoever reads the mail alone does not come in."""
    login_id = await given_password(deps)
    await Login.filter(id=login_id).update(totp_enrolled_at=deps.clock.now(), totp_last_step=7)
    await reset_password(deps, a_visitor(), await asked(deps), NEW)
    login = await Login.get(id=login_id)
    assert (login.totp_enrolled_at, login.totp_last_step) == (deps.clock.now(), 7)
    assert isinstance(await sign_in_with_password(deps, a_visitor(), CLARA, NEW), SecondStepRequired)


async def test_a_reset_sets_a_first_password(deps: Dependencies) -> None:
    """R19: the link is as fresh a proof as there is, for a login that has none yet."""
    await given_contact(deps)
    token = await asked(deps)
    assert (await look_at_reset(deps, token)).is_first
    await reset_password(deps, a_visitor(), token, NEW)
    assert isinstance(await sign_in_with_password(deps, a_visitor(), CLARA, NEW), SignedIn)


async def test_a_link_works_once_and_for_thirty_minutes(deps: Dependencies, clock: FixedClock) -> None:
    """R5, R7: and looking never uses it up (R10)."""
    await given_password(deps)
    token = await asked(deps)
    later(clock, minutes=29, seconds=59)
    for _ in range(5):
        await look_at_reset(deps, token)
    await reset_password(deps, a_visitor(), token, NEW)
    await is_dead(deps, token, DeadLink.USED)
    token = await asked(deps)
    later(clock, minutes=30)
    await is_dead(deps, token, DeadLink.EXPIRED)
    await is_dead(deps, 'x' * 43, DeadLink.UNKNOWN)


async def test_many_clicks_at_once_are_one_password(deps: Dependencies) -> None:
    """R3: whoever claims the link has it."""
    await given_contact(deps)
    token = await asked(deps)
    tries = [reset_password(deps, visitor, token, f'{NEW} {number}') for number, visitor in enumerate(visitors(18))]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(one is None for one in answers) == 1
    assert sum(isinstance(one, LinkExpired) for one in answers) == 17
    assert len(await audit_rows(AuditKind.PASSWORD_RESET)) == 1


async def test_a_new_link_voids_the_older(deps: Dependencies, clock: FixedClock) -> None:
    """R8: whether the client or staff have it sent; sign-in links stay."""
    await given_password(deps)
    owner = await given_owner(deps)
    sign_in_link = await make_magic_link(deps, owner, 1)
    first = await asked(deps)
    later(clock, minutes=1)
    second = await asked(deps)
    await is_dead(deps, first, DeadLink.REPLACED)
    await send_password_reset(deps, owner, 1)
    await is_dead(deps, second, DeadLink.REPLACED)
    assert isinstance(await redeem_magic_link(deps, a_visitor(), token_of(sign_in_link.url)), SignedIn)
    assert (await OutboxMail.filter(kind='password_reset').order_by('id').first()).body is None  # type: ignore[union-attr]


async def test_a_link_is_good_for_nothing_else(deps: Dependencies) -> None:
    """R9: bound to its purpose: a reset signs nobody in, a sign-in link resets nothing."""
    await given_password(deps)
    reset, sign_in_link = await asked(deps), await make_magic_link(deps, await given_owner(deps), 1)
    with pytest.raises(LinkExpired):
        await redeem_magic_link(deps, a_visitor(), reset)
    await is_dead(deps, token_of(sign_in_link.url), DeadLink.UNKNOWN)
    assert (await look_at_reset(deps, reset)).least == 12


async def test_a_link_belongs_to_its_address(deps: Dependencies) -> None:
    """R9: once the login has another address, a link that went to the old one opens nothing."""
    login_id = await given_password(deps)
    token = await asked(deps)
    await Login.filter(id=login_id).update(email='new@x.example')
    await is_dead(deps, token, DeadLink.CANCELLED)


async def test_revoking_kills_a_reset(deps: Dependencies) -> None:
    """R13: asked for or sent."""
    await given_password(deps)
    owner = await given_owner(deps)
    token = await asked(deps)
    await revoke_access(deps, owner, 1)
    await is_dead(deps, token, DeadLink.CANCELLED)


async def test_a_refused_password_does_not_use_the_link_up(deps: Dependencies) -> None:
    """R14, R16, R20: weak, short, or made of one's own name; then a good one goes through."""
    await given_password(deps)
    token = await asked(deps)
    for password, error in (
        ('short', PasswordTooShort),
        ('x' * 20, PasswordTooWeak),
        ('Clara Weiss 12', PasswordTooWeak),
    ):
        with pytest.raises(error):
            await reset_password(deps, a_visitor(), token, password)
    await reset_password(deps, a_visitor(), token, NEW)


async def test_guessing_links_is_limited(deps: Dependencies) -> None:
    """R43: per network."""
    for _ in range(20):
        with pytest.raises(LinkExpired):
            await reset_password(deps, a_visitor(), 'guess', NEW)
    with pytest.raises(RateLimited):
        await reset_password(deps, a_visitor(), 'guess', NEW)
    with pytest.raises(LinkExpired):
        await reset_password(deps, a_visitor('192.0.2.1'), 'guess', NEW)


# ── Asking ───────────────────────────────────────────────────────────────────


async def test_asking_is_the_same_for_every_address(deps: Dependencies) -> None:
    """R41: nothing returned, nothing thrown; only a login that may enter is mailed."""
    owner = await given_owner(deps)
    await given_contact(deps, 'Never', 'never@x.example', access=False)
    await given_contact(deps, 'Revoked', 'revoked@x.example', revoked_by=owner)
    await given_contact(deps)
    for email in ('never@x.example', 'revoked@x.example', 'unknown@x.example', '', 'nonsense', CLARA):
        assert await ask_for_reset(deps, a_visitor(), email) is None
    assert [row.to_address for row in await OutboxMail.all()] == [CLARA]
    assert await OneTimeToken.filter(purpose='reset').count() == 1


async def test_one_mail_a_minute_and_ten_a_day(deps: Dependencies, clock: FixedClock) -> None:
    """R47: per address, and apart from sign-in mail, so that neither stands in the other's way (R48)."""
    await given_contact(deps)
    await ask_for_sign_in(deps, a_visitor(browser='b'), CLARA)
    await asyncio.gather(*(ask_for_reset(deps, visitor, CLARA) for visitor in visitors(10)))
    assert len(await mails_to(deps, CLARA)) == 2
    for _ in range(15):
        later(clock, minutes=1)
        await ask_for_reset(deps, a_visitor(), CLARA)
    assert await OutboxMail.filter(kind='password_reset').count() == 10


async def test_a_dead_link_asks_for_a_new_one(deps: Dependencies, clock: FixedClock) -> None:
    """CONTRACT: a form that asks for a new one; it goes to the address on file, which is not told (R41)."""
    await given_password(deps)
    token = await asked(deps)
    later(clock, minutes=31)
    await ask_for_new_reset(deps, a_visitor(), token)
    assert token_in(await newest_mail(deps, CLARA)) != token
    before = await every_row()
    await ask_for_new_reset(deps, a_visitor(), 'unknown')
    assert await every_row() == before


async def test_asking_is_recorded_without_what_was_sent(deps: Dependencies) -> None:
    """R59, R60."""
    await given_contact(deps)
    token = await asked(deps)
    (row,) = await audit_rows(AuditKind.PASSWORD_RESET_ASKED)
    assert (row.actor_kind, row.actor_name, row.detail) == ('visitor', 'Clara Weiss', {})
    assert token not in await everything_stored()


async def test_where_passwords_are_off_nothing_is_reset(deps: Dependencies, clock: FixedClock) -> None:
    """Link_only refuses the reset and voids what was sent; once the mode changes back a new link works (R8)."""
    await given_password(deps)
    owner, token = await given_owner(deps), await asked(deps)
    await change_mode(deps, owner, SecurityMode.LINK_ONLY)
    mails = await OutboxMail.all().count()
    await ask_for_reset(deps, a_visitor(), CLARA)
    with pytest.raises(PasswordsOff):
        await send_password_reset(deps, owner, await contact_of_clara())
    await is_dead(deps, token, DeadLink.CANCELLED)
    assert await OutboxMail.all().count() == mails
    await change_mode(deps, owner, SecurityMode.LINK_AND_PASSWORD)
    await is_dead(deps, token, DeadLink.CANCELLED)
    later(clock, minutes=2)
    await reset_password(deps, a_visitor(), await asked(deps), NEW)


async def test_passwords_that_went_off_by_the_clock(deps: Dependencies, clock: FixedClock) -> None:
    """Between the date of a change and its being written down the link still lives, and opens nothing all the same."""
    await given_password(deps)
    token = await asked(deps)
    at = clock.now() + timedelta(minutes=5)
    await change_mode(deps, await given_owner(deps), SecurityMode.LINK_ONLY, from_when=at)
    assert await look_at_reset(deps, token)
    later(clock, minutes=5)
    with pytest.raises(PasswordsOff):
        await look_at_reset(deps, token)
    with pytest.raises(PasswordsOff):
        await reset_password(deps, a_visitor(), token, NEW)


# ── By staff ─────────────────────────────────────────────────────────────────


async def test_staff_have_one_sent_and_never_see_it(deps: Dependencies) -> None:
    """R21: to the login's address, in the name of who sent it; neither link nor password comes back."""
    login_id = await given_password(deps)
    staff = await given_staff(deps, Role.STAFF, name='Sam Keller')
    sent = await send_password_reset(deps, staff, 1)
    assert (sent.to_address, sent.captured) == (CLARA, True)
    mail = await newest_mail(deps, CLARA)
    assert (mail.row.kind, mail.row.made_by_name, mail.row.contact_id, mail.row.login_id) == (
        'password_reset', 'Sam Keller', 1, login_id
    )  # fmt: skip
    assert 'Sam Keller sends you a link to choose a password' in mail.text
    assert token_in(mail) not in repr(sent)
    (row,) = await audit_rows(AuditKind.PASSWORD_RESET_SENT)
    assert (row.actor_id, row.contact_id, row.detail) == (staff.staff_id, 1, {})
    await reset_password(deps, a_visitor(), token_in(mail), NEW)


async def test_staff_are_told_why_none_goes_out(deps: Dependencies) -> None:
    """A contact without address, access or login; one that is gone."""
    owner = await given_owner(deps)
    without_address = await given_contact(deps, 'No Address', '')
    without_access = await given_contact(deps, 'No Access', 'a@x.example', access=False)
    without_login = await given_contact(deps, 'No Login', 'l@x.example')
    await Contact.filter(id=without_login.id).update(login_id=None)
    for contact_id, error in (
        (without_address.id, NoAddress),
        (without_access.id, NoAccess),
        (without_login.id, NoLogin),
        (4711, ContactNotFound),
    ):
        with pytest.raises(error):
            await send_password_reset(deps, owner, contact_id)
    assert await OutboxMail.all().count() == 0


async def test_staff_do_not_use_up_the_clients_budget(deps: Dependencies) -> None:
    """R47: staff actions are budgeted apart."""
    await given_contact(deps)
    owner = await given_owner(deps)
    for _ in range(3):
        await send_password_reset(deps, owner, 1)
    await ask_for_reset(deps, a_visitor(), CLARA)
    assert len(await mails_to(deps, CLARA)) == 4


async def test_a_shared_address_is_reset_by_the_name_that_was_picked(deps: Dependencies) -> None:
    """DESIGN: one login for all of them, so one password."""
    contacts = await given_one_login_on_three(deps)
    await send_password_reset(deps, await given_owner(deps), contacts[1].id)
    assert (await newest_mail(deps, 'ines@holm.example')).row.to_name == 'Holm Bau AG'
    await ask_for_reset(deps, a_visitor(), 'ines@holm.example')
    assert (await newest_mail(deps, 'ines@holm.example')).row.to_name == 'Ines Holm'
