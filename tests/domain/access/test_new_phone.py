"""Another phone in place of the one before: what proves that it is the client, and what works afterwards."""

import asyncio

import pytest

from domain.access.code_check import check_code
from domain.access.holders import holder_of
from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.new_phone import begin_new_phone, is_proved, keep_old_phone, read_new_phone, use_new_phone
from domain.access.second_factor_reset import reset_two_factor
from domain.access.second_step import take_recovery_notice, verify_second_step
from domain.access.security_mode import change_mode
from domain.access.security_policy import SecurityMode
from domain.access.sessions import current_client
from domain.access.sign_in import SecondStepRequired
from domain.access.totp import read_new_codes, read_second_factor
from domain.actors import ClientActor, StaffActor
from domain.audit import AuditKind
from domain.dependencies import Dependencies
from domain.errors import (
    LinkExpired,
    RateLimited,
    SecondFactorNeeded,
    SecondFactorWrong,
    SignedOut,
    TwoFactorIsOff,
)
from domain.events import ClientSessionsEnded
from storage.models import ClientSession
from storage.second_factor_claims import unseal_codes_made_before
from tests.factories import (
    Enrolled,
    a_visitor,
    app_code,
    audit_rows,
    every_row_but_counts,
    everything_stored,
    given_joined_client,
    given_owner,
    given_second_factor,
    heard,
    later,
    newest_mail,
    token_of,
)
from tests.support.clock import FixedClock


class Clara:
    """A client with a second factor where the firm requires one, and the firm."""

    def __init__(self, deps: Dependencies, owner: StaffActor, contact_id: int, on: Enrolled) -> None:
        self.deps, self.owner, self.contact_id, self.on = deps, owner, contact_id, on

    async def comes_in(self, code: str) -> tuple[ClientActor, str]:
        """By a link and this code, in a browser of its own; who that is, and its session."""
        link = await make_magic_link(self.deps, self.owner, self.contact_id)
        step = await redeem_magic_link(self.deps, a_visitor(), token_of(link.url))
        assert isinstance(step, SecondStepRequired)
        signed = await verify_second_step(self.deps, a_visitor(), step.raw_pending, code)
        actor = await current_client(self.deps, signed.raw_session)
        assert actor
        return actor, signed.raw_session


@pytest.fixture
async def clara(deps: Dependencies, clock: FixedClock) -> Clara:
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    on = await given_second_factor(deps, client.actor, client.raw, clock)
    await change_mode(deps, owner, SecurityMode.LINK_AND_PASSWORD_2FA)
    later(clock, minutes=20)
    return Clara(deps, await given_owner(deps), client.contact_id, on)


async def _key(deps: Dependencies, actor: ClientActor) -> str:
    enrolment = await read_new_phone(deps, actor)
    assert enrolment
    return enrolment.secret


async def test_a_recovery_code_at_the_door_is_proof_enough(deps: Dependencies, clock: FixedClock, clara: Clara) -> None:
    """R27, R28, R34, R37, R59: new key, new codes, a new session; the old ones are over, other sessions and links too;
    the address is told and the log knows."""
    actor, raw = await clara.comes_in(clara.on.codes[0])
    link = (await make_magic_link(deps, clara.owner, clara.contact_id)).url
    assert await take_recovery_notice(deps, actor) == 9
    assert await take_recovery_notice(deps, actor) is None, 'told once'
    assert await is_proved(deps, actor)
    await begin_new_phone(deps, actor)
    key = await _key(deps, actor)
    assert key != clara.on.secret
    await unseal_codes_made_before(clock.now())
    assert await _key(deps, actor) == key, 'the same until it is used'
    assert await check_code(deps, a_visitor(), holder_of(actor), app_code(clara.on.secret, clock)) == 'totp'
    ended = heard(deps, ClientSessionsEnded)
    moved = await use_new_phone(deps, actor, a_visitor(client_session=raw), app_code(key, clock))
    now = await current_client(deps, moved.raw_session)
    assert now and await current_client(deps, raw) is None
    assert {(one.session_ids, one.reason) for one in ended} == {
        ((actor.session_id,), 'replaced'),
        ((clara.on.actor.session_id,), 'two-factor moved'),
    }
    assert [one.id for one in await ClientSession.all()] == [now.session_id]
    with pytest.raises(LinkExpired):
        await redeem_magic_link(deps, a_visitor(), token_of(link))
    codes = await read_new_codes(deps, now)
    assert len(codes) == 10 and not set(codes) & set(clara.on.codes)
    later(clock, seconds=30)
    for code in (app_code(clara.on.secret, clock), clara.on.codes[1]):
        with pytest.raises(SecondFactorWrong):
            await check_code(deps, a_visitor(), holder_of(now), code)
    assert await check_code(deps, a_visitor(), holder_of(now), app_code(key, clock)) == 'totp'
    assert await check_code(deps, a_visitor(), holder_of(now), codes[0]) == 'recovery_code'
    (row,) = await audit_rows(AuditKind.TWO_FACTOR_MOVED)
    assert (row.login_id, row.actor_kind) == (actor.login_id, 'client')
    mail = await newest_mail(deps, actor.email)
    assert 'moved to another phone' in mail.row.subject and 'If this was not you' in mail.text
    assert key not in await everything_stored() and key not in mail.text


