"""A backup of the database while Foyer runs (F15)."""

from pathlib import Path

from domain.file_errors import BackupFault, BackupRefused
from domain.settings import Settings
from storage.backup import copy_database
from storage.database import DatabaseUrl


async def back_up(settings: Settings, target: Path) -> None:
    """Write a consistent copy of the live SQLite database to a new file of mode 0600; nothing in it is migrated.

    Raises BackupRefused; one of `StorageErrors` when the database cannot be read or the file not be written, and then
    there is no file.
    """
    database = DatabaseUrl(settings.database)
    if not database.is_sqlite:
        raise BackupRefused(BackupFault.NOT_SQLITE, str(target))
    if not database.path.is_file():
        raise BackupRefused(BackupFault.NOTHING_THERE, str(database.path))
    try:
        await copy_database(database.path, target)
    except FileExistsError as error:
        raise BackupRefused(BackupFault.EXISTS, str(target)) from error
