"""Status as a word, a shape and a colour."""

from nicegui import ui as nui

from domain.language import gettext as _
from ui.components.words import plain_text

_LOOKS = {
    'queued': 'not_invited',
    'sending': 'invited',
    'sent': 'joined',
    'captured': 'invite_expired',
    'failed': 'revoked',
    'cancelled': 'no_access',
    'not_tried': 'no_access',
    'waiting': 'not_invited',
    'refused': 'revoked',
    'active': 'joined',
    'disabled': 'revoked',
    'running': 'invited',
    'paused': 'invite_expired',
    'done': 'joined',
    'skipped': 'no_access',
}
"""Mail states, and those of staff and jobs, borrow the marks of the contact statuses, which the stylesheet knows."""


def status_words() -> dict[str, str]:
    """The word for each status of a contact and each state of a mail, in the language in use."""
    return {
        'no_access': _('No access'),
        'not_invited': _('Not invited'),
        'invited': _('Invited'),
        'invite_expired': _('Invite expired'),
        'joined': _('Joined'),
        'revoked': _('Revoked'),
        'queued': _('Waiting'),
        'sending': _('Sending'),
        'sent': _('Sent'),
        'captured': _('Captured'),
        'failed': _('Failed'),
        'cancelled': _('Cancelled'),
        'not_tried': _('Not tried'),
        'waiting': _('Waiting'),
        'refused': _('Refused'),
        'active': _('Active'),
        'disabled': _('Disabled'),
        'running': _('Running'),
        'paused': _('Paused'),
        'done': _('Done'),
        'skipped': _('Left alone'),
    }


def badge_look(status: str) -> str:
    """The class that gives a status its mark and its colour."""
    return _LOOKS.get(status, status)


def badge(status: str, text: str | None = None, *, plain: bool = False) -> nui.element:
    """The word for `status`, or `text` instead; `plain` leaves the mark away."""
    word = status_words().get(status, status) if text is None else text
    return plain_text('span', word).classes(f'fy-badge {badge_look(status)} {"plain" if plain else ""}')
