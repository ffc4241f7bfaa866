"""Who will share an address after a file, as the preview says: all of them by number, the first few by name."""

import pytest

from domain.contacts.importing import preview as preview_module
from domain.dependencies import Dependencies
from tests.domain.contacts.importing.files import csv, look_at, run
from tests.factories import given_contact, given_owner

FAMILY = 'family@x.example'


async def test_all_who_will_share_an_address_are_counted(deps: Dependencies) -> None:
    """However far apart their rows stand in the file."""
    owner = await given_owner(deps)
    others = [f'Other {number},other{number}@x.example,,,,' for number in range(450)]
    family = [f'Member {number},{FAMILY},,,,' for number in range(5)]
    rows = [row for place, row in enumerate(others) for row in (*family[place // 100 :][: place % 100 == 0], row)]
    (shared,) = (await look_at(deps, owner, csv(*rows))).preview.shared
    assert (shared.email, shared.number) == (FAMILY, 5)
    assert shared.names == ('Member 0', 'Member 1', 'Member 2')


async def test_who_bears_it_now_counts_unless_the_file_moves_it(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file says who comes, who goes and who is called otherwise; the others stay as they are."""
    owner = await given_owner(deps)
    monkeypatch.setattr(preview_module, 'AT_ONCE', 2)
    for number in range(4):
        await given_contact(deps, f'Stays {number}', FAMILY)
    await run(deps, owner, csv(f'Goes,{FAMILY},,,,G-1', f'Before,{FAMILY},,,,B-1', 'Comes,alone@x.example,,,,C-1'))
    rows = ('Goes,gone@x.example,,,,G-1', f'After,{FAMILY},,,,B-1', f'Comes,{FAMILY},,,,C-1', f'New,{FAMILY},,,,')
    (shared,) = (await look_at(deps, owner, csv(*rows))).preview.shared
    assert (shared.number, shared.names) == (7, ('Stays 0', 'Stays 1', 'Stays 2'))
