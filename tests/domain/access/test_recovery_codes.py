"""Recovery codes: ten, shown until they are saved, each good once."""

import asyncio
import re
from datetime import timedelta

import pytest

from domain.access.code_check import check_code
from domain.access.holders import holder_of
from domain.access.recovery_codes import ALPHABET, SHOWN_FOR, as_written, new_codes
from domain.access.sessions import current_client
from domain.access.totp import (
    begin_enrolment,
    forget_new_codes,
    make_new_codes,
    read_new_codes,
    read_second_factor,
    turn_on,
)
from domain.actors import ClientActor
from domain.audit import AuditKind
from domain.dependencies import Cipher, Dependencies
from domain.errors import RateLimited, SecondFactorWrong
from domain.events import LoginChanged
from storage.models import ClientSession, RecoveryCode
from storage.second_factor_claims import unseal_codes_made_before
from tests.factories import (
    Enrolled,
    a_visitor,
    app_code,
    audit_rows,
    everything_stored,
    given_joined_client,
    given_owner,
    given_second_factor,
    heard,
    later,
    mails_to,
)
from tests.support.clock import FixedClock

FORM = re.compile(r'[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){3}')


async def enrolled(deps: Dependencies, clock: FixedClock) -> Enrolled:
    client = await given_joined_client(deps, await given_owner(deps))
    return await given_second_factor(deps, client.actor, client.raw, clock)


def test_ten_codes_of_eighty_bits(deps: Dependencies) -> None:
    """R28: ten, each of sixteen letters of five bits, none twice, every letter about as often as any other."""
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    codes = [code for _ in range(200) for code in new_codes(deps)]
    assert len(codes) == len(set(codes)) == 2_000
    assert all(FORM.fullmatch(code) for code in codes)
    letters = ''.join(codes).replace('-', '')
    assert all(600 < letters.count(letter) < 1_400 for letter in ALPHABET)  # 1,000 on average


@pytest.mark.parametrize('how', ['{}', ' {} ', '{lower}', '{bare}', '{spaced}', '{dashed}'])
def test_a_code_is_taken_however_it_is_typed(how: str) -> None:
    """R28: with or without dashes, in any case, as a word processor changed it."""
    code = '7QK2-M9RD-XW4P-3TLV'
    typed = how.format(
        code,
        lower=code.lower(),
        bare=code.replace('-', ''),
        spaced=code.replace('-', '  '),
        dashed=code.replace('-', '–'),
    )
    assert as_written(typed) == code


@pytest.mark.parametrize(
    'typed', ['', '123456', '7QK2-M9RD-XW4P-3TL', '7QK2-M9RD-XW4P-3TLVV', '0' * 16, 'é' * 16, '7' * 9_999]
)
def test_what_is_no_code_of_ours_is_none(typed: str) -> None:
    """R28: and nothing is looked up for it."""
    assert as_written(typed) == ''


async def _turned_on(deps: Dependencies, clock: FixedClock) -> ClientActor:
    """A client whose new codes wait in its session."""
    client = await given_joined_client(deps, await given_owner(deps))
    secret = (await begin_enrolment(deps, client.actor)).secret
    assert await read_new_codes(deps, client.actor) == ()
    await forget_new_codes(deps, client.actor)
    assert (await begin_enrolment(deps, client.actor)).secret == secret, 'no codes, so nothing is forgotten'
    on = await turn_on(deps, client.actor, a_visitor(client_session=client.raw), app_code(secret, clock))
    actor = await current_client(deps, on.raw_session)
    assert actor
    return actor


async def test_they_are_shown_until_they_are_saved(deps: Dependencies, clock: FixedClock) -> None:
    """R28: sealed in the session, so that a reload shows them again, until its person says so; then nothing does."""
    actor = await _turned_on(deps, clock)
    codes = await read_new_codes(deps, actor)
    assert len(codes) == 10 and all(FORM.fullmatch(code) for code in codes)
    later(clock, minutes=9)
    assert await read_new_codes(deps, actor) == codes
    await forget_new_codes(deps, actor)
    assert await read_new_codes(deps, actor) == ()
    assert (await ClientSession.get(id=actor.session_id)).sealed is None
    assert (await read_second_factor(deps, actor)).codes_left == 10
    await forget_new_codes(deps, actor)


async def test_they_are_shown_for_ten_minutes(deps: Dependencies, clock: FixedClock) -> None:
    """R28: afterwards a look scrubs them; those nobody looks for are scrubbed by the clean-up."""
    actor = await _turned_on(deps, clock)
    codes = await read_new_codes(deps, actor)
    later(clock, minutes=10)
    assert await read_new_codes(deps, actor) == ()
    assert (await ClientSession.get(id=actor.session_id)).sealed is None
    await make_new_codes(deps, actor, codes[0])
    later(clock, minutes=5)
    await unseal_codes_made_before(clock.now() - SHOWN_FOR)
    assert len(await read_new_codes(deps, actor)) == 10
    later(clock, minutes=5)
    await unseal_codes_made_before(clock.now() - SHOWN_FOR)
    assert (await ClientSession.get(id=actor.session_id)).sealed is None


