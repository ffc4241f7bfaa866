"""The firm's words in force: of each kind and language the newest version."""

from typing import Any

from storage.sql import fetch


async def texts_in_force() -> list[dict[str, Any]]:
    """Those that have words of the firm's own, by kind and language."""
    return await fetch(
        'SELECT kind, language, subject, body FROM mail_text WHERE body IS NOT NULL '
        'AND id IN (SELECT max(id) FROM mail_text GROUP BY kind, language) ORDER BY kind, language'
    )
