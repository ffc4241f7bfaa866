"""Looking at the firm's own domain: one instance at a time does it, and what it found counts if nothing has changed."""

from datetime import datetime
from typing import Any

from storage.models import CustomDomain
from storage.sql import change


async def hold_domain(now: datetime, until: datetime) -> CustomDomain | None:
    """The domain, if it is time to look at it and nobody else does; held until then at the latest."""
    held = await change(
        "UPDATE custom_domain SET held_until = $2 WHERE id = 1 AND host <> '' AND next_look_at <= $1 "
        'AND (held_until IS NULL OR held_until <= $1)',
        now,
        until,
    )
    return await CustomDomain.get(id=1) if held else None


async def keep_findings(of: CustomDomain, **values: Any) -> bool:
    """Write what was found of the domain as it was when it was held, and let it go.

    False, and nothing written, when it is another domain now, or another instance holds it.
    """
    guarded = CustomDomain.filter(id=1, host=of.host, asked_at=of.asked_at, held_until=of.held_until)
    return bool(await guarded.update(**values, held_until=None))
