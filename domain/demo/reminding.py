"""Who was asked in and did not come was reminded two days before, as the firm's own clock would have done."""

from datetime import datetime

from domain.audit import AuditKind
from domain.contacts.reminders import BEFORE
from domain.demo import names
from domain.demo.ledger import Ledger


def remind_the_waiting(ledger: Ledger, now: datetime) -> None:
    """Of every invitation that was due for it by now and is not accepted."""
    whose = {member.id: (house, member) for house in ledger.households for member in house.members}
    for invitation in ledger.invitations:
        at = invitation['expires_at'] - BEFORE
        if invitation.get('accepted_at') or at > now:
            continue
        house, member = whose[invitation['contact_id']]
        invitation['reminded_at'] = at
        refusal = ledger.dice.choice(names.REFUSALS) if member.row.get('email_status') == 'refused' else ''
        ledger.by_foyer(at, AuditKind.INVITATION_REMINDED, member)
        ledger.posted(at, 'reminder', house, member, None, refusal)
