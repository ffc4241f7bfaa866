"""What happened, in sentences: for the feed of the whole portal, and for one contact's own timeline."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import Formatter

from domain.activity.audit_log import Entry
from domain.audit import AuditKind
from domain.language import gettext as _
from domain.language import ngettext
from domain.mail.states import MailKind, MailState
from ui.components.feed import Line, Strong, Tone
from ui.devices import describe

LONGEST_QUOTE = 140


@dataclass(frozen=True)
class Saying:
    """How one kind of entry looks and reads. `feed` names everybody; `own` leaves out whose timeline it is.

    Both are templates with {who} (did it), {contact} (to whom) and {mail} (which mail), looked up when they are shown,
    in the language in use. `more` stands beneath in both, `own_more` in the timeline only: a feed is to be skimmed.
    """

    icon: str
    tone: Tone
    feed: Callable[[], str]
    own: Callable[[], str]
    more: Callable[[Entry], str] = lambda entry: ''
    own_more: Callable[[Entry], str] | None = None


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
    told = [entry for entry in entries if entry.kind != PASSING and not _is_said(entry, there)]
    return [line(entry, whose=None) for entry in told[:FEED_LENGTH]]


def _is_said(entry: Entry, there: set[tuple[datetime, int | None, str]]) -> bool:
    by = _SAID_BY.get(f'{entry.kind} {entry.detail.get("method", "")}'.strip(), ())
    return any((entry.at, entry.contact_id, kind) in there for kind in by)


def _saying(entry: Entry) -> Saying:
    if entry.kind == AuditKind.SIGNED_IN.value:
        return _signed_in(entry)
    if entry.kind == CANCELLED and entry.detail.get('mail_kind') == MailKind.INVITATION.value:
        return INVITATION_MAIL_CANCELLED
    return SAYINGS.get(entry.kind, UNKNOWN)


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
    return _mail_words(entry)


def _page_of(entry: Entry) -> str:
    """Nothing to go to for a contact that is gone, or for what concerns a login as a whole."""
    gone = entry.contact_id is None or entry.kind == AuditKind.CONTACT_DELETED.value
    return '' if gone else f'/staff/contacts/{entry.contact_id}'


def _mail_words(entry: Entry) -> str:
    words = {
        MailKind.INVITATION.value: _('Invitation'),
        MailKind.LOGIN_EMAIL.value: _('Login email'),
        MailKind.SIGN_IN.value: _('Sign-in mail'),
        MailKind.TEST_MAIL.value: _('Test mail'),
    }
    return words.get(str(entry.detail.get('mail_kind')), _('Mail'))


# ── What stands beneath ──────────────────────────────────────────────────────


def _device(entry: Entry) -> str:
    return describe(entry.user_agent) if entry.user_agent else ''


def _quote(entry: Entry) -> str:
    words = ' '.join(str(entry.detail.get('message') or '').split())
    if not words:
        return ''
    # Translators: %s is a personal message, in quotation marks
    return _('“%s”') % (words if len(words) <= LONGEST_QUOTE else words[: LONGEST_QUOTE - 1].rstrip() + '…')


def _from_to(entry: Entry) -> str:
    none = _('no address')
    return f'{entry.detail.get("before") or none} → {entry.detail.get("after") or none}'


def _what_ended(entry: Entry) -> str:
    sessions, links, invitations = (int(entry.detail.get(key) or 0) for key in ('sessions', 'links', 'invitations'))
    parts = [
        ngettext('%d session ended', '%d sessions ended', sessions) % sessions if sessions else '',
        ngettext('%d link cancelled', '%d links cancelled', links) % links if links else '',
        ngettext('%d invitation cancelled', '%d invitations cancelled', invitations) % invitations
        if invitations
        else '',
    ]
    return ', '.join(filter(None, parts))


def _which_settings(entry: Entry) -> str:
    words = {
        'firm_name': _('Firm name'),
        'new_contacts_get_access': _('Access for new contacts'),
        'sign_in_link_minutes': _('Lifetime of sign-in links'),
        'invitation_days': _('Lifetime of invitations'),
    }
    changed = entry.detail.get('changed')
    return ', '.join(words[name] for name in changed if name in words) if isinstance(changed, dict) else ''


def _answer(entry: Entry) -> str:
    return str(entry.detail.get('answer') or '')[:300]


def _address(entry: Entry) -> str:
    address = str(entry.detail.get('to') or '')
    return address if address != entry.contact_name else ''


def _address_and_answer(entry: Entry) -> str:
    return ' · '.join(filter(None, (_address(entry), _answer(entry))))


# ── The sentences ────────────────────────────────────────────────────────────


def _signed_in(entry: Entry) -> Saying:
    feed, own = {
        'magic_link': (_('{who} signed in with a link'), _('Signed in with a magic link')),
        'login_email': (_('{who} signed in with a login email'), _('Signed in with a login email')),
        'invitation': (_('{who} came in with the invitation'), _('Came in with the invitation')),
        'code': (_('{who} signed in with a code'), _('Signed in with a code')),
    }.get(str(entry.detail.get('method')), (_('{who} signed in'), _('Signed in')))
    if entry.contact_name:
        feed = feed.replace('{who}', '{contact}')
    return Saying('log-in', 'ok', lambda: feed, lambda: own, own_more=_device)


CANCELLED = f'mail:{MailState.CANCELLED.value}'
INVITATION_MAIL_CANCELLED = Saying(
    'x',
    '',
    lambda: _('Invitation mail to {contact} cancelled'),
    lambda: _('Invitation mail cancelled'),
    own_more=_address,
)
"""The invitation itself may well go on: only one mail of it was taken back."""

UNKNOWN = Saying('circle', '', lambda: _('Something else happened'), lambda: _('Something else happened'))

SAYINGS: dict[str, Saying] = {
    AuditKind.CONTACT_CREATED.value: Saying(
        'plus', '', lambda: _('{who} added {contact}'), lambda: _('Added by {who}')
    ),
    AuditKind.CONTACT_EDITED.value: Saying(
        'pencil', '', lambda: _('{who} edited {contact}'), lambda: _('Details edited by {who}')
    ),
    AuditKind.CONTACT_DELETED.value: Saying(
        'trash-2', 'warn', lambda: _('{who} deleted {contact}'), lambda: _('Deleted by {who}')
    ),
    AuditKind.ADDRESS_CHANGED.value: Saying(
        'mail',
        '',
        lambda: _('{who} changed the address of {contact}'),
        lambda: _('Address changed by {who}'),
        _from_to,
    ),
    AuditKind.ACCESS_GRANTED.value: Saying(
        'door-open', 'info', lambda: _('{who} gave {contact} access'), lambda: _('Access given by {who}')
    ),
    AuditKind.ACCESS_REVOKED.value: Saying(
        'ban',
        'warn',
        lambda: _('{who} revoked access for {contact}'),
        lambda: _('Access revoked by {who}'),
        _what_ended,
    ),
    AuditKind.INVITED.value: Saying(
        'user-plus', 'info', lambda: _('{who} invited {contact}'), lambda: _('Invited by {who}'), own_more=_quote
    ),
    AuditKind.INVITED_AGAIN.value: Saying(
        'user-plus',
        'info',
        lambda: _('{who} invited {contact} again'),
        lambda: _('Invited again by {who}'),
        own_more=_quote,
    ),
    AuditKind.INVITATION_CANCELLED.value: Saying(
        'user-x',
        'warn',
        lambda: _('{who} cancelled the invitation of {contact}'),
        lambda: _('Invitation cancelled by {who}'),
    ),
    AuditKind.JOINED.value: Saying('user-check', 'ok', lambda: _('{contact} joined'), lambda: _('Joined')),
    AuditKind.LINK_MADE.value: Saying(
        'zap', '', lambda: _('{who} made a link for {contact}'), lambda: _('Magic link made by {who}')
    ),
    AuditKind.LOGIN_EMAIL_SENT.value: Saying(
        'send', 'info', lambda: _('{who} sent {contact} a login email'), lambda: _('Login email written by {who}')
    ),
    AuditKind.LOGIN_EMAIL_ASKED.value: Saying(
        'mail', '', lambda: _('{who} asked for a sign-in mail'), lambda: _('Asked for a sign-in mail'), own_more=_device
    ),
    AuditKind.SIGNED_OUT.value: Saying(
        'log-out', '', lambda: _('{who} signed out'), lambda: _('Signed out'), own_more=_device
    ),
    AuditKind.CONTACT_SWITCHED.value: Saying(
        'refresh-cw', '', lambda: _('{who} went on as {contact}'), lambda: _('Picked in the portal')
    ),
    AuditKind.OWNER_CREATED.value: Saying(
        'key-round', 'ok', lambda: _('{who} is now an owner'), lambda: _('{who} is now an owner')
    ),
    AuditKind.STAFF_SIGNED_IN.value: Saying(
        'log-in', '', lambda: _('{who} signed in as staff'), lambda: _('{who} signed in as staff'), own_more=_device
    ),
    AuditKind.STAFF_SIGN_IN_REFUSED.value: Saying(
        'lock',
        'bad',
        lambda: _('{who} was refused at the staff door'),
        lambda: _('Refused at the staff door'),
        own_more=_device,
    ),
    AuditKind.STAFF_SIGNED_OUT.value: Saying(
        'log-out', '', lambda: _('{who} signed out'), lambda: _('{who} signed out')
    ),
    AuditKind.SETTINGS_CHANGED.value: Saying(
        'sliders-horizontal',
        '',
        lambda: _('{who} changed the settings'),
        lambda: _('{who} changed the settings'),
        _which_settings,
    ),
    AuditKind.REPORT_EXPORTED.value: Saying(
        'download', '', lambda: _('{who} exported the access report'), lambda: _('Access report exported by {who}')
    ),
    AuditKind.CAPTURED_MAIL_READ.value: Saying(
        'eye', 'warn', lambda: _('{who} read a captured mail to {contact}'), lambda: _('Captured mail read by {who}')
    ),
    AuditKind.MAIL_RETRIED.value: Saying(
        'refresh-cw', '', lambda: _('{who} had a mail to {contact} tried again'), lambda: _('Mail tried again by {who}')
    ),
    AuditKind.MAIL_CANCELLED.value: Saying(
        'circle-x', 'warn', lambda: _('{who} cancelled a mail to {contact}'), lambda: _('Mail cancelled by {who}')
    ),
    'mail:written': Saying(
        'mail-plus', '', lambda: _('{mail} to {contact} written'), lambda: _('{mail} written'), own_more=_address
    ),
    f'mail:{MailState.QUEUED.value}': Saying(
        'clock',
        'warn',
        lambda: _('{mail} to {contact} will be tried again'),
        lambda: _('{mail} will be tried again'),
        _answer,
    ),
    f'mail:{MailState.SENDING.value}': Saying(
        'send', '', lambda: _('{mail} to {contact} is on its way'), lambda: _('{mail} is on its way'), own_more=_address
    ),
    f'mail:{MailState.SENT.value}': Saying(
        'mail-check',
        'ok',
        lambda: _('{mail} to {contact} handed to the mail server'),
        lambda: _('{mail} handed to the mail server'),
        own_more=_address,
    ),
    f'mail:{MailState.FAILED.value}': Saying(
        'mail-x', 'bad', lambda: _('{mail} to {contact} refused'), lambda: _('{mail} refused'), _address_and_answer
    ),
    CANCELLED: Saying(
        'x', '', lambda: _('{mail} to {contact} cancelled'), lambda: _('{mail} cancelled'), own_more=_address
    ),
    f'mail:{MailState.CAPTURED.value}': Saying(
        'inbox', 'info', lambda: _('{mail} to {contact} captured'), lambda: _('{mail} captured'), own_more=_address
    ),
}
