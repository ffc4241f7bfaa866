"""What can be wrong with what the firm puts on the home of the portal."""

from dataclasses import dataclass

from domain.errors import DomainError


@dataclass
class HomeItemNotFound(DomainError):
    """There is no announcement or link with this id (any more), or not for who asks. Which of these is not told."""

    item_id: int


@dataclass
class HomeIsFull(DomainError):
    """There are as many announcements, or as many links, as there may be."""

    most: int


@dataclass
class AudienceEmpty(DomainError):
    """It is for chosen contacts, and none that exists was chosen."""


@dataclass
class AudienceTooLarge(DomainError):
    """More contacts were chosen than may be, one by one."""

    most: int


@dataclass
class OrganisationUnknown(DomainError):
    """No contact belongs to an organisation of this name."""

    name: str


@dataclass
class IconUnknown(DomainError):
    """There is no such icon to choose."""
