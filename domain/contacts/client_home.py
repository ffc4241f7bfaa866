"""What a client sees of itself: the contacts its login may enter, and when it was here last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.access.belonging import belonging_of
from domain.actors import ClientActor
from domain.audit import AuditKind
from domain.authorization import authorise_client
from domain.dependencies import Dependencies
from domain.errors import SignedOut
from domain.portal.own_home import ShownItem, items_of_contact
from domain.texts import greeting_name
from storage import queries
from storage.models import AuditEvent, ClientSession, Contact


@dataclass(frozen=True)
class Served:
    """A contact this login may enter."""

    id: int
    name: str
    kind: str
    organisation: str


@dataclass(frozen=True)
class ClientHome:
    """The portal home. `current` is None while a client that serves several has not picked one.

    `last_sign_in_at` is the sign-in before this one; None at the first.
    """

    contacts: tuple[Served, ...]
    current: Served | None
    email: str
    greeting_name: str
    last_sign_in_at: datetime | None
    last_sign_in_method: str
    items: tuple[ShownItem, ...] = ()  # what the firm put there for the current contact


async def read_home(deps: Dependencies, actor: ClientActor, *, held: bool = False) -> ClientHome:
    """What the portal home shows; `held`: for the bar of the page that opens while the session is held.

    Raises SignedOut, SecondFactorNeeded.
    """
    await authorise_client(deps, actor, held=held)
    rows = await queries.contacts_of_login(actor.login_id)
    if not rows:
        raise SignedOut()
    session = await ClientSession.get_or_none(id=actor.session_id)
    current = next((row for row in rows if session and row.id == session.contact_id), None)
    before = await sign_in_before(actor.login_id, session.created_at) if session else None
    return await home_of(rows, current, actor.email, before)


async def home_of(
    rows: Sequence[Contact], current: Contact | None, email: str, last_sign_in: AuditEvent | None
) -> ClientHome:
    """The home of a login that serves these contacts, one at least; of a single one it is always the home.

    Whoever is in for an organisation is greeted as mail to the login greets them (domain/access/belonging.py).
    """
    if current is None and len(rows) == 1:
        current = rows[0]
    greeted = current
    if current is None or current.kind != 'person':
        belongs_with = await belonging_of(email)
        person = belongs_with.contact_id if belongs_with and belongs_with.kind == 'person' else None
        greeted = next((one for one in rows if one.id == person), current)
    return ClientHome(
        contacts=tuple(_served(row) for row in rows),
        current=_served(current) if current else None,
        email=email,
        greeting_name=greeting_name(greeted.name, greeted.kind) if greeted else '',
        last_sign_in_at=last_sign_in.at if last_sign_in else None,
        last_sign_in_method=str(last_sign_in.detail.get('method', '')) if last_sign_in else '',
        items=await items_of_contact(current.id) if current else (),
    )


async def sign_in_before(login_id: int, moment: datetime) -> AuditEvent | None:
    """The newest sign-in of this login before that moment."""
    found = AuditEvent.filter(login_id=login_id, kind=AuditKind.SIGNED_IN.value, at__lt=moment)
    return await found.order_by('-id').first()


def _served(row: Contact) -> Served:
    return Served(row.id, row.name, row.kind, row.organisation)
