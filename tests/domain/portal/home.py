"""What the tests of the portal's home start from."""

from domain.actors import StaffActor
from domain.contacts.client_home import read_home
from domain.dependencies import Dependencies
from domain.portal.announcements import Announcement, save_announcement
from domain.portal.audience import EVERYBODY, Audience, AudienceKind
from domain.portal.links import Link, save_link
from tests.factories import JoinedClient

INVOICES = Link('Invoices', 'https://books.example/firm', 'What is due, and what was paid', 'receipt-text')


def for_organisation(name: str) -> Audience:
    return Audience(AudienceKind.ORGANISATION, name)


def for_contacts(*contact_ids: int) -> Audience:
    return Audience(AudienceKind.CONTACTS, contact_ids=contact_ids)


async def given_link(
    deps: Dependencies, staff: StaffActor, title: str = 'Invoices', *, audience: Audience = EVERYBODY, url: str = ''
) -> int:
    """A link on the home of those it is for; its id."""
    return await save_link(deps, staff, Link(title, url or INVOICES.url, audience=audience))


async def given_announcement(
    deps: Dependencies,
    staff: StaffActor,
    title: str = 'We have moved',
    text: str = '',
    *,
    audience: Audience = EVERYBODY,
) -> int:
    """An announcement; its id."""
    return await save_announcement(deps, staff, Announcement(title, text, audience))


async def titles_of(deps: Dependencies, client: JoinedClient) -> list[str]:
    """What a client finds on its home, in order."""
    return [one.title for one in (await read_home(deps, client.actor)).items]
