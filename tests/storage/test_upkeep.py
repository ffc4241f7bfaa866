"""Many contacts that were loaded this moment are found as quickly as any."""

import pytest

from storage import upkeep
from storage.database import DatabaseUrl
from storage.models import Contact
from storage.sql import change, fetch, is_sqlite
from tests.support.clock import START


async def test_contacts_are_settled_once(opened: DatabaseUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    same = {'kind': 'person', 'name': 'x' * 190, 'name_key': 'x', 'search_text': '  x' * 100, 'created_at': START}
    await Contact.bulk_create([Contact(**same, updated_at=START) for _ in range(100)])
    assert not await upkeep.settle_contacts(), 'there are too few to care'
    monkeypatch.setattr(upkeep, 'MANY_PAGES', 5)
    if is_sqlite():
        assert not await upkeep.settle_contacts()
        return
    await change('CHECKPOINT')  # the server of the tests answers a commit before it is on disk
    assert await upkeep.settle_contacts()
    (table,) = await fetch("SELECT reltuples, relallvisible FROM pg_class WHERE relname = 'contact'")
    assert (table['reltuples'], table['relallvisible'] > 0) == (100, True)
    assert not await upkeep.settle_contacts(), 'they are settled'
