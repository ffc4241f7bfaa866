"""What a client sees of itself: the contacts its login may enter, and when it was here last."""

from dataclasses import dataclass
from datetime import datetime

from domain.actors import ClientActor
from domain.authorization import authorise_client
from domain.dependencies import Dependencies
from domain.errors import SignedOut
from domain.texts import greeting_name
from storage import queries
from storage.models import AuditEvent, ClientSession


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


async def read_home(deps: Dependencies, actor: ClientActor) -> ClientHome:
    """What the portal home shows. Raises SignedOut."""
    await authorise_client(deps, actor)
    rows = await queries.contacts_of_login(actor.login_id)
    if not rows:
        raise SignedOut()
    served = tuple(Served(row.id, row.name, row.kind, row.organisation) for row in rows)
    session = await ClientSession.get_or_none(id=actor.session_id)
    current = next((one for one in served if session and one.id == session.contact_id), None)
    if current is None and len(served) == 1:
        current = served[0]
    people = [one for one in served if one.kind == 'person']
    greeted = current if current and current.kind == 'person' else (people[0] if people else current)
    before = (
        await AuditEvent.filter(login_id=actor.login_id, kind='access:session:started', at__lt=session.created_at)
        .order_by('-id')
        .first()
        if session
        else None
    )
    return ClientHome(
        contacts=served,
        current=current,
        email=actor.email,
        greeting_name=greeting_name(greeted.name, greeted.kind) if greeted else '',
        last_sign_in_at=before.at if before else None,
        last_sign_in_method=str(before.detail.get('method', '')) if before else '',
    )
