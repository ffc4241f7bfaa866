"""Whether this process can serve."""

from storage.database import DATABASE_ERRORS, StorageErrors, ping

__all__ = ['DATABASE_ERRORS', 'what_ails_the_database', 'why_not_ready']

FULL = (
    'disk is full',
    'No space left on device',
    'could not extend file',
)  # SQLite's words, the system's, PostgreSQL's


async def why_not_ready() -> str | None:
    """Why not, in a few words; None when it can."""
    try:
        await ping()
    except StorageErrors as error:
        return f'the database does not answer: {type(error).__name__}'
    return None


def what_ails_the_database(error: BaseException) -> str:
    """What went wrong, for the log: the type of the error, or what whoever runs this has to do something about.

    Never the words of the error themselves, which may repeat what was to be stored (R60).
    """
    return 'the disk is full' if any(word in str(error) for word in FULL) else type(error).__name__
