"""What can go wrong, as types that carry data. They hold no sentence and no HTTP status: ui/messages.py words them."""

from dataclasses import dataclass
from enum import StrEnum


class DomainError(Exception):
    """Something a person or a program asked for cannot be done, and it is known why."""


class DeadLink(StrEnum):
    """Why a link no longer works. Told only to somebody who holds the link."""

    UNKNOWN = 'unknown'
    USED = 'used'
    EXPIRED = 'expired'
    REPLACED = 'replaced'
    CANCELLED = 'cancelled'


@dataclass
class LinkExpired(DomainError):
    """The link is used, expired, replaced, cancelled or unknown."""

    reason: DeadLink = DeadLink.UNKNOWN


@dataclass
class CodeWrong(DomainError):
    """The code does not fit: mistyped, too old, or asked for in another browser. One error: which is not told."""


@dataclass
class SignInRefused(DomainError):
    """Address and password do not fit together. Which of the two is not told. `wait`: seconds until another try
    counts, where this was the last for now."""

    wait: int = 0


@dataclass
class SignedOut(DomainError):
    """The session of the actor is over."""


@dataclass
class SecondFactorNeeded(DomainError):
    """The session is held until its second factor has been set up (R30)."""


@dataclass
class SignInNotFresh(DomainError):
    """The last proof of who this is lies too far back for what was asked (R38). To be confirmed, then tried again."""


@dataclass
class PendingOver(DomainError):
    """The half-finished sign-in is over: too old, used up or unknown. It begins anew."""


@dataclass
class SecondFactorWrong(DomainError):
    """Neither the current authentication code nor an unused recovery code.

    `minutes_off`: the code was right at another time, by so many minutes; the clock of the phone is off. Negative where
    it is behind; where it is ahead only whoever enrols is told. `wait`: seconds until another try counts, where this
    was the last for now.
    """

    minutes_off: int = 0
    wait: int = 0


@dataclass
class TwoFactorIsOn(DomainError):
    """A second factor is set up already."""


@dataclass
class TwoFactorIsOff(DomainError):
    """No second factor is set up."""


@dataclass
class SecondFactorUnreadable(SecondFactorWrong):
    """The secret was encrypted with a key that is set no more, so no code can be right."""


@dataclass
class TwoFactorRequired(DomainError):
    """The firm requires a second factor, so it cannot be turned off."""


@dataclass
class PasswordsOff(DomainError):
    """The firm lets clients in by link only: passwords are kept, and refused."""


@dataclass
class PasswordTooWeak(DomainError):
    """Too easy to guess (zxcvbn below 3, R16)."""


@dataclass
class PasswordWrong(DomainError):
    """The current password does not fit. `wait`: seconds until another try counts, where this was the last for now."""

    wait: int = 0


@dataclass
class LoginTaken(DomainError):
    """Another login has this address already; it serves these contacts."""

    email: str
    names: tuple[str, ...]


@dataclass
class NoAddressChange(DomainError):
    """No change of the login's address waits to be confirmed."""


@dataclass
class SameAddress(DomainError):
    """The login has this address already."""


@dataclass
class ReasonNeeded(DomainError):
    """What was asked needs a reason in words."""


@dataclass
class NoLogin(DomainError):
    """The contact has no login yet: it has no address, or never had access."""

    contact_id: int
    name: str


@dataclass
class StaffNotFound(DomainError):
    """There is no such staff member."""


@dataclass
class StaffActive(DomainError):
    """A member who can sign in is disabled first, and removed then."""

    name: str


@dataclass
class LastOwner(DomainError):
    """The last owner cannot be removed, demoted or disabled (R61)."""


@dataclass
class NotYourself(DomainError):
    """Somebody else has to do this to you."""


@dataclass
class DateInPast(DomainError):
    """The date has passed already."""


@dataclass
class DateTooFar(DomainError):
    """The date lies more than `days` ahead."""

    days: int


@dataclass
class NotAllowed(DomainError):
    """The role of the actor does not permit this."""

    permission: str


@dataclass
class RateLimited(DomainError):
    """Too many tries. `retry_after` in seconds."""

    retry_after: int


@dataclass
class Busy(DomainError):
    """The machine has no room for this now. `retry_after` in seconds."""

    retry_after: int = 2


