"""Who is acting. Every deed is handed one of these; what it may do is decided in domain/authorization.py."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a staff member is to the firm."""

    OWNER = 'owner'
    ADMIN = 'admin'
    STAFF = 'staff'


@dataclass(frozen=True)
class Visitor:
    """Somebody at the door who has not signed in. `browser` is the secret of a cookie, never stored as it is."""

    ip: str
    user_agent: str = ''
    browser: str = ''
    client_session: str = ''  # the raw sessions this browser presents, so that a new sign-in can end them (R34)
    staff_session: str = ''


@dataclass(frozen=True)
class ClientActor:
    """A signed-in client."""

    session_id: int
    login_id: int
    email: str
    contact_id: int | None
    ip: str = ''
    user_agent: str = ''
    is_held: bool = False  # must set up its second factor before anything else opens (R30)
    language: str = ''  # of the contact it is here for; empty where its browser decides


@dataclass(frozen=True)
class StaffActor:
    """A signed-in staff member."""

    session_id: int
    staff_id: int
    name: str
    email: str
    role: Role
    ip: str = ''
    user_agent: str = ''
    is_held: bool = False


@dataclass(frozen=True)
class SystemActor:
    """Foyer itself: the terminal, a worker, a clean-up."""

    name: str = 'Foyer'


Actor = Visitor | ClientActor | StaffActor | SystemActor
