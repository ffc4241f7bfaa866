"""Reset 2FA: staff take a second factor away, for a reason, and the client is told."""

import pytest

from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.second_factor_reset import LONGEST_REASON, TwoFactorReset, reset_two_factor
from domain.access.second_step import verify_second_step
from domain.access.sessions import current_client
from domain.access.sign_in import SecondStepRequired, SignedIn
from domain.actors import StaffActor
from domain.audit import AuditKind
from domain.dependencies import Dependencies
from domain.errors import (
    ContactNotFound,
    LinkExpired,
    NoLogin,
    PendingOver,
    ReasonNeeded,
    SignInNotFresh,
    TextInvalid,
    TwoFactorIsOff,
)
from domain.events import ClientSessionsEnded, ContactsChanged, LoginChanged
from storage.models import Login, PendingSignIn, RecoveryCode
from tests.factories import (
    Enrolled,
    JoinedClient,
    a_visitor,
    app_code,
    audit_rows,
    every_row,
    given_contact,
    given_joined_client,
    given_second_factor,
    given_staff,
    heard,
    later,
    mails_to,
    newest_mail,
    token_of,
)
from tests.support.clock import FixedClock

CLARA = 'clara@weiss.example'


async def given_enrolled(deps: Dependencies, clock: FixedClock) -> tuple[StaffActor, JoinedClient, Enrolled]:
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    return staff, client, await given_second_factor(deps, client.actor, client.raw, clock)


async def test_it_is_gone_and_whoever_was_in_is_out(deps: Dependencies, clock: FixedClock) -> None:
    """Issue, R37, R13: secret, codes, sessions, half-finished sign-ins and links that sign in; in numbers."""
    staff, client, enrolled = await given_enrolled(deps, clock)
    used = token_of((await make_magic_link(deps, staff, client.contact_id)).url)
    pending = await redeem_magic_link(deps, a_visitor(), used)
    assert isinstance(pending, SecondStepRequired)
    unused = token_of((await make_magic_link(deps, staff, client.contact_id)).url)
    told = heard(deps, ClientSessionsEnded, LoginChanged, ContactsChanged)
    done = await reset_two_factor(deps, staff, client.contact_id, '  Phone lost, known by voice ')
    assert done == TwoFactorReset(sessions=1, links=1)
    login = await Login.get(id=client.actor.login_id)
    assert (login.totp_secret, login.totp_enrolled_at) == (None, None)
    assert await RecoveryCode.all().count() == 0
    assert await PendingSignIn.all().count() == 0
    assert await current_client(deps, enrolled.raw) is None
    with pytest.raises(PendingOver):
        await verify_second_step(deps, a_visitor(), pending.raw_pending, app_code(enrolled.secret, clock))
    with pytest.raises(LinkExpired):
        await redeem_magic_link(deps, a_visitor(), unused)
    assert ClientSessionsEnded((enrolled.actor.session_id,), 'two-factor reset') in told
    assert LoginChanged(login.id) in told
    assert ContactsChanged((client.contact_id,)) in told
    again = await make_magic_link(deps, staff, client.contact_id)
    assert isinstance(await redeem_magic_link(deps, a_visitor(), token_of(again.url)), SignedIn)


async def test_the_client_is_told_and_the_reason_is_written_down(deps: Dependencies, clock: FixedClock) -> None:
    """The client told by mail, which does not hold the reason; audited with it (R59)."""
    staff, client, _ = await given_enrolled(deps, clock)
    before = len(await mails_to(deps, CLARA))
    await reset_two_factor(deps, staff, client.contact_id, 'Phone lost, known by voice')
    assert len(await mails_to(deps, CLARA)) == before + 1
    mail = await newest_mail(deps, CLARA)
    assert mail.row.kind == 'notice'
    assert staff.name in mail.text
    assert 'known by voice' not in mail.text
    (row,) = await audit_rows(AuditKind.TWO_FACTOR_RESET)
    assert (row.actor_name, row.contact_id, row.login_id) == (staff.name, client.contact_id, client.actor.login_id)
    assert row.detail == {'reason': 'Phone lost, known by voice', 'sessions': 1, 'links': 0}


async def test_a_reason_is_needed(deps: Dependencies, clock: FixedClock) -> None:
    """Reason asked."""
    staff, client, enrolled = await given_enrolled(deps, clock)
    before = await every_row()
    for reason, error in (('', ReasonNeeded), (' \n ', ReasonNeeded), ('lost\nphone', TextInvalid)):
        with pytest.raises(error):
            await reset_two_factor(deps, staff, client.contact_id, reason)
    with pytest.raises(TextInvalid):
        await reset_two_factor(deps, staff, client.contact_id, 'x' * (LONGEST_REASON + 1))
    assert await every_row() == before
    assert await current_client(deps, enrolled.raw) is not None


async def test_it_asks_for_a_fresh_sign_in(deps: Dependencies, clock: FixedClock) -> None:
    """R38: nothing is written before; that the reason is missing is told first."""
    staff, client, _ = await given_enrolled(deps, clock)
    later(clock, minutes=15)
    before = await every_row()
    with pytest.raises(ReasonNeeded):
        await reset_two_factor(deps, staff, client.contact_id, ' ')
    with pytest.raises(SignInNotFresh):
        await reset_two_factor(deps, staff, client.contact_id, 'Phone lost')
    assert await every_row() == before


async def test_where_there_is_nothing_to_reset(deps: Dependencies) -> None:
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    nobody = await given_contact(deps, 'Ohne Adresse', '')
    before = await every_row()
    for contact_id, error in ((client.contact_id, TwoFactorIsOff), (nobody.id, NoLogin), (4711, ContactNotFound)):
        with pytest.raises(error):
            await reset_two_factor(deps, staff, contact_id, 'Phone lost')
    assert await every_row() == before
