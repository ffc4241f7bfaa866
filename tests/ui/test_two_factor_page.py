"""Where the page of the second factor leads when it is not what it was a moment ago."""

import pytest

from domain.dependencies import Dependencies
from tests.factories import given_joined_client, given_owner, given_second_factor
from tests.support.clock import FixedClock
from tests.support.databases import sqlite_only
from ui.components import two_factor
from ui.frame import SeeOther


@sqlite_only
@pytest.mark.parametrize('kind', ['client', 'staff'])
async def test_another_tab_was_faster(
    deps: Dependencies, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """R27: it is on by the time the page would show a key, so the page begins anew and is not empty."""
    monkeypatch.setattr(two_factor, 'deps', lambda: deps)
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    on = await given_second_factor(deps, client.actor, client.raw) if kind == 'client' else None
    actor = on.actor if on else (await given_second_factor(deps, owner)).actor
    with pytest.raises(SeeOther) as elsewhere:
        await two_factor.enrolment_of(actor, '/the/page')
    assert elsewhere.value.path == '/the/page'
