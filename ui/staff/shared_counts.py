"""Counts over every row, which all open tabs show alike: read once for each change."""

from domain.actors import SystemActor
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.finding import Totals, count_contacts
from domain.mail.outbox import MailCounts, mail_counts
from ui.dependencies import deps
from ui.staff.once_per_change import OncePerChange


async def _totals(fits: ContactFilter) -> Totals:
    return await count_contacts(deps(), SystemActor(), fits)


async def _by_state(_: str) -> MailCounts:
    return await mail_counts(deps(), SystemActor())


totals_of = OncePerChange(_totals)
"""How many contacts fit a filter."""

mail_by_state = OncePerChange(_by_state)
