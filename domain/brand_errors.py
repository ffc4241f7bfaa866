"""What can be wrong with how a firm wants to look."""

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import DomainError


class LogoFault(StrEnum):
    """Why a file cannot be the logo."""

    EMPTY = 'empty'
    TOO_BIG = 'too_big'  # in bytes
    NO_PICTURE = 'no_picture'
    OTHER_FORMAT = 'other_format'
    TOO_MANY_PIXELS = 'too_many_pixels'
    TOO_SMALL = 'too_small'
    MOVES = 'moves'
    BROKEN = 'broken'
    ACTIVE = 'active'  # a drawing with a script in it, or anything that acts
    REACHES_OUT = 'reaches_out'  # a drawing that fetches something from elsewhere
    TOO_MUCH = 'too_much'  # a drawing that would take a browser too long


@dataclass
class LogoRefused(DomainError):
    """The file cannot be the logo. `about` is what was found in it, or the bound it exceeds."""

    fault: LogoFault
    about: str = ''


@dataclass
class LogoNotFound(DomainError):
    """No logo of this digest was handed in (any more)."""


@dataclass
class ColourInvalid(DomainError):
    """Not a colour."""


@dataclass
class PhoneInvalid(DomainError):
    """Not a telephone number."""


@dataclass
class TooManyLines(DomainError):
    """The postal address has more lines than there is room for."""

    most: int


class WebAddressFault(StrEnum):
    """What is wrong with the address of a web page."""

    NOT_HTTPS = 'not_https'
    HAS_A_NAME = 'has_a_name'  # or a password, before an @
    NO_HOST = 'no_host'


@dataclass
class WebAddressInvalid(DomainError):
    """Not the address of a page that may be linked to."""

    fault: WebAddressFault
