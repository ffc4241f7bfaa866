"""Every entry of the audit log and every state of a mail has a sentence."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType

import pytest

from domain.activity.audit_log import Entry
from domain.audit import AuditKind
from domain.contacts.bulk import BulkKind
from domain.mail.states import MailKind, MailState
from ui import brand
from ui.components.feed import Strong
from ui.devices import describe
from ui.portal import home, sent, sign_in
from ui.staff import setup, wording
from ui.staff import sign_in as staff_sign_in
from ui.staff.activity_words import as_line
from ui.staff.contact_words import MAIL_KINDS, mail_kind_words

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIREFOX = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Gecko/20100101 Firefox/128.0'
IPHONE = (
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 '
    '(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'
)


def an_entry(kind: str, **values: object) -> Entry:
    given = {
        'actor_kind': 'staff',
        'actor_name': 'Ines Moreau',
        'contact_id': 7,
        'contact_name': 'Clara Weiss',
    } | values
    return Entry('a1', NOON, kind, **given)  # type: ignore[arg-type]


def said(entry: Entry, whose: int | None = None) -> str:
    parts = wording.line(entry, whose=whose).parts
    return ''.join(part.text if isinstance(part, Strong) else part for part in parts)


EVERY_KIND = [
    *(kind.value for kind in AuditKind),
    'mail:written',
    *(f'mail:{state.value}' for state in MailState),
]


@pytest.mark.parametrize('kind', EVERY_KIND)
def test_every_kind_has_a_sentence_of_its_own(kind: str) -> None:
    for whose in (None, 7):
        sentence = said(an_entry(kind), whose)
        assert sentence != said(an_entry('never heard of'), whose)
        assert '{' not in sentence
        assert sentence[:1].isupper()


@pytest.mark.parametrize('kind', EVERY_KIND)
def test_a_contacts_own_timeline_does_not_repeat_its_name(kind: str) -> None:
    assert 'Clara Weiss' not in said(an_entry(kind), whose=7)


@pytest.mark.parametrize('kind', EVERY_KIND)
def test_an_entry_without_names_still_reads(kind: str) -> None:
    bare = Entry('a1', NOON, kind)
    assert said(bare).strip() and '{' not in said(bare)


def test_a_kind_that_a_newer_version_wrote_is_shown_all_the_same() -> None:
    assert said(an_entry('later:thing:done')) == 'Something else happened'


def test_a_sign_in_says_how_and_from_where() -> None:
    entry = an_entry(AuditKind.SIGNED_IN.value, actor_kind='visitor', detail={'method': 'code'}, user_agent=FIREFOX)
    assert said(entry) == 'Clara Weiss signed in with a code'
    assert said(entry, whose=7) == 'Signed in with a code'
    assert wording.line(entry, whose=7).more == 'Firefox on macOS'


def test_the_sign_in_of_a_login_with_several_contacts_names_who_came() -> None:
    entry = an_entry(
        AuditKind.SIGNED_IN.value, actor_kind='visitor', actor_name='Clara Weiss', contact_id=None, contact_name=''
    )
    assert said(entry) == 'Clara Weiss signed in'


def test_revoking_tells_what_it_ended() -> None:
    entry = an_entry(AuditKind.ACCESS_REVOKED.value, detail={'sessions': 2, 'links': 1, 'invitations': 0})
    assert wording.line(entry, whose=None).more == '2 sessions ended, 1 link cancelled'


@pytest.mark.parametrize(
    ('kind', 'values', 'words', 'beneath'),
    [
        (
            AuditKind.LOGIN_LOCKED,
            {'detail': {'what': 'password', 'tries': 5, 'until': '2026-03-02T12:05:00+00:00'}},
            'The login of Clara Weiss was locked',
            'Too many wrong passwords · locked for 5 minutes',
        ),
        (
            AuditKind.LOGIN_LOCKED,
            {'detail': {'what': 'second_factor'}},
            'The login of Clara Weiss was locked',
            'Too many wrong authentication codes',
        ),
        (
            AuditKind.TWO_FACTOR_RESET,
            {'detail': {'reason': 'Lost the\nphone', 'sessions': 1}},
            'Ines Moreau reset the two-factor authentication of Clara Weiss',
            '“Lost the phone” · 1 session ended',
        ),
        (
            AuditKind.LOGIN_ADDRESS_CHANGED,
            {'detail': {'before': 'a@x.example', 'after': 'b@x.example', 'sessions': 2, 'links': 1}},
            'The login email of Clara Weiss changed',
            'a@x.example → b@x.example · 2 sessions ended, 1 link cancelled',
        ),
        (
            AuditKind.LOGIN_ADDRESS_CHANGED,
            {'outcome': 'refused', 'detail': {'before': 'a@x.example', 'after': 'b@x.example'}},
            'The login email of Clara Weiss could not change: another login has the address',
            'a@x.example → b@x.example',
        ),
        (
            AuditKind.SESSIONS_ENDED,
            {'detail': {'sessions': 3}},
            'Ines Moreau ended the sessions of Clara Weiss',
            '3 sessions ended',
        ),
        (
            AuditKind.SESSIONS_ENDED,
            {'actor_kind': 'client', 'actor_name': 'Clara Weiss', 'detail': {'sessions': 1}},
            'Clara Weiss signed out other devices',
            '1 session ended',
        ),
        (
            AuditKind.SECURITY_MODE_PLANNED,
            {
                'detail': {
                    'old': 'link_and_password',
                    'new': 'link_only',
                    'from_when': '2026-04-01T00:00:00+00:00',
                    'mailed': 12,
                }
            },
            'Ines Moreau planned a change of how clients sign in',
            'Link and password → Link only · from 2026-04-01 00:00 UTC · 12 clients told by mail',
        ),
        (
            AuditKind.SECURITY_MODE_CHANGED,
            {'actor_kind': 'system', 'detail': {'new': 'link_and_password_2fa', 'planned': True}},
            'How clients sign in changed as planned',
            'Link and password, with two-factor',
        ),
        (
            AuditKind.STAFF_ROLE_CHANGED,
            {'detail': {'member': 'Sam Keller', 'before': 'staff', 'after': 'admin'}},
            'Ines Moreau changed the role of Sam Keller',
            'Staff → Admin',
        ),
        (
            AuditKind.STAFF_INVITED,
            {'detail': {'member': 'Sam Keller', 'email': 'sam@firm.example', 'role': 'staff', 'again': True}},
            'Ines Moreau invited Sam Keller to the team again',
            'sam@firm.example · Staff',
        ),
        (
            AuditKind.STAFF_CONFIRMATION_REFUSED,
            {'outcome': 'refused'},
            'Ines Moreau could not confirm the sign-in',
            'Wrong password',
        ),
        (
            AuditKind.STAFF_CONFIRMED,
            {'outcome': 'refused'},
            'Ines Moreau could not confirm the sign-in',
            'Wrong password',
        ),
        (
            AuditKind.SIGN_IN_REFUSED,
            {'contact_name': '', 'actor_name': 'Clara Weiss', 'detail': {'method': 'password'}},
            'A sign-in as Clara Weiss was refused',
            'Wrong password',
        ),
        (
            AuditKind.SIGN_IN_REFUSED,
            {'contact_name': '', 'actor_name': 'c@x.example', 'detail': {'method': 'password', 'while_changing': True}},
            'c@x.example mistyped the current password while changing it',
            '',
        ),
        (
            AuditKind.CAPTURED_MAIL_READ,
            {
                'actor_name': 'Sara Staff',
                'contact_name': '',
                'detail': {'mail_kind': 'staff_password_reset', 'to': 'olga@firm.example'},
            },
            'Sara Staff read the captured mail to olga@firm.example',
            'Password reset mail for staff',
        ),
        (
            AuditKind.UNKNOWN_ADDRESS_IGNORED,
            {'detail': {'address': 'new@x.example'}},
            'Ines Moreau ignored an unknown address',
            'new@x.example',
        ),
    ],
)
def test_what_a_sentence_and_its_second_line_say(
    kind: AuditKind, values: dict[str, object], words: str, beneath: str
) -> None:
    """R59: honest sentences: who, to whom, with the numbers, the addresses and the reason that were written down."""
    entry = an_entry(kind.value, **values)
    assert (said(entry), wording.line(entry, whose=None).more) == (words, beneath)


@pytest.mark.parametrize('detail', [{'until': 7}, {'from_when': 'soon'}, {'sessions': None}, {'member': None}])
@pytest.mark.parametrize('kind', EVERY_KIND)
def test_odd_details_break_no_line(kind: str, detail: dict[str, object]) -> None:
    assert wording.line(an_entry(kind, detail=detail), whose=None).parts


@pytest.mark.parametrize('kind', MailKind)
def test_every_mail_has_a_name(kind: MailKind) -> None:
    assert wording.mail_words(kind.value) != wording.mail_words('never heard of')
    assert mail_kind_words(kind.value)[:1].isupper() and kind.value in MAIL_KINDS


def test_a_refused_mail_gives_the_words_of_the_server() -> None:
    entry = an_entry(
        'mail:failed',
        detail={'mail_kind': MailKind.INVITATION.value, 'to': 'clara@weiss.example', 'answer': '550 no such mailbox'},
    )
    assert said(entry) == 'Invitation to Clara Weiss refused'
    assert wording.line(entry, whose=None).more == 'clara@weiss.example · 550 no such mailbox'


def test_the_timeline_says_which_notice_it_was() -> None:
    entry = an_entry(
        'mail:captured', detail={'mail_kind': 'notice', 'subject': 'Two-factor is off', 'to': 'c@x.example'}
    )
    assert wording.line(entry, whose=7).more == 'Two-factor is off · c@x.example'


def test_the_details_of_a_mail_say_which_and_to_whom() -> None:
    entry = an_entry(AuditKind.MAIL_CANCELLED.value, detail={'mail_kind': 'invitation', 'to': 'c@x.example'})
    details = dict(as_line(entry).details)
    assert (details['Mail'], details['To']) == ('Invitation', 'c@x.example')


def test_names_lead_to_the_contact_as_long_as_there_is_one() -> None:
    def links(kind: AuditKind) -> list[str]:
        parts = wording.line(an_entry(kind.value), whose=None).parts
        return [part.href for part in parts if isinstance(part, Strong) and part.href]

    assert links(AuditKind.INVITED) == ['/staff/contacts/7']
    assert links(AuditKind.CONTACT_DELETED) == []


def test_a_feed_says_a_deed_once() -> None:
    """Inviting a new address writes three rows; the contact of another moment keeps its own line."""
    kinds = (AuditKind.INVITED, AuditKind.ACCESS_GRANTED, AuditKind.CONTACT_CREATED)
    deed = [an_entry(kind.value) for kind in kinds]
    other = an_entry(AuditKind.ACCESS_GRANTED.value, contact_id=8, contact_name='Yuki Tanaka')
    assert [row.icon for row in wording.feed([*deed, other])] == ['user-plus', 'door-open']


def test_who_comes_in_with_the_invitation_has_joined() -> None:
    joined = an_entry(AuditKind.JOINED.value)
    came, mailed = (
        an_entry(AuditKind.SIGNED_IN.value, detail={'method': how}) for how in ('invitation', 'login_email')
    )
    assert [row.icon for row in wording.feed([came, joined])] == ['user-check']
    assert [row.icon for row in wording.feed([mailed, joined])] == ['log-in', 'user-check']


A_JOB = {'job_id': 12, 'job_kind': 'invite', 'contacts': 10_000, 'done': 9_842, 'skipped': 155, 'failed': 3}


@pytest.mark.parametrize(
    ('kind', 'done', 'words', 'href'),
    [
        ('invite', 9_842, 'Ines Moreau invited 9,842 contacts', '/staff/jobs/12'),
        ('revoke_access', 1, 'Ines Moreau revoked access for 1 contact', '/staff/jobs/12'),
        ('import', 2, 'Ines Moreau imported 2 contacts', '/staff/contacts/import?job=12'),
        ('delete', 0, 'Ines Moreau finished a job', '/staff/jobs/12'),
        ('of a later version', 5, 'Ines Moreau finished a job', '/staff/jobs/12'),
    ],
)
def test_a_job_that_is_done_says_to_how_many_and_leads_to_it(kind: str, done: int, words: str, href: str) -> None:
    detail = {**A_JOB, 'job_kind': kind, 'done': done}
    entry = an_entry(AuditKind.JOB_FINISHED.value, contact_id=None, contact_name='', detail=detail)
    line = wording.line(entry, whose=None)
    assert wording.sentence(line) == words
    assert [part.href for part in line.parts if isinstance(part, Strong)] == ['', href]
    assert line.more.endswith('155 left alone · 3 failed')


def test_every_kind_of_bulk_job_has_words_of_its_own() -> None:
    lines = {
        said(an_entry(AuditKind.JOB_FINISHED.value, detail={**A_JOB, 'job_kind': kind.value}))
        for kind in BulkKind
        if kind is not BulkKind.EXPORT
    }
    assert len(lines) == len(BulkKind) - 1 and 'Ines Moreau finished a job' not in lines


def test_a_job_that_is_done_is_one_line_of_the_feed() -> None:
    """That it was started goes without saying then; of one that is at work it is what there is to say."""
    end, begin = (an_entry(kind.value, detail=A_JOB) for kind in (AuditKind.JOB_FINISHED, AuditKind.JOB_STARTED))
    other = an_entry(AuditKind.JOB_STARTED.value, detail={**A_JOB, 'job_id': 13})
    assert [wording.sentence(line) for line in wording.feed([end, other, begin])] == [
        'Ines Moreau invited 9,842 contacts',
        'Ines Moreau started a job',
    ]


def test_a_mail_under_way_is_no_news() -> None:
    assert wording.feed([an_entry('mail:sending')]) == []


def test_a_feed_is_short() -> None:
    assert len(wording.feed([an_entry(AuditKind.JOINED.value)] * 30)) == wording.FEED_LENGTH


def test_a_long_message_is_cut() -> None:
    more = wording.line(an_entry(AuditKind.INVITED.value, detail={'message': 'Hello. ' * 100}), whose=7).more
    assert len(more) <= wording.LONGEST_QUOTE + 2 and more.endswith('…”')


@pytest.mark.parametrize(
    ('user_agent', 'words'),
    [
        (FIREFOX, 'Firefox on macOS'),
        (IPHONE, 'Safari on iPhone'),
        ('curl/8.5.0', 'curl'),
        ('', 'Unknown device'),
        ('<img onerror=alert(1)>' * 50, 'Unknown device'),
    ],
)
def test_devices_in_words(user_agent: str, words: str) -> None:
    assert describe(user_agent) == words


@pytest.mark.parametrize('module', [sign_in, sent, home, setup, staff_sign_in])
def test_the_title_of_a_clients_page_is_said_at_each_request(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType
) -> None:
    """Every sentence a client reads comes through the catalogue, in the language of its reader."""
    titles: list[Callable[[], str]] = []

    def take(path: str, *, title: Callable[[], str]) -> Callable[[object], None]:
        titles.append(title)
        return lambda build: None

    monkeypatch.setattr(module, 'client_page' if module is home else 'public_page', take)
    module.register()
    monkeypatch.setattr(module, '_', str.upper)
    (title,) = titles
    assert title().isupper()


def test_a_portal_without_a_name_is_called_something_in_every_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brand, '_', str.upper)
    assert (brand.name_of(''), brand.name_of('Holm Bau')) == ('CLIENT PORTAL', 'Holm Bau')
