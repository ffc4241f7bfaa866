"""Whether a link that is handed over can be opened anywhere but here."""

from urllib.parse import urlsplit

from domain.settings import LOOPBACK_NAMES
from ui.components.basics import notice
from ui.dependencies import deps

WORDS = 'This link works on this machine only. Whoever runs Foyer sets its public address (FOYER_BASE_URL).'


def only_here() -> bool:
    """Whether the portal's address leads to this machine."""
    return (urlsplit(deps().portal_url).hostname or '') in LOOPBACK_NAMES


def warn_if_only_here() -> None:
    """Beneath a link: say so."""
    if only_here():
        notice('warn', WORDS)
