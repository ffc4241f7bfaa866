"""The six digits beside the link: only in the browser that asked, five tries, ten minutes."""

import asyncio

import pytest

from domain.access import sign_in_codes
from domain.access.magic_links import redeem_magic_link
from domain.access.rate_limits import Limits
from domain.access.sign_in import SignedIn
from domain.access.sign_in_codes import ask_for_sign_in, redeem_code
from domain.actors import Visitor
from domain.contacts.portal_access import revoke_access
from domain.dependencies import Dependencies, SystemRandomness
from domain.errors import CodeWrong, LinkExpired, RateLimited
from domain.events import SignedInEvent
from storage.models import ClientSession, Login, OneTimeToken
from tests.factories import (
    a_visitor,
    code_in,
    everything_stored,
    given_contact,
    given_owner,
    heard,
    later,
    newest_mail,
    token_in,
)
from tests.support.clock import FixedClock

CLARA = 'clara@weiss.example'


async def given_code(deps: Dependencies, browser: str = 'browser-a', email: str = CLARA) -> str:
    """A client that asked in this browser; its code."""
    await ask_for_sign_in(deps, a_visitor(browser=browser), email)
    code = code_in(await newest_mail(deps, email))
    assert code
    return code


def wrong(code: str) -> str:
    return f'{(int(code) + 1) % 1_000_000:06d}'


def test_a_code_is_six_digits_with_leading_zeros() -> None:
    """R4: every one of the million codes is as likely as any other."""
    codes = {SystemRandomness().code() for _ in range(2_000)}
    assert len(codes) > 1_900
    assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in codes)
    assert any(code.startswith('0') for code in codes)


async def test_a_code_signs_in_once(deps: Dependencies, clock: FixedClock) -> None:
    """R4: typed as people type it; used up with its link."""
    contact = await given_contact(deps)
    for typed in ('{0}', ' {0} ', '{1} {2}', '{1}-{2}'):
        later(clock, minutes=1)
        code = await given_code(deps)
        told = heard(deps, SignedInEvent)
        signed = await redeem_code(deps, a_visitor(browser='browser-a'), typed.format(code, code[:3], code[3:]))
        session = await ClientSession.get(id=signed.session_id)
        assert (session.contact_id, session.method) == (contact.id, 'code')
        assert (await Login.get()).last_sign_in_method == 'code'
        assert told[0].browser_hash == (await OneTimeToken.get(id=told[0].token_id)).browser_hash
        with pytest.raises(CodeWrong):
            await redeem_code(deps, a_visitor(browser='browser-a'), code)
        with pytest.raises(LinkExpired):
            await redeem_magic_link(deps, a_visitor(), token_in(await newest_mail(deps, CLARA)))


async def test_a_code_is_good_only_in_the_browser_that_asked(deps: Dependencies) -> None:
    """R4: whoever only has the mail cannot use the code, and does not use up the tries of who asked."""
    await given_contact(deps)
    code = await given_code(deps)
    for browser in ('', 'browser-b', 'browser-a '):
        for _ in range(6):
            with pytest.raises(CodeWrong):
                await redeem_code(deps, a_visitor(browser=browser), code)
    assert await ClientSession.all().count() == 0
    assert isinstance(await redeem_code(deps, a_visitor(browser='browser-a'), code), SignedIn)


async def test_five_tries(deps: Dependencies) -> None:
    """R4: the fifth try may still be right; after five wrong ones the right code is wrong too, and the link lives."""
    await given_contact(deps)
    await given_contact(deps, 'Ben Amsel', 'ben@amsel.example')
    of_ben, of_clara = await given_code(deps, 'b', 'ben@amsel.example'), await given_code(deps, 'c')
    for browser, code, tries in (('b', of_ben, 4), ('c', of_clara, 5)):
        for _ in range(tries):
            with pytest.raises(CodeWrong):
                await redeem_code(deps, a_visitor(browser=browser), wrong(code))
    assert isinstance(await redeem_code(deps, a_visitor(browser='b'), of_ben), SignedIn)
    with pytest.raises(CodeWrong):
        await redeem_code(deps, a_visitor(browser='c'), of_clara)
    assert isinstance(await redeem_magic_link(deps, a_visitor(), token_in(await newest_mail(deps, CLARA))), SignedIn)


async def test_ten_minutes(deps: Dependencies, clock: FixedClock) -> None:
    """R4, R7: a second before the end it works, at the end it does not, while the link still does."""
    await given_contact(deps)
    code = await given_code(deps)
    later(clock, minutes=10)
    with pytest.raises(CodeWrong):
        await redeem_code(deps, a_visitor(browser='browser-a'), code)
    later(clock, seconds=-1)
    assert isinstance(await redeem_code(deps, a_visitor(browser='browser-a'), code), SignedIn)