async def test_old_ones_are_shown_nowhere(deps: Dependencies, clock: FixedClock) -> None:
    """R28: what another browser still showed when new ones were made works no more, and is scrubbed there."""
    actor = await _turned_on(deps, clock)
    codes = await read_new_codes(deps, actor)
    other = (await ClientSession.get(id=actor.session_id)).clone()
    other.token_hash = '0' * 64
    await other.save()
    await make_new_codes(deps, actor, codes[0])
    assert (await ClientSession.get(id=other.id)).sealed is None
    assert not set(await read_new_codes(deps, actor)) & set(codes)


async def test_only_keyed_hashes_are_stored(deps: Dependencies, clock: FixedClock) -> None:
    """R28: no code in any table; the same code of another holder, or under another key, has another hash."""
    on = await enrolled(deps, clock)
    stored = await everything_stored()
    for code in on.codes:
        assert code not in stored and code.replace('-', '') not in stored
    hashes = {row.code_hash for row in await RecoveryCode.all()}
    assert hashes == {deps.cipher.keyed_hashes(code, f'login:{holder_of(on.actor).id}:totp')[0] for code in on.codes}
    assert all(len(one) == 64 for one in hashes)
    code, bound = on.codes[0], holder_of(on.actor).bound_to
    new_key = Cipher('another key, as long as it has to be', deps.settings.secret_key)
    assert new_key.keyed_hashes(code, bound)[1] == deps.cipher.keyed_hashes(code, bound)[0]
    assert new_key.keyed_hashes(code, bound)[0] not in hashes
    assert deps.cipher.keyed_hashes(code, 'staff:1:totp')[0] not in hashes


async def test_each_works_once(deps: Dependencies, clock: FixedClock) -> None:
    """R28: used up by its use; the others go on, down to the last."""
    on = await enrolled(deps, clock)
    holder = holder_of(on.actor)
    for number, code in enumerate(on.codes, 1):
        assert await check_code(deps, a_visitor(), holder, code.lower()) == 'recovery_code'
        assert (await read_second_factor(deps, on.actor)).codes_left == 10 - number
    for code in on.codes[:5]:
        with pytest.raises(SecondFactorWrong):
            await check_code(deps, a_visitor(), holder, code)
    with pytest.raises(RateLimited):
        await check_code(deps, a_visitor(), holder, on.codes[5])


async def test_one_code_many_times_at_once_works_once(deps: Dependencies, clock: FixedClock) -> None:
    """R28: one guarded UPDATE, on both engines."""
    on = await enrolled(deps, clock)
    tries = (check_code(deps, a_visitor(), holder_of(on.actor), on.codes[0]) for _ in range(30))
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert answers.count('recovery_code') == 1
    assert all(isinstance(one, (str, SecondFactorWrong, RateLimited)) for one in answers), answers
    assert await RecoveryCode.filter(used_at=None).count() == 9


async def test_new_ones_take_the_place_of_the_old(deps: Dependencies, clock: FixedClock) -> None:
    """R28, R38: made anew with a code that stands for a fresh sign-in this once; the old ones are over, the address
    is told."""
    on = await enrolled(deps, clock)
    later(clock, minutes=20)
    with pytest.raises(SecondFactorWrong):
        await make_new_codes(deps, on.actor, '7QK2-M9RD-XW4P-3TLV')
    told = heard(deps, LoginChanged)
    await make_new_codes(deps, on.actor, on.codes[0])
    assert told
    codes = await read_new_codes(deps, on.actor)
    assert len(codes) == 10 and not set(codes) & set(on.codes)
    assert (await ClientSession.get(id=on.actor.session_id)).proved_at < clock.now() - timedelta(minutes=19)
    with pytest.raises(SecondFactorWrong):
        await check_code(deps, a_visitor(), holder_of(on.actor), on.codes[1])
    assert await check_code(deps, a_visitor(), holder_of(on.actor), codes[0]) == 'recovery_code'
    assert len(await audit_rows(AuditKind.RECOVERY_CODES_MADE)) == 1
    mail = (await mails_to(deps, on.actor.email))[-1]
    assert 'New recovery codes' in mail.row.subject
    assert not any(code in mail.text for code in codes)


async def test_the_code_of_one_is_no_code_of_another(deps: Dependencies, clock: FixedClock) -> None:
    """R28: bound to its holder, also where a login and a staff member have the same number."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    on = await given_second_factor(deps, client.actor, client.raw, clock)
    of_staff = await given_second_factor(deps, owner)
    assert holder_of(on.actor).id == holder_of(of_staff.actor).id
    with pytest.raises(SecondFactorWrong):
        await check_code(deps, a_visitor(), holder_of(of_staff.actor), on.codes[0])
    await RecoveryCode.filter(login_id=holder_of(on.actor).id).update(login_id=None, staff_id=holder_of(owner).id)
    with pytest.raises(SecondFactorWrong):
        await check_code(deps, a_visitor(), holder_of(of_staff.actor), on.codes[0])
