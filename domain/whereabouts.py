"""Where the portal is right now, beside the base URL: kept current by domain/portal/domain_in_use.py."""

from dataclasses import dataclass


@dataclass
class Whereabouts:
    """The firm's own domain as this instance knows it. One for each process, and the same for all who hold it."""

    host: str = ''  # in ASCII; empty until its record was seen to lead here
    leads_here: bool = False  # its record does: a proxy may have certificates made for it
    is_active: bool = False  # it answers over HTTPS: links lead there
    is_broken: bool = False  # it did once, and does not now
    staff_at_base_only: bool = False
