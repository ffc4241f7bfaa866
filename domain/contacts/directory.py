"""The directory: reading, creating, editing and deleting contacts."""

from dataclasses import dataclass
from datetime import datetime

from domain.access.logins import held_contact
from domain.actors import StaffActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.contacts.address_move import AddressMoved, has_been_entered, move_address
from domain.contacts.closing import Revoked, delete_each
from domain.contacts.new_contact import ContactDetails, check_details, insert_contact
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound
from domain.events import ContactsChanged
from domain.texts import fold, search_text
from domain.unit_of_work import Work, deed, unit_of_work
from storage import queries, shared_sql
from storage.models import Contact, Invitation, Login, PortalSettings, StaffMember

_EDITED = ('kind', 'name', 'organisation', 'name_key', 'organisation_key', 'search_text', 'language', 'updated_at')


@dataclass(frozen=True)
class SharedWith:
    """Another contact with the same address."""

    id: int
    name: str
    status: str


@dataclass(frozen=True)
class ContactView:
    """Everything a contact's page shows of the contact itself."""

    id: int
    kind: str
    name: str
    organisation: str
    email: str
    email_status: str
    status: str
    portal_access: bool
    login_id: int | None
    login_email: str
    invited_at: datetime | None
    invited_by: str
    invitation_expires_at: datetime | None
    has_open_invitation: bool
    message: str
    joined_at: datetime | None
    last_sign_in_at: datetime | None
    last_sign_in_method: str
    shared_with: tuple[SharedWith, ...]
    language: str = ''


async def read_contact(deps: Dependencies, actor: StaffActor, contact_id: int) -> ContactView:
    """One contact. Raises ContactNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    contact = await Contact.get_or_none(id=contact_id)
    if contact is None:
        raise ContactNotFound(contact_id)
    now = deps.clock.now()
    login = await Login.get_or_none(id=contact.login_id) if contact.login_id else None
    inviter = await StaffMember.get_or_none(id=contact.invited_by_id) if contact.invited_by_id else None
    invitation = await Invitation.filter(contact_id=contact_id).order_by('-id').first()
    bearers = await shared_sql.bearers_in_short(contact.email, now) if contact.email else []
    signed_in = login is not None and contact.joined_at is not None
    return ContactView(
        id=contact.id,
        kind=contact.kind,
        name=contact.name,
        organisation=contact.organisation,
        email=contact.email or '',
        email_status=contact.email_status,
        status=queries.status_of(contact, now),
        portal_access=contact.portal_access,
        login_id=contact.login_id,
        login_email=login.email if login else '',
        invited_at=contact.invited_at,
        invited_by=inviter.name if inviter else '',
        invitation_expires_at=contact.invitation_expires_at,
        has_open_invitation=contact.invitation_expires_at is not None,
        message=invitation.message if invitation else '',
        joined_at=contact.joined_at,
        last_sign_in_at=login.last_sign_in_at if login and signed_in else None,
        last_sign_in_method=login.last_sign_in_method if login and signed_in else '',
        shared_with=tuple(SharedWith(**one) for one in bearers if one['id'] != contact_id),
        language=contact.language,
    )


@deed
async def create_contact(
    deps: Dependencies, actor: StaffActor, details: ContactDetails, *, give_access: bool | None = None
) -> int:
    """A new contact; its id. `give_access=None` follows the firm's setting. Nobody is mailed.

    Raises TextInvalid, AddressInvalid, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    checked = check_details(details)
    async with unit_of_work(deps) as work:
        settings = await PortalSettings.get(id=1)
        access = settings.new_contacts_get_access if give_access is None else give_access
        return int((await insert_contact(work, actor, checked, give_access=access)).id)


@deed
async def edit_contact(
    deps: Dependencies, actor: StaffActor, contact_id: int, details: ContactDetails
) -> AddressMoved | None:
    """Change a contact. A changed address closes what the old one opened (R9); an open invitation goes out anew.

    Another address for a contact that somebody came in as needs a fresh sign-in, and the old one is told (R38).
    Returns what the change of address did, None when the address stayed. Raises ContactNotFound, TextInvalid,
    AddressInvalid, SignInNotFresh, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    checked = check_details(details)
    async with unit_of_work(deps) as work:
        contact = await held_contact(contact_id)
        if contact is None:
            raise ContactNotFound(contact_id)
        return await write_details(work, actor, contact, checked)


async def write_details(
    work: Work, actor: StaffActor, contact: Contact, checked: ContactDetails
) -> AddressMoved | None:
    """`edit_contact` inside a unit of work that holds the contact; the details have been checked."""
    moves, name_before = checked.email != (contact.email or ''), contact.name
    was_entered = moves and await has_been_entered(contact)
    if was_entered:
        await authorise(work.deps, actor, Permission.EDIT_CONTACTS, fresh=True)
    contact.kind, contact.name, contact.organisation = checked.kind.value, checked.name, checked.organisation
    contact.name_key, contact.organisation_key = fold(checked.name)[:200], fold(checked.organisation)[:200]
    contact.search_text = search_text(checked.name, checked.organisation, checked.email)
    contact.language, contact.updated_at = checked.language, work.now
    moved = None
    if moves:
        tells = name_before if was_entered else ''
        moved = await move_address(work, actor, contact, checked.email, edited=_EDITED, tells=tells)
    else:
        await contact.save(update_fields=_EDITED)
    await record(work, AuditKind.CONTACT_EDITED, actor, contact=contact)
    came_to = (contact.login_id,) if moved and contact.login_id else ()
    work.tell(ContactsChanged((contact.id,), came_to))
    return moved


@deed
async def delete_contact(deps: Dependencies, actor: StaffActor, contact_id: int) -> Revoked:
    """Revoke, then delete (R13). What happened stays in the audit log under the name it had.

    Raises ContactNotFound, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    async with unit_of_work(deps) as work:
        contact = await held_contact(contact_id)
        if contact is None:
            raise ContactNotFound(contact_id)
        return (await delete_each(work, actor, [contact]))[contact.id]
