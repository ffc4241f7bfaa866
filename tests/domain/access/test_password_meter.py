"""What a password is worth, told while it is typed."""

import pytest

from domain.access.password_meter import rate_password
from domain.access.password_resets import ask_for_reset, words_around_reset
from domain.access.password_strength import Weakness
from domain.dependencies import Dependencies
from domain.errors import RateLimited
from storage.models import PortalSettings
from tests.factories import a_visitor, every_row, everything_stored, given_joined_client, given_owner, newest_mail

CLARA = 'clara@weiss.example'
NEW = 'sieben rote wolken'


async def asked(deps: Dependencies) -> str:
    """Clara asks for a reset; its token."""
    await ask_for_reset(deps, a_visitor(), CLARA)
    return (await newest_mail(deps, CLARA)).text.partition('/reset-password/')[2].split()[0]


async def test_the_meter_says_what_the_rule_will_say(deps: Dependencies) -> None:
    """R14, R16: for a client by session or reset link, for staff by session, else by the firm alone."""
    await PortalSettings.filter(id=1).update(firm_name='Lindqvist & Partner')
    owner = await given_owner(deps, name='Olga Brandt')
    client = (await given_joined_client(deps, owner)).actor
    token = await asked(deps)
    own, hers, theirs = 'Clara.Weiss 1', 'Olga.Brandt 1', 'lindqvistpartner'
    visitor = a_visitor()
    for who, reset_token, password in (
        (client, '', own), (None, token, own), (client, '', theirs), (owner, '', hers), (owner, '', theirs),
        (None, '', theirs), (None, 'guess', theirs),
    ):  # fmt: skip
        found = await rate_password(deps, visitor, password, who, reset_token=reset_token)
        assert found.score < 3, (who, password)
        assert found.weakness is Weakness.OWN_WORDS
    for who, password in ((client, hers), (owner, own), (None, own)):
        assert (await rate_password(deps, visitor, password, who)).score >= 3, (who, password)
    assert await words_around_reset(deps, 'guess') == ()


async def test_the_meter_counts_what_is_missing(deps: Dependencies) -> None:
    """R14: 12, and 8 for clients where a second factor is required; for staff it stays 12."""
    visitor = a_visitor()
    assert (await rate_password(deps, visitor, 'vK9#t')).missing == 7
    await PortalSettings.filter(id=1).update(security_mode='link_and_password_2fa')
    assert (await rate_password(deps, visitor, 'vK9#t')).missing == 3
    assert (await rate_password(deps, visitor, 'vK9#t', for_staff=True)).missing == 7


async def test_the_meter_is_bounded(deps: Dependencies) -> None:
    """R18: a script that asks it is told to wait, and nothing that was typed is kept (R60)."""
    before = await every_row()
    assert (await rate_password(deps, a_visitor(), NEW * 1_000)).score == 4
    after = await every_row()
    assert [name for name in after if after[name] != before[name]] == ['rate_log']
    assert NEW not in await everything_stored()
    with pytest.raises(RateLimited):
        for _ in range(240):
            await rate_password(deps, a_visitor(), 'x')
