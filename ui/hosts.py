"""At which of its addresses the portal is being asked: the base URL, or the firm's own domain.

A host of a request is only ever compared with the two that are known; nothing is built from it (R12).
"""

from contextvars import ContextVar

from starlette.datastructures import Headers
from starlette.types import Scope

from ui.dependencies import deps

STAFF_PATHS = ('/staff', '/setup')
at_own_domain: ContextVar[bool] = ContextVar('asked at the own domain', default=False)


def note_host(scope: Scope) -> None:
    """Remember, as long as this request or socket lasts, where it came in."""
    at_own_domain.set(is_own_domain(Headers(scope=scope).get('host', '')))


def is_own_domain(host: str) -> bool:
    """Whether this `Host` is the firm's own domain; with which port does not matter."""
    own = deps().whereabouts.host
    return bool(own) and host.lower().partition(':')[0].removesuffix('.') == own


def is_https() -> bool:
    """Whether the browser speaks HTTPS to us: at the firm's own domain always, else as the base URL says."""
    return at_own_domain.get() or deps().settings.is_https


def is_closed_here(path: str) -> bool:
    """Whether this is a page of staff, asked for where the firm wants none."""
    return at_own_domain.get() and deps().whereabouts.staff_at_base_only and is_of_staff(path)


def is_of_staff(path: str) -> bool:
    """Whether only those who work at the firm have anything to do there."""
    return any(path == one or path.startswith(f'{one}/') for one in STAFF_PATHS)
