"""What is wrong with the words of a mail, or with a mail server. As in domain/errors.py: data, no sentence."""

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import DomainError


class MergeFault(StrEnum):
    """What is wrong with a merge field in the firm's words."""

    UNKNOWN = 'unknown'
    NOT_HERE = 'not_here'
    NOT_KNOWN = 'not_known'
    BROKEN = 'broken'
    ENDLESS = 'endless'
    GLUED = 'glued'


@dataclass
class MergeFieldWrong(DomainError):
    """A text holds what its language does not know. `field` is where it was typed, `name` what it is, `line` from 1."""

    field: str
    fault: MergeFault
    name: str
    line: int


class MailServerFault(StrEnum):
    """What is wrong with a mail server's settings."""

    HOST = 'host'
    PLAIN_TEXT = 'plain_text'
    PASSWORD_AGAIN = 'password_again'
    PASSWORD_ALONE = 'password_alone'


@dataclass
class MailServerInvalid(DomainError):
    """A mail server cannot be used like this. `field` names the field."""

    field: str
    fault: MailServerFault


@dataclass
class SetByEnvironment(DomainError):
    """The environment sets this, and wins: `variable` names it."""

    variable: str


@dataclass
class VersionNotFound(DomainError):
    """There is no such version of this text."""