async def test_fifty_wrong_tries_at_once_are_five(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """R44: the try is counted before it is evaluated, so a burst gets no more than five either."""
    await given_contact(deps)
    code = await given_code(deps)
    evaluated = []
    compare = sign_in_codes.hmac.compare_digest
    monkeypatch.setattr(sign_in_codes.hmac, 'compare_digest', lambda a, b: evaluated.append(a) or compare(a, b))
    guesses = [f'{(int(code) + 1 + step) % 1_000_000:06d}' for step in range(50)]
    tries = [redeem_code(deps, a_visitor(f'10.0.0.{step}', 'browser-a'), guess) for step, guess in enumerate(guesses)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert all(isinstance(answer, CodeWrong) for answer in answers), answers
    assert len(evaluated) == 5
    assert (await OneTimeToken.get()).code_tries == 5
    with pytest.raises(CodeWrong):
        await redeem_code(deps, a_visitor(browser='browser-a'), code)


async def test_fifty_right_tries_at_once_are_one_session(deps: Dependencies) -> None:
    """R3: by code as by link."""
    await given_contact(deps)
    code = await given_code(deps)
    tries = [redeem_code(deps, a_visitor(f'10.0.0.{step}', 'browser-a'), code) for step in range(50)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert {type(answer) for answer in answers} == {SignedIn, CodeWrong}
    assert await ClientSession.all().count() == 1


async def test_what_is_no_code(deps: Dependencies) -> None:
    """R4, R41: one error for everything that does not fit, in a browser that asked and in one that did not."""
    await given_contact(deps)
    await given_code(deps)
    for typed in ('', '12345', '1234567', 'abcdef', '²²²²²²', '\x00' * 6, '１２３４５６', '\ud800'):
        for browser in ('browser-a', 'never-asked'):
            with pytest.raises(CodeWrong) as error:
                await redeem_code(deps, a_visitor(browser=browser), typed)
            assert error.value == CodeWrong()


async def test_unknown_and_revoked_addresses_fail_alike(deps: Dependencies) -> None:
    """R41: the sent page takes a code after every address, and says the same of each."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    code = await given_code(deps)
    await revoke_access(deps, owner, contact.id)
    await ask_for_sign_in(deps, a_visitor(browser='browser-b'), 'nobody@x.example')
    errors = []
    for browser, typed in (('browser-a', code), ('browser-a', wrong(code)), ('browser-b', code)):
        with pytest.raises(CodeWrong) as error:
            await redeem_code(deps, a_visitor(browser=browser), typed)
        errors.append(error.value)
    assert errors == [CodeWrong()] * 3


async def test_codes_are_stored_salted_with_what_no_table_holds(deps: Dependencies) -> None:
    """R2, R60: a million codes are quickly tried; without the browser's secret the hash gives nothing away."""
    await given_contact(deps)
    code = await given_code(deps)
    token = await OneTimeToken.get()
    plain = {sign_in_codes.hash_code(guess, code) for guess in ('', token.browser_hash, token.email)}
    assert token.code_hash == sign_in_codes.hash_code('browser-a', code)
    assert token.code_hash not in plain
    assert 'browser-a' not in await everything_stored()


async def test_guessing_from_one_place_is_bounded(deps: Dependencies, clock: FixedClock) -> None:
    """R46: many browsers behind one address are one guesser."""
    most = Limits.CODE_PER_IP.value.most
    for number in range(most):
        with pytest.raises(CodeWrong):
            await redeem_code(deps, Visitor('2001:db8::1', browser=str(number)), '123456')
    with pytest.raises(RateLimited):
        await redeem_code(deps, Visitor('2001:db8::2', browser='one more'), '123456')
    later(clock, minutes=10)
    with pytest.raises(CodeWrong):
        await redeem_code(deps, Visitor('2001:db8::2', browser='one more'), '123456')


async def test_two_mails_of_one_browser_each_have_their_code(deps: Dependencies, clock: FixedClock) -> None:
    """R8: asked again after a minute, both mails work until one is used."""
    await given_contact(deps)
    first = await given_code(deps)
    later(clock, minutes=1)
    await given_code(deps)
    assert isinstance(await redeem_code(deps, a_visitor(browser='browser-a'), first), SignedIn)
    assert await OneTimeToken.filter(used_at=None, voided_at=None).count() == 0
