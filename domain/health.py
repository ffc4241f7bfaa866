"""Whether this process can serve."""

from storage.database import DATABASE_ERRORS, StorageErrors, ping

__all__ = ['DATABASE_ERRORS', 'why_not_ready']


async def why_not_ready() -> str | None:
    """Why not, in a few words; None when it can."""
    try:
        await ping()
    except StorageErrors as error:
        return f'the database does not answer: {type(error).__name__}'
    return None
