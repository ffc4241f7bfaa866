"""Counts over every row, which all open tabs show alike: read once for each change."""

from domain.actors import SystemActor
from domain.contacts import finding
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.directory import count_contacts
from domain.mail.outbox import MailCounts, mail_counts
from ui.dependencies import deps
from ui.staff.once_per_change import OncePerChange


async def _by_status(search: str) -> dict[str, int]:
    return await count_contacts(deps(), search)


async def _totals(fits: ContactFilter) -> finding.Totals:
    return await finding.count_contacts(deps(), SystemActor(), fits)


async def _by_state(_: str) -> MailCounts:
    return await mail_counts(deps(), SystemActor())


contacts_by_status = OncePerChange(_by_status)
"""The contacts of each status that fit a search."""

totals_of = OncePerChange(_totals)
"""How many contacts fit a filter."""

mail_by_state = OncePerChange(_by_state)
