"""What happened, in sentences: for the feed of the whole portal, and for one contact's own timeline.

The sentences themselves stand in sayings_contacts.py, sayings_jobs.py, sayings_logins.py and
sayings_staff.py.
"""

from collections.abc import Sequence
from datetime import datetime
from string import Formatter

from domain.activity.audit_log import Entry
from domain.audit import AuditKind
from domain.language import gettext as _
from domain.language import ngettext
from domain.mail.states import MailState
from ui.components.feed import Line, Strong
from ui.staff import (
    sayings_contacts,
    sayings_domain,
    sayings_home,
    sayings_jobs,
    sayings_logins,
    sayings_mail,
    sayings_staff,
)
from ui.staff.jobs import page_of_kind
from ui.staff.saying import LONGEST_QUOTE, Saying, mail_words, number_of

__all__ = ['FEED_LENGTH', 'LONGEST_QUOTE', 'feed', 'line', 'mail_words', 'sentence']

UNKNOWN = Saying('circle', '', lambda: _('Something else happened'), lambda: _('Something else happened'))
SAYINGS = (
    sayings_contacts.SAYINGS
    | sayings_domain.SAYINGS
    | sayings_home.SAYINGS
    | sayings_jobs.SAYINGS
    | sayings_logins.SAYINGS
    | sayings_mail.SAYINGS
    | sayings_staff.SAYINGS
)


def line(entry: Entry, *, whose: int | None) -> Line:
    """An entry as a line. `whose` is the contact whose timeline it stands in, None for the feed of the whole portal."""
    saying = _saying(entry)
    template = saying.feed() if whose is None else saying.own()
    more = saying.more if whose is None or saying.own_more is None else saying.own_more
    return Line(entry.at, saying.icon, saying.tone, _fill(template, entry), more(entry))


FEED_LENGTH = 7
PASSING = f'mail:{MailState.SENDING.value}'
"""Over in a moment, and back at every try while the mail server is down: no news for a feed."""
_SAID_BY = {
    AuditKind.CONTACT_CREATED.value: (AuditKind.INVITED.value,),
    AuditKind.ACCESS_GRANTED.value: (
        AuditKind.INVITED.value,
        AuditKind.INVITED_AGAIN.value,
        AuditKind.CONTACT_CREATED.value,
    ),
    AuditKind.ACCESS_REVOKED.value: (AuditKind.CONTACT_DELETED.value,),
    f'{AuditKind.SIGNED_IN.value} invitation': (AuditKind.JOINED.value,),
    AuditKind.CONTACT_EDITED.value: (AuditKind.ADDRESS_CHANGED.value,),
}
"""What is not said in a feed beside an entry that implies it, of the same moment and the same contact."""


def feed(entries: Sequence[Entry]) -> list[Line]:
    """The newest entries as the feed of the whole portal: one deed is one line where one line says it."""
    there = {(entry.at, entry.contact_id, entry.kind) for entry in entries}
    finished = {_job(entry) for entry in entries if entry.kind == AuditKind.JOB_FINISHED}
    told = [
        entry
        for entry in entries
        if entry.kind != PASSING
        and not _is_said(entry, there)
        and not (entry.kind == AuditKind.JOB_STARTED and _job(entry) in finished)
    ]
    return [line(entry, whose=None) for entry in told[:FEED_LENGTH]]


def _is_said(entry: Entry, there: set[tuple[datetime, int | None, str]]) -> bool:
    by = _SAID_BY.get(f'{entry.kind} {entry.detail.get("method", "")}'.strip(), ())
    return any((entry.at, entry.contact_id, kind) in there for kind in by)


def _job(entry: Entry) -> int:
    return number_of(entry, 'job_id')


def _saying(entry: Entry) -> Saying:
    found = SAYINGS.get(entry.kind, UNKNOWN)
    return found if isinstance(found, Saying) else found(entry)


def _fill(template: str, entry: Entry) -> tuple[str | Strong, ...]:
    parts: list[str | Strong] = []
    for words, name, _spec, _conversion in Formatter().parse(template):
        if words:
            parts.append(words)
        if name:
            parts.append(_part(name, entry))
    return tuple(parts)


def _part(name: str, entry: Entry) -> str | Strong:
    if name == 'who':
        href = _page_of(entry) if entry.actor_kind in ('client', 'visitor') and not entry.contact_name else ''
        return Strong(entry.actor_name or _('Somebody'), href)
    if name == 'contact':
        return Strong(entry.contact_name or entry.actor_name or _('Somebody'), _page_of(entry))
    if name == 'contacts':
        done = number_of(entry, 'done')
        return Strong(ngettext('%s contact', '%s contacts', done) % f'{done:,}', _page_of_job(entry))
    if name == 'job':
        # Translators: work on many contacts, as in "Ines Moreau started a job"
        return Strong(_('a job'), _page_of_job(entry))
    if name == 'member':
        return Strong(str(entry.detail.get('member') or entry.actor_name) or _('Somebody'))
    if name == 'to':
        return Strong(str(entry.detail.get('to') or entry.contact_name) or _('Somebody'))
    return mail_words(str(entry.detail.get('mail_kind')))


def _page_of(entry: Entry) -> str:
    """Nothing to go to for a contact that is gone, or for what concerns a login as a whole."""
    gone = entry.contact_id is None or entry.kind == AuditKind.CONTACT_DELETED.value
    return '' if gone else f'/staff/contacts/{entry.contact_id}'


def _page_of_job(entry: Entry) -> str:
    return page_of_kind(str(entry.detail.get('job_kind')), _job(entry)) if _job(entry) else ''


def sentence(line: Line) -> str:
    """The words of a line, without what leads elsewhere."""
    return ''.join(part if isinstance(part, str) else part.text for part in line.parts)
