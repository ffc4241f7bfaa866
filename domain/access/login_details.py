"""What staff see of the login behind a contact: its address, whom it serves, how it signs in, what is open now."""

from dataclasses import dataclass
from datetime import datetime

from domain.access.belonging import Belonging, belonging_of
from domain.access.devices import count_alive
from domain.access.one_time_tokens import SIGNS_IN, Purpose
from domain.access.rate_limits import locks_of
from domain.access.security_policy import policy_at
from domain.actors import StaffActor
from domain.addresses import normalise_address
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound
from storage import shared_sql
from storage.models import Contact, Invitation, Login, OneTimeToken, StaffMember

WITHOUT_ACCESS = ('no_access', 'revoked')


@dataclass(frozen=True)
class ServedContact:
    """A contact that bears the login's address."""

    id: int
    name: str
    has_access: bool


@dataclass(frozen=True)
class WaitingAddress:
    """A new address that was asked for and not confirmed yet."""

    email: str
    asked_at: datetime
    expires_at: datetime
    asked_by: str


@dataclass(frozen=True)
class LoginDetails:
    """A login as staff see it; nothing that opens a door. `password_works` is whether the firm takes passwords now.

    `belongs_with`: by whose name mail to the login is addressed, where it serves several and may enter one at least.
    `code_is_locked`: no authentication code is taken until the lock ends, so that no way in is open with two-factor on.
    `sessions`, `links` and `invitations` are what is open now, and what a change of address closes.
    """

    email: str
    serves: tuple[ServedContact, ...]
    belongs_with: Belonging | None
    password_set_at: datetime | None
    password_works: bool
    two_factor_since: datetime | None
    locked_until: datetime | None
    code_is_locked: bool
    waiting: WaitingAddress | None
    sessions: int
    links: int
    invitations: int

    @property
    def may_enter(self) -> bool:
        """Whether at least one of its contacts has access."""
        return any(one.has_access for one in self.serves)


async def read_login(deps: Dependencies, actor: StaffActor, contact_id: int) -> LoginDetails | None:
    """The login of a contact; None for a contact without an address. Raises ContactNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    contact = await Contact.get_or_none(id=contact_id)
    if contact is None:
        raise ContactNotFound(contact_id)
    login = await Login.get_or_none(id=contact.login_id) if contact.login_id is not None else None
    if login is None:
        return None
    now = deps.clock.now()
    bearers = await shared_sql.bearers_in_short(login.email, now)
    live = OneTimeToken.filter(login_id=login.id, used_at=None, voided_at=None, expires_at__gt=now)
    locks = await locks_of(deps, login.email)
    waiting = await live.filter(purpose=Purpose.LOGIN_ADDRESS.value).order_by('-id').first()
    links = await live.filter(purpose__in=(*SIGNS_IN, Purpose.RESET.value), invitation_id=None).count()
    open_ones = Invitation.filter(contact_id__in=[one['id'] for one in bearers], accepted_at=None, cancelled_at=None)
    return LoginDetails(
        email=login.email,
        serves=tuple(ServedContact(one['id'], one['name'], one['status'] not in WITHOUT_ACCESS) for one in bearers),
        belongs_with=await belonging_of(login.email) if len(bearers) > 1 else None,
        password_set_at=login.password_set_at if login.password_hash else None,
        password_works=(await policy_at(now)).passwords_work,
        two_factor_since=login.totp_enrolled_at,
        locked_until=max(locks.values(), default=None),
        code_is_locked='second_factor' in locks,
        waiting=await _waiting(waiting) if waiting else None,
        sessions=await count_alive(login.id, now),
        links=links,
        invitations=await open_ones.count(),
    )


async def staff_with_address(deps: Dependencies, actor: StaffActor, address: str) -> str:
    """The name of whoever of the staff has this address; '' for none. Raises AddressInvalid, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.MANAGE_LOGINS)
    staff = await StaffMember.get_or_none(email=normalise_address(address), disabled_at=None)
    return staff.name if staff else ''


async def _waiting(row: OneTimeToken) -> WaitingAddress:
    staff = await StaffMember.get_or_none(id=row.made_by_id) if row.made_by_id is not None else None
    return WaitingAddress(row.email, row.created_at, row.expires_at, staff.name if staff else '')
