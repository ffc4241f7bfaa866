"""What every open page of a kind shows, computed once for all of them; of these events the newest says it all."""

from dataclasses import dataclass

from domain.activity.audit_log import Entry
from domain.activity.portal_counts import PortalCounts
from domain.events import Event
from domain.portal.branding import Brand


@dataclass(frozen=True)
class Computed(Event):
    """Something was read anew."""


@dataclass(frozen=True)
class CountsNow(Computed):
    """The figures of the portal, for all dashboards."""

    counts: PortalCounts


@dataclass(frozen=True)
class ActivityNow(Computed):
    """The newest activity, for all dashboards."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class BrandNow(Computed):
    """How the firm looks, for all pages."""

    brand: Brand
