"""What staff read about a contact: how it signed in, what its mail was, what revoking does in numbers."""

from collections.abc import Iterable

from domain.contacts.portal_access import Revoked

METHODS = {
    'magic_link': 'Link',
    'login_email': 'Login email',
    'invitation': 'Invitation',
    'code': 'Code',
    'password': 'Password',
}
MAIL_KINDS = {
    'invitation': 'Invitation',
    'reminder': 'Reminder',
    'login_email': 'Login email',
    'sign_in': 'Sign-in mail',
    'test_mail': 'Test mail',
    'password_reset': 'Password reset',
    'staff_password_reset': 'Staff password reset',
    'new_address': 'Address to confirm',
    'staff_invitation': 'Team invitation',
    'notice': 'Notice',
    'report': 'Access report',
    'security_notice': 'Sign-in notice',
}


def method_words(method: str) -> str:
    """By what somebody signed in; empty for never."""
    return METHODS.get(method, method.replace('_', ' ').capitalize())


def mail_kind_words(kind: str) -> str:
    """What a mail is for."""
    return MAIL_KINDS.get(kind, kind.replace('_', ' ').capitalize())


def several(number: int, one: str, many: str = '') -> str:
    """`1 session`, `2,041 sessions`."""
    return f'{number:,} {one if number == 1 else many or f"{one}s"}'


def listed(parts: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *before, last = list(parts)
    return f'{", ".join(before)} and {last}' if before else last


def would(revoked: Revoked) -> str:
    """What revoking does, after a subject: `ends 1 session and cancels 1 link`; empty when nothing is open."""
    cancels = []
    if revoked.links:
        cancels.append(several(revoked.links, 'link'))
    if revoked.invitations:
        cancels.append('the invitation')
    does = []
    if revoked.sessions:
        does.append(f'ends {several(revoked.sessions, "session")}')
    if cancels:
        does.append(f'cancels {listed(cancels)}')
    return listed(does) if does else ''


def did(revoked: Revoked) -> str:
    """What revoking did, as a sentence: `1 session ended, 1 link cancelled.`; empty when there was nothing to close."""
    done = []
    if revoked.sessions:
        done.append(f'{several(revoked.sessions, "session")} ended')
    if revoked.links:
        done.append(f'{several(revoked.links, "link")} cancelled')
    if revoked.invitations:
        done.append(f'{several(revoked.invitations, "invitation")} cancelled')
    words = f'{", ".join(done)}.' if done else ''
    if revoked.still_serves:
        words = f'{words} The login is still served by {named(revoked.still_serves, revoked.more)}.'.strip()
    return words


def named(names: tuple[str, ...], more: int = 0) -> str:
    """Some names, and how many more; so many `more` are not among them."""
    shown = [one if len(one) <= 40 else f'{one[:39]}…' for one in names[:3]]
    if more := more + len(names) - len(shown):
        shown.append(f'{more:,} more')
    return listed(shown)
