"""Whether this process can serve."""

from storage.database import StorageErrors, ping


async def why_not_ready() -> str | None:
    """Why not, in a few words; None when it can."""
    try:
        await ping()
    except StorageErrors as error:
        return f'the database does not answer: {type(error).__name__}'
    return None
