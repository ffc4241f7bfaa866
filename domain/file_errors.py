"""What is wrong with a file that is handed in, or that was to be written. As in domain/errors.py: data, no sentence."""

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import DomainError


class FileFault(StrEnum):
    """Why a file of contacts cannot be read at all."""

    EMPTY = 'empty'
    NO_ROWS = 'no_rows'
    TOO_BIG = 'too_big'
    TOO_MANY_ROWS = 'too_many_rows'
    TOO_MANY_COLUMNS = 'too_many_columns'
    SPREADSHEET = 'spreadsheet'
    VCARD = 'vcard'
    NOT_TEXT = 'not_text'
    QUOTES = 'quotes'
    NO_NAME = 'no_name'
    SAME_HEADER = 'same_header'


@dataclass
class ImportFileRefused(DomainError):
    """Nothing can be read from the file. `about` names what it is about: a column, or those that there are."""

    fault: FileFault
    about: str = ''


@dataclass
class ImportFileNotFound(DomainError):
    """There is no such file (any more): what is not used is thrown away after a day."""


@dataclass
class ImportBegun(DomainError):
    """The file is being imported already, by this job."""

    job_id: int


@dataclass
class ImportStopped(DomainError):
    """Only a part of the file went in. Its job can be gone on with unless it was cancelled."""

    job_id: int
    is_cancelled: bool = False


class BackupFault(StrEnum):
    NOT_SQLITE = 'not SQLite'
    NOTHING_THERE = 'nothing there'
    EXISTS = 'exists'


@dataclass
class BackupRefused(DomainError):
    """No backup was made. `path` is the file it is about: the database that is not there, or the one to be written."""

    why: BackupFault
    path: str
