"""Whom an announcement or a link is for: all clients, those of an organisation, or contacts that were chosen."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain.errors import DomainError
from domain.events import HomeChanged
from domain.home_errors import AudienceEmpty, AudienceTooLarge, OrganisationUnknown
from domain.texts import LONGEST_NAME, fold, one_line
from storage.home_rows import choose, chosen_for, is_known_organisation
from storage.models import Contact, HomeItem

MOST_CHOSEN = 500  # contacts of one item, each picked by hand


class AudienceKind(StrEnum):
    """How it is told whom something is for."""

    ALL = 'all'
    ORGANISATION = 'organisation'
    CONTACTS = 'contacts'


@dataclass(frozen=True)
class Audience:
    """Whom it is for. `organisation` and `contact_ids` count where the kind says so.

    To an organisation belongs every contact that names it, and the contact that is it.
    """

    kind: AudienceKind = AudienceKind.ALL
    organisation: str = ''
    contact_ids: tuple[int, ...] = ()


EVERYBODY = Audience()


def organisation_key(name: str) -> str:
    """What the names of organisations are compared by."""
    return fold(name)[:LONGEST_NAME]


async def fault_of(wanted: Audience) -> DomainError | None:
    """Why nobody could be meant by it: TextInvalid for `organisation`, OrganisationUnknown, AudienceEmpty,
    AudienceTooLarge."""
    try:
        await checked(wanted)
    except DomainError as error:
        return error
    return None


async def checked(wanted: Audience) -> Audience:
    """The same without what does not count. Raises what `fault_of` tells."""
    if wanted.kind is AudienceKind.ALL:
        return EVERYBODY
    if wanted.kind is AudienceKind.ORGANISATION:
        name = one_line(wanted.organisation, 'organisation', needed=True)
        key = organisation_key(name)
        if not key or not await is_known_organisation(key):  # to no name belong all who belong nowhere
            raise OrganisationUnknown(name)
        return Audience(wanted.kind, name)
    ids = tuple(dict.fromkeys(wanted.contact_ids))
    if len(ids) > MOST_CHOSEN:
        raise AudienceTooLarge(MOST_CHOSEN)
    if not ids or not await Contact.filter(id__in=ids).exists():
        raise AudienceEmpty()
    return Audience(wanted.kind, contact_ids=ids)


def columns_of(audience: Audience) -> dict[str, Any]:
    """What of it stands in the row of the item."""
    return {
        'audience': audience.kind.value,
        'organisation': audience.organisation,
        'organisation_key': organisation_key(audience.organisation),
    }


async def keep(item_id: int, audience: Audience) -> None:
    """Write the contacts that it was chosen for."""
    await choose(item_id, audience.contact_ids)


async def audience_of(item: HomeItem) -> Audience:
    """Whom an item is for now."""
    kind = AudienceKind(item.audience)
    chosen = await chosen_for(item.id) if kind is AudienceKind.CONTACTS else []
    return Audience(kind, item.organisation, tuple(int(row['id']) for row in chosen))


def told(*audiences: Audience) -> HomeChanged:
    """The event for everybody in any of these."""
    return HomeChanged(
        any(one.kind is AudienceKind.ALL for one in audiences),
        tuple(dict.fromkeys(organisation_key(one.organisation) for one in audiences if one.organisation)),
        tuple(dict.fromkeys(contact_id for one in audiences for contact_id in one.contact_ids)),
    )
