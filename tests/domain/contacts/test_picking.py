"""Picking a contact by typing."""

from domain.contacts.picking import contact_named, suggest_contacts
from domain.dependencies import Dependencies
from tests.factories import given_contact, given_owner


async def test_text_that_was_typed_and_not_picked(deps: Dependencies) -> None:
    """Pick by typing. An exact name or address is that contact; what fits several is none."""
    owner = await given_owner(deps)
    for name in ('Aaron Annson', 'Abel Annson', 'Adam Annson', 'Ada Annson'):
        await given_contact(deps, name, f'jo{name[:3].lower()}@ann.example')
    ann = await given_contact(deps, 'Ann', 'a@ann.example')
    twins = [await given_contact(deps, 'Twin', f'twin{number}@x.example') for number in (1, 2)]
    for typed in ('Ann', ' ann ', 'ÁNN', 'a@ann.example', 'A@Ann.Example'):
        found = await contact_named(deps, owner, typed)
        assert found, typed
        assert found.id == ann.id
    assert await contact_named(deps, owner, 'Twin') is None
    assert (await contact_named(deps, owner, 'twin2@x.example')).id == twins[1].id  # type: ignore[union-attr]
    for typed in ('', ' ', 'An', 'Annson', '@ann.example', 'ann.example'):
        assert await contact_named(deps, owner, typed) is None, typed


async def test_an_address_is_never_taken_for_a_similar_one(deps: Dependencies) -> None:
    """R49: muller is not müller, when it is about who gets the mail."""
    owner = await given_owner(deps)
    await given_contact(deps, 'Müller', 'info@müller.example')
    assert await contact_named(deps, owner, 'info@muller.example') is None
    assert await contact_named(deps, owner, 'info@müller.example') is not None


async def test_suggestions_are_the_first_few(deps: Dependencies) -> None:
    """While typing: at most as many as asked for, in the order of names."""
    owner = await given_owner(deps)
    for number in range(12):
        await given_contact(deps, f'Client {number:02}', '')
    assert [row.name for row in await suggest_contacts(deps, owner, 'client')] == [
        f'Client {one:02}' for one in range(8)
    ]
    assert len(await suggest_contacts(deps, owner, 'client 1', limit=2)) == 2
