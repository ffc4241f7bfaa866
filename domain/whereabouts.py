"""Where the portal is right now, beside the base URL: kept current by domain/portal/domain_in_use.py."""

from dataclasses import dataclass


@dataclass
class Whereabouts:
    """The firm's own domain as this instance knows it. One for each process, and the same for all who hold it."""

    host: str = ''  # in ASCII; empty unless its records lead here: it is served, and certificates are made for it
    is_active: bool = False  # it answers over HTTPS: links lead there
    staff_at_base_only: bool = False