async def test_otherwise_a_code_is_asked_for(deps: Dependencies, clock: FixedClock, clara: Clara) -> None:
    """R38: a browser left open moves nothing without one; a code of the phone or a recovery code will do, once."""
    actor, raw = await clara.comes_in(app_code(clara.on.secret, clock))
    assert not await is_proved(deps, actor)
    before = await every_row_but_counts()
    with pytest.raises(SecondFactorWrong):
        await use_new_phone(deps, actor, a_visitor(client_session=raw), app_code(clara.on.secret, clock))
    for code in ('', '904173', '7QK2-M9RD-XW4P-3TLV'):
        with pytest.raises(SecondFactorWrong):
            await begin_new_phone(deps, actor, code)
    after = await every_row_but_counts()
    assert {table for table in after if after[table] != before[table]} == {'audit_event'}, 'the refusals on record'
    assert await read_new_phone(deps, actor) is None
    await begin_new_phone(deps, actor, clara.on.codes[3])
    with pytest.raises(RateLimited):  # four wrong ones, and the recovery code counts for nothing, then one more
        for _ in range(2):
            with pytest.raises(SecondFactorWrong):
                await begin_new_phone(deps, actor, clara.on.codes[3])
    assert (await read_second_factor(deps, actor)).codes_left == 9


async def test_the_proof_is_good_for_a_quarter_of_an_hour(deps: Dependencies, clock: FixedClock, clara: Clara) -> None:
    """R38: and so is the key that waits; whoever finds the browser later needs a code."""
    actor, raw = await clara.comes_in(clara.on.codes[0])
    await begin_new_phone(deps, actor)
    key = await _key(deps, actor)
    later(clock, minutes=15)
    assert await read_new_phone(deps, actor) is None
    with pytest.raises(SecondFactorWrong):
        await use_new_phone(deps, actor, a_visitor(client_session=raw), app_code(key, clock))
    other, _ = await clara.comes_in(clara.on.codes[1])
    later(clock, minutes=15)
    assert not await is_proved(deps, other)
    with pytest.raises(SecondFactorWrong):
        await begin_new_phone(deps, other)


async def test_the_old_phone_can_be_kept(deps: Dependencies, clock: FixedClock, clara: Clara) -> None:
    """R27: nothing of the new one is left."""
    actor, raw = await clara.comes_in(clara.on.codes[0])
    await keep_old_phone(deps, actor)
    assert await is_proved(deps, actor), 'nothing was being set up'
    await begin_new_phone(deps, actor)
    key = await _key(deps, actor)
    await keep_old_phone(deps, actor)
    assert await read_new_phone(deps, actor) is None
    with pytest.raises(SecondFactorWrong):
        await use_new_phone(deps, actor, a_visitor(client_session=raw), app_code(key, clock))
    assert await check_code(deps, a_visitor(), holder_of(actor), app_code(clara.on.secret, clock)) == 'totp'


async def test_many_clicks_at_once_move_it_once(deps: Dependencies, clock: FixedClock, clara: Clara) -> None:
    """R24, R34: one new session, one set of codes, on both engines."""
    actor, raw = await clara.comes_in(clara.on.codes[0])
    await begin_new_phone(deps, actor)
    code = app_code(await _key(deps, actor), clock)
    tries = (use_new_phone(deps, actor, a_visitor(client_session=raw), code) for _ in range(4))
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in answers) == 1, answers
    assert len(await audit_rows(AuditKind.TWO_FACTOR_MOVED)) == 1
    assert await ClientSession.all().count() == 1


async def test_the_firm_can_still_reset_it(deps: Dependencies, clock: FixedClock, clara: Clara) -> None:
    """R13: whoever moved it to a phone of their own is out, and so is a move under way."""
    actor, raw = await clara.comes_in(clara.on.codes[0])
    await begin_new_phone(deps, actor)
    key = await _key(deps, actor)
    await reset_two_factor(deps, clara.owner, clara.contact_id, 'Somebody else has it')
    with pytest.raises(SignedOut):
        await use_new_phone(deps, actor, a_visitor(client_session=raw), app_code(key, clock))


async def test_who_has_none_moves_none(deps: Dependencies, clock: FixedClock) -> None:
    """R30: nor does a session that is held."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    with pytest.raises(TwoFactorIsOff):
        await begin_new_phone(deps, client.actor, '904173')
    await change_mode(deps, owner, SecurityMode.LINK_AND_PASSWORD_2FA)
    for deed in (begin_new_phone, read_new_phone, keep_old_phone, is_proved):
        with pytest.raises(SecondFactorNeeded):
            await deed(deps, client.actor)  # type: ignore[operator]
    with pytest.raises(SecondFactorNeeded):
        await use_new_phone(deps, client.actor, a_visitor(client_session=client.raw), '904173')
