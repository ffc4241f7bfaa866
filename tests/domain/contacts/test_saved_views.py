"""Ways of looking at the contact list, saved by name."""

import pytest

from domain.contacts.contact_filter import ContactFilter
from domain.contacts.saved_views import MOST_VIEWS, change_view, delete_view, list_views, rename_view, save_view
from domain.dependencies import Dependencies
from domain.errors import TextInvalid
from domain.events import SavedViewsChanged
from domain.view_errors import TooManyViews, ViewNameTaken, ViewNotFound
from storage.models import SavedView
from tests.factories import given_owner, given_staff, heard


async def test_a_view_is_saved_for_everybody(deps: Dependencies) -> None:
    """What the address carries, without a place in the list and without what no list understands."""
    owner, staff, told = await given_owner(deps), await given_staff(deps), heard(deps, SavedViewsChanged)
    query = {'status': 'invited', 'search': 'a&b=c “é”', 'sort': '-joined', 'after': 'x', 'page': '7', 'mail': 'wrong'}
    await save_view(deps, staff, '  Zu  mahnen ', query)
    await save_view(deps, staff, 'Alle', {})
    everything, waiting = await list_views(deps, owner)
    assert (everything.name, everything.query, everything.made_by_name) == ('Alle', {}, staff.name)
    assert waiting.name == 'Zu mahnen'
    assert waiting.query == {'status': 'invited', 'search': 'a&b=c “é”', 'sort': '-joined'}
    assert ContactFilter.from_query(waiting.query) == ContactFilter(search='a&b=c “é”', status='invited')
    assert len(told) == 2


async def test_a_name_is_there_once(deps: Dependencies) -> None:
    """Case and accents do not tell two views apart; a view keeps its own name."""
    owner = await given_owner(deps)
    late = await save_view(deps, owner, 'Späte', {})
    other = await save_view(deps, owner, 'Other', {})
    with pytest.raises(ViewNameTaken):
        await save_view(deps, owner, 'SPATE', {})
    with pytest.raises(ViewNameTaken):
        await rename_view(deps, owner, other.id, 'späte')
    assert (await rename_view(deps, owner, late.id, 'SPÄTE')).name == 'SPÄTE'
    for name in ('', ' ', 'x' * 81, 'a\x00b'):
        with pytest.raises(TextInvalid):
            await save_view(deps, owner, name, {})
    assert [view.name for view in await list_views(deps, owner)] == ['Other', 'SPÄTE']


async def test_a_view_is_changed_and_deleted(deps: Dependencies) -> None:
    owner, told = await given_owner(deps), heard(deps, SavedViewsChanged)
    view = await save_view(deps, owner, 'Late', {'status': 'invited'})
    assert (await change_view(deps, owner, view.id, {'access': 'yes'})).query == {'access': 'yes'}
    await delete_view(deps, owner, view.id)
    assert len(told) == 3
    for deed in (delete_view(deps, owner, view.id), rename_view(deps, owner, view.id, 'x')):
        with pytest.raises(ViewNotFound):
            await deed
    with pytest.raises(ViewNotFound):
        await change_view(deps, owner, view.id, {})


async def test_there_are_only_so_many(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    now = deps.clock.now()
    await SavedView.bulk_create(
        [SavedView(name=f'{one}', name_key=f'{one}', query='', created_at=now) for one in range(MOST_VIEWS)]
    )
    with pytest.raises(TooManyViews):
        await save_view(deps, owner, 'One more', {})