@dataclass
class ContactNotFound(DomainError):
    """There is no such contact (any more)."""

    contact_id: int = 0


@dataclass
class NobodyChosen(DomainError):
    """There is nobody among the chosen contacts to whom it could be done."""


@dataclass
class NumberDiffers(DomainError):
    """The number that was typed is not how many contacts it would be done to."""

    number: int


@dataclass
class JobNotFound(DomainError):
    """There is no such job."""

    job_id: int


@dataclass
class JobIsOver(DomainError):
    """The job has gone on meanwhile: this cannot be done in the state it is in now."""

    state: str


@dataclass
class MailNotFound(DomainError):
    """There is no such mail."""


class AddressFault(StrEnum):
    """What is wrong with an address."""

    EMPTY = 'empty'
    TOO_LONG = 'too_long'
    SEVERAL = 'several'
    SEVERAL_AT = 'several_at'
    DISPLAY_NAME = 'display_name'
    CONTROL_CHARACTER = 'control_character'
    NO_AT = 'no_at'
    LOCAL_PART = 'local_part'
    LOCAL_PART_TOO_LONG = 'local_part_too_long'
    DOMAIN = 'domain'
    MIXED_ALPHABETS = 'mixed_alphabets'


@dataclass
class AddressInvalid(DomainError):
    """Not one plain email address (R49)."""

    fault: AddressFault


class TextFault(StrEnum):
    """What is wrong with a piece of text."""

    EMPTY = 'empty'
    TOO_LONG = 'too_long'
    TOO_SHORT = 'too_short'
    CONTROL_CHARACTER = 'control_character'


@dataclass
class TextInvalid(DomainError):
    """A text field cannot hold this. `field` names the field; `limit` is its bound in characters where that matters."""

    field: str
    fault: TextFault
    limit: int = 0


@dataclass
class NumberOutOfRange(DomainError):
    """A number lies outside of what its field allows."""

    field: str
    least: int
    most: int


@dataclass
class NoAddress(DomainError):
    """The contact has no email address."""

    contact_id: int
    name: str


@dataclass
class NoAccess(DomainError):
    """Portal access of the contact is off."""

    contact_id: int
    name: str


@dataclass
class AlreadyJoined(DomainError):
    """The contact has joined already; a login email is what it needs. Nothing was changed."""

    contact_id: int
    name: str


@dataclass
class NothingToCancel(DomainError):
    """The contact has no open invitation."""

    contact_id: int


@dataclass
class MailIsOver(DomainError):
    """The mail has been sent, cancelled or is being sent: it can be neither tried again nor cancelled."""

    state: str


@dataclass
class NoMailServer(DomainError):
    """No mail server is set up, so nothing can be sent."""


@dataclass
class PasswordTooShort(DomainError):
    """A password below the least length. `least` in characters (R14)."""

    least: int


@dataclass
class PasswordTooLong(DomainError):
    """A password above the greatest length. `most` in characters (R14)."""

    most: int


@dataclass
class StaffAddressTaken(DomainError):
    """A staff member with this address exists."""


@dataclass
class SetupClosed(DomainError):
    """The firm has an owner already, or the set-up link is not the one that was printed (R61)."""


@dataclass
class AddressShared(DomainError):
    """Several contacts have this address: one has to be picked."""

    email: str
    names: tuple[str, ...]


class HostFault(StrEnum):
    """Why this cannot be the portal's own domain."""

    EMPTY = 'empty'
    CONTROL_CHARACTER = 'control character'
    ADDRESS = 'IP address'
    LOCALHOST = 'localhost'
    OUR_OWN = 'our own'
    SINGLE_LABEL = 'single label'
    WILDCARD = 'wildcard'
    MORE_THAN_A_NAME = 'more than a name'
    TOO_LONG = 'too long'
    MALFORMED = 'malformed'


@dataclass
class HostInvalid(DomainError):
    """What was typed is not the name of a host that the portal could have."""

    fault: HostFault


@dataclass
class SelectorInvalid(DomainError):
    """What was typed is not a DKIM selector."""


@dataclass
class NoCustomDomain(DomainError):
    """There is no domain of the firm's own (any more)."""
