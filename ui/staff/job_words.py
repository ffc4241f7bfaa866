"""What jobs are called, and what is said of their members, their pace and their stops."""

from collections.abc import Mapping
from typing import Any

from domain.contacts.bulk import BulkKind, Group
from domain.jobs.jobs import JobView
from domain.jobs.kinds import STUMBLED, ItemState, JobFault, JobState
from domain.jobs.members import RESTS
from domain.language import gettext as _
from domain.mail.job_mail import JobMail
from ui.components.badge import status_words
from ui.staff.contact_words import listed, several

MAILS = frozenset({BulkKind.INVITE.value, BulkKind.LOGIN_EMAIL.value, BulkKind.REMINDER.value})
LONG = 90  # seconds; more is told in minutes
VERY_LONG = 90 * 60


def job_title(kind: str, facts: Mapping[str, Any]) -> str:
    """What a job does, at the beginning of a sentence."""
    words = {
        BulkKind.INVITE.value: _('Invite to Client Portal'),
        BulkKind.LOGIN_EMAIL.value: _('Send Login Email'),
        BulkKind.GIVE_ACCESS.value: _('Give access'),
        BulkKind.REVOKE_ACCESS.value: _('Revoke access'),
        BulkKind.DELETE.value: _('Delete contacts'),
        BulkKind.REMINDER.value: _('Send reminder'),
        'import': _('Import contacts'),
    }
    title = words.get(kind, _('Job'))
    name = str(facts.get('name') or '')
    return f'{title} · {name}' if name else title


_RESULTS = {
    'invited': 'Invited',
    'invited_again': 'Invited again',
    'sent': 'Mailed',
    'given': 'Access given',
    'revoked': 'Access revoked',
    'deleted': 'Deleted',
    'reminded': 'Reminded',
    'gone': 'Was gone already',
    STUMBLED: 'Could not be done',
    Group.JOINED_ALREADY: 'Had joined already',
    Group.NO_ADDRESS: 'No address',
    Group.NO_ACCESS: 'Had no access',
    Group.HAD_ACCESS: 'Had access already',
    Group.NOT_INVITED: 'Not invited',
    Group.INVITE_EXPIRED: 'Invitation had expired',
    Group.SHARE_ADDRESS: 'Left out: shares an address',
    Group.REVOKED: 'Left out: access was revoked',
}


def result_words(state: ItemState, reason: str) -> str:
    """What became of a contact."""
    return _RESULTS.get(reason, reason.replace('_', ' ').capitalize()) if reason else status_words()[state.value]


def fault_words(fault: JobFault) -> str:
    """Why a job stopped by itself, and what to do."""
    return {
        JobFault.NOT_ALLOWED: 'Whoever it worked for may not do this any more. Somebody who may can resume it.',
        JobFault.STUMBLED: 'Something went wrong that is not about one contact. What is done stays done. Please resume '
        'it, or ask whoever runs Foyer to look into the log.',
        JobFault.FILE_INCOMPLETE: 'The file cannot be read to its end any more. What went in stays. Please import it '
        'once more: rows that went in change nothing.',
        JobFault.NUMBER_DIFFERS: 'The contacts changed before it began: they are no longer those that were counted. '
        'Nothing was done. Please choose them again.',
    }[fault]


def pace_words(job: JobView) -> str:
    """How quickly it goes and how long it will take; nothing for one that does not go."""
    if job.state is JobState.WAITING and not job.handled and not job.counts.get(RESTS):
        return 'Waiting for its turn' if job.gathered else 'Finding the contacts…'
    if job.state is JobState.DONE and job.started_at and job.finished_at:
        return f'took {_length((job.finished_at - job.started_at).total_seconds())}'
    if job.state not in (JobState.WAITING, JobState.RUNNING):
        return ''
    if job.counts.get(RESTS):
        return 'Waits for mail that is queued already'
    if not job.rate:
        return ''
    rate = f'{job.rate:,.0f} a second' if job.rate >= 1 else f'{job.rate * 60:,.0f} a minute'
    return f'{rate} · {left_words(job.seconds_left)}' if job.seconds_left is not None else rate


def left_words(seconds: int) -> str:
    """How long it still takes, roughly."""
    return 'almost done' if seconds < 2 else f'about {_length(seconds)} left'


def _length(seconds: float) -> str:
    if seconds <= LONG:
        return several(max(1, round(seconds)), 'second')
    if seconds <= VERY_LONG:
        return several(round(seconds / 60), 'minute')
    return several(round(seconds / 3_600), 'hour')


def come_words(job: JobView) -> str:
    """How far it has come."""
    if not job.gathered and not job.handled:
        return f'{job.total:,} found so far' if job.total else 'Just beginning'
    return f'{job.handled:,} of {job.total:,}'


def came_words(job: JobView) -> str:
    """How far it has come, or what it came to in the end."""
    failed = failed_words(job.kind)
    parts = ((job.done, 'done'), (job.skipped, 'left alone'), (job.failed, failed))
    if job.is_over and job.handled:
        return ' · '.join(f'{number:,} {words}' for number, words in parts if number)
    return ' · '.join([come_words(job), *([f'{job.failed:,} {failed}'] if job.failed else [])])


def failed_words(kind: str) -> str:
    """What is said, after their number, of those that a job of this kind could not deal with."""
    return 'refused' if kind == 'import' else 'failed'


def cancel_words(kind: str) -> str:
    """What cancelling a job of this kind does, and what it does not."""
    words = 'What is done stays done. The rest is left as it is, now and later.'
    if kind not in MAILS:
        return words
    return f'{words} Mail that was written already is sent all the same: to stop that too, open the job afterwards.'


def stop_words(job: JobView) -> str:
    """What stopping the waiting mail of a job does, and what it does not."""
    words = 'The mail of this job that waits is not sent, now or later. It cannot be brought back.'
    if job.kind != BulkKind.LOGIN_EMAIL.value:
        words += ' Who was invited stays invited, and can be reminded later.'
    return words if job.is_over else f'{words} The job goes on, and writes to the others: to stop that too, cancel it.'


_MAIL = {
    'waiting': 'waiting',
    'captured': 'captured',
    'sent': 'sent',
    'refused': 'refused',
    'failed': 'given up',
    'cancelled': 'cancelled',
}


def mail_words(fate: str, number: int) -> str:
    """So much mail fares like this."""
    return f'{number:,} {_MAIL[fate]}'


def not_reached_words(mail: JobMail) -> str:
    """How much mail got to nobody, why, and what to do where trying again as it is would not help."""
    reasons = (
        (mail.refused, 'refused for good by the mail server'),
        (mail.failed, 'given up'),
        (mail.cancelled, 'cancelled, or with a link that had ended'),
    )
    why = [(number, words) for number, words in reasons if number]
    said = listed([words if len(why) == 1 else f'{number:,} {words}' for number, words in why])
    told = f'{several(mail.not_reached, "mail")} got to nobody: {said}.'
    return f"{told} Correct the address on the contact's page, then send again." if mail.refused else told


def kept_words(*, is_kept: bool) -> str:
    """Before a date: how long it is known what became of whom."""
    return f'What became of each contact {"is" if is_kept else "was"} kept until'
