"""What staff read on the Activity page: the groups of kinds, and the details of an entry."""

from dataclasses import replace

from domain.activity.audit_log import Entry
from domain.activity.kinds import KindGroup
from ui.components.feed import Line
from ui.devices import describe
from ui.staff.saying import mail_words
from ui.staff.wording import line

GROUPS = {
    KindGroup.SIGN_INS: 'Sign-ins',
    KindGroup.REFUSALS: 'Refused and locked',
    KindGroup.ACCESS: 'Invitations and access',
    KindGroup.LOGINS: 'Passwords and two-factor',
    KindGroup.CONTACTS: 'Contacts',
    KindGroup.TEAM: 'Team',
    KindGroup.SETTINGS: 'Settings',
    KindGroup.LOOKS: 'Views and exports',
    KindGroup.MAIL: 'Mail',
}
_ACTORS = {'staff': 'Staff member', 'client': 'Client, signed in', 'visitor': 'At the door', 'system': 'Foyer itself'}
_OUTCOMES = {'done': 'Done', 'refused': 'Refused'}


def as_line(entry: Entry) -> Line:
    """The entry in a sentence, with everything that was written down of it at hand (R59)."""
    who = _ACTORS.get(entry.actor_kind, entry.actor_kind)
    details = (
        ('By', f'{entry.actor_name} ({who.lower()})' if entry.actor_name and entry.actor_kind != 'system' else who),
        ('Mail', mail_words(str(entry.detail['mail_kind'])) if entry.detail.get('mail_kind') else ''),
        ('To', str(entry.detail.get('to') or '') if entry.detail.get('mail_kind') else ''),
        ('IP address', entry.ip),
        ('Browser', describe(entry.user_agent) if entry.user_agent else ''),
        ('Outcome', _OUTCOMES.get(entry.outcome, entry.outcome.capitalize())),
        ('Entry', f'{entry.id}'),
    )
    return replace(line(entry, whose=None), details=tuple(pair for pair in details if pair[1]))
