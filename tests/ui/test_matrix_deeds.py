"""What may be done, by whom, to whom, over HTTP and the socket (R57): every form by everybody, everything on a client's
pages with the ids of another client, and everything on a page whose owner may no longer do it.

Made from the routes, the pages' guards and the table of roles: what is added later is tried too.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from domain.actors import Role
from domain.authorization import ALLOWED, Permission
from tests.support.http import Visitor
from tests.support.socket import Element, LivePage, LiveSocket
from tests.ui.matrix import ROLES, WHO, Page, People, guarded, listed
from tests.ui.portal import Portal

EVERY_FIELD = {
    'token': 'a' * 43, 'code': '000000', 'current': 'wrong', 'password': 'quiet harbour seven lamps', 'who': 'client',
    'name': 'Eve', 'email': 'eve@x.example', 'next': '/staff',
}  # fmt: skip
TAKES_FILES = '/staff/contacts/import/file'  # the body is the file, whatever it holds
MAIL_SERVER = '/staff/settings/emails/server'
LOGO = '/staff/settings/branding/logo'  # as above; a form is no picture
PICTURE = '/staff/settings/branding/picture'  # the same
OF_CLIENTS = frozenset({'client'})
BELONGS_TO = {  # by the beginning of the path; whoever posts elsewhere needs a key of its own, which nobody here has
    '/sign-in/verify': frozenset({'half a client'}),
    '/staff/sign-in/verify': frozenset({'half a member'}),
    '/staff/sign-in/confirm': frozenset(ROLES),
    '/staff/profile/': frozenset(ROLES),
    '/staff/sign-out': frozenset(ROLES),
    '/staff/access-report.csv': frozenset({'admin', 'owner'}),
    '/staff/access-report.xlsx': frozenset({'admin', 'owner'}),
    TAKES_FILES: frozenset(ROLES),
    MAIL_SERVER: frozenset({'owner'}),
    LOGO: frozenset({'admin', 'owner'}),
    PICTURE: frozenset({'admin', 'owner'}),
    '/profile/': OF_CLIENTS,
    '/sign-out': OF_CLIENTS,
    '/sign-out/': OF_CLIENTS,
}
BY_KEY = {  # open doors: what is posted there has to hold an address that gets a mail, a password, a token or a code
    '/sign-in/email', '/sign-in/code', '/sign-in/link', '/sign-in/link/again', '/sign-in/password', '/forgot-password',
    '/forgot-password/again', '/reset-password', '/login-address', '/setup', '/password/strength', '/staff/sign-in',
    '/staff/forgot-password', '/staff/reset-password', '/staff/invitation', '/language',
}  # fmt: skip
BY_SCRIPT = {'/staff/sign-in/confirm', TAKES_FILES, MAIL_SERVER, LOGO, PICTURE}  # by a page's script: no door, a 401
DOORS = {
    '/staff/sign-in/verify': '/staff/sign-in', '/sign-in/verify': '/sign-in',
    '/staff/': '/staff/sign-in', '/': '/sign-in',
}  # fmt: skip
WHAT_COUNTS = {  # everything a deed could change, without what is only counted or kept about a try
    'contact': '*', 'login': '*', 'staff_member': '*', 'portal_settings': '*', 'recovery_code': '*', 'invitation': '*',
    'one_time_token': '*', 'outbox_mail': 'id, to_address', 'pending_sign_in': '*',
    'client_session': 'id, token_hash, login_id, contact_id, sealed', 'staff_session': 'id, token_hash, proved_at',
    'saved_view': '*', 'report_schedule': '*', 'job': '*', 'import_file': '*', 'mail_text': '*', 'mail_server': '*',
    'brand': '*', 'brand_image': 'digest, worn_at, mail_width', 'home_item': '*', 'home_item_contact': '*',
}  # fmt: skip


def everything(portal: Portal) -> dict[str, list[Any]]:
    return {table: portal.rows(f'SELECT {what} FROM {table} ORDER BY 1') for table, what in WHAT_COUNTS.items()}


def entitled(path: str) -> frozenset[str] | None:
    """Who may post there; None where a key is needed and anybody may try."""
    found = [who for start, who in BELONGS_TO.items() if path == start or (start[-1] == '/' and path.startswith(start))]
    assert bool(found) != (path in BY_KEY), f'{path}: say whose it is'
    return found[0] if found else None


@pytest.mark.parametrize('path', listed()[2])
def test_who_posts_what(people: People, path: str) -> None:
    """R29, R57: every form by everybody: who is not entitled is sent to the door and changes nothing; a door that is
    open to all does nothing without its key."""
    for who in WHO:
        may = entitled(path)
        if may and who in may:
            continue
        before = everything(people.portal)
        answer = people.browsers[who].post(path, data=EVERY_FIELD)
        assert everything(people.portal) == before, (who, path)
        if path in BY_SCRIPT:
            assert answer.status_code == (403 if who in ROLES else 401), (who, path)
        elif may and who != 'nobody' and path.endswith('/verify'):
            assert answer.status_code == 303  # whoever is in already goes on to what is behind
        elif may and who in ROLES and path.startswith('/staff/'):
            assert answer.status_code == 403, (who, path)
        elif may:
            door = next(door for start, door in DOORS.items() if path.startswith(start))
            assert (answer.status_code, answer.headers['location'].partition('?')[0]) == (303, door), (who, path)


@pytest.mark.parametrize('path', [path for path in listed()[2] if path not in BY_KEY and 'sign-out' not in path])
def test_who_may_post_meets_no_door(people: People, path: str) -> None:
    """R57: the other half of the table: whoever is entitled is answered by the form, not by the door."""
    for who in sorted(entitled(path) or ()):
        fields = {'name': 'Eve'} if path == TAKES_FILES else EVERY_FIELD  # a file is kept: no password belongs in it
        answer = people.browsers[who].post(path, data=fields)
        assert answer.status_code in ({TAKES_FILES: (201,), PICTURE: (404,)}.get(path) or (204, 303, 422)), (who, path)
        assert not answer.headers.get('location', '').partition('?')[0].endswith('/sign-in'), (who, path)


# ── One client and another ───────────────────────────────────────────────────


@dataclass(frozen=True)
class Other:
    """A client who is in, and what is its."""

    browser: Visitor
    contact_id: int
    login_id: int
    session_ids: tuple[int, ...]
    name: str = 'Berta Berg'


@pytest.fixture
def other(people: People) -> Other:
    portal, address = people.portal, people.portal.address()
    browser = portal.client('Berta Berg', email=address)
    second = portal.visitor()
    ((contact_id, login_id),) = portal.rows('SELECT id, login_id FROM contact WHERE email = ?', address)
    assert second.use(portal.link_for(contact_id)).status_code == 303
    sessions = portal.rows('SELECT id FROM client_session WHERE login_id = ?', login_id)
    return Other(browser, contact_id, login_id, tuple(one for (one,) in sessions))


def listeners(page: LivePage) -> Iterator[Element]:
    """Everything on the page that waits for an event."""
    for number, data in page.elements.items():
        if data and data.get('events'):
            yield Element(number, data)


def fire_all(socket: LiveSocket, page: LivePage, *, values: tuple[Any, ...] = (None,), without: str = '') -> int:
    """Every event that something on the page waits for, once with each value; how many."""
    fired = 0
    for element in list(listeners(page)):
        if without and without in page._says(element.id):
            continue
        for kind in {event['type'] for event in element.data['events']}:
            for value in values:
                socket.fire(page, element, kind, value)
                fired += 1
    return fired


def rows_of(portal: Portal, other: Other) -> list[Any]:
    return [
        portal.rows('SELECT * FROM contact WHERE id = ?', other.contact_id),
        portal.rows('SELECT * FROM login WHERE id = ?', other.login_id),
        portal.rows(
            'SELECT id, token_hash, contact_id FROM client_session WHERE login_id = ? ORDER BY id', other.login_id
        ),
        portal.rows('SELECT * FROM one_time_token WHERE login_id = ?', other.login_id),
    ]


@pytest.mark.parametrize('path', [page.path for page in guarded() if page.to == 'clients'])
def test_one_client_reaches_nothing_of_another(people: People, other: Other, path: str) -> None:
    """R57: a client's pages show nothing of another's; and every event of theirs, sent with the id of another client's
    session, contact or login instead of what stood there, ends and changes nothing of it."""
    mine = people.portal.client('Anna Arendt')
    answer = mine.get(path)
    assert answer.status_code == 200 and other.name not in answer.text
    page, before = LivePage(answer.text), rows_of(people.portal, other)
    ids = (other.contact_id, other.login_id, *other.session_ids)
    forged = tuple(
        one for number in ids for one in (number, str(number), {'id': number, 'key': number, 'value': number})
    )
    with LiveSocket(people.portal.base_url, page.client_id, cookies=mine.cookie_header) as socket:
        assert fire_all(socket, page, values=forged, without='Sign out') > len(forged)
        said = socket.listen(0.5)
    assert other.name not in json.dumps(said)
    assert rows_of(people.portal, other) == before
    assert other.browser.get('/').status_code == 200


@pytest.mark.parametrize('path', [path for path in listed()[2] if path.startswith('/profile/')])
def test_a_form_of_one_client_names_no_other(people: People, other: Other, path: str) -> None:
    """R57: whose password, second factor or codes they are says the session, never a field of the form."""
    before, mine = rows_of(people.portal, other), people.portal.client('Anna Arendt')
    ids = {'id': other.session_ids[0], 'session_id': other.session_ids[0], 'contact_id': other.contact_id}
    mine.post(path, data={**EVERY_FIELD, **ids, 'login_id': other.login_id, 'current': '', 'actor': other.login_id})
    assert rows_of(people.portal, other) == before


# ── A page whose owner may no longer do it ───────────────────────────────────


def demoted(portal: Portal, email: str) -> None:
    portal.change("UPDATE staff_member SET role = 'staff' WHERE email = ?", email)


def disabled(portal: Portal, email: str) -> None:
    portal.change('UPDATE staff_member SET disabled_at = created_at WHERE email = ?', email)


def signed_out(portal: Portal, email: str) -> None:
    portal.change('DELETE FROM staff_session WHERE staff_id = (SELECT id FROM staff_member WHERE email = ?)', email)


def held(portal: Portal, email: str) -> None:
    portal.change('UPDATE portal_settings SET staff_two_factor_required = 1')


def _unchanged(portal: Portal, email: str) -> None:
    """Nothing happened to its owner."""


BEHIND_ITS_BACK: dict[str, Callable[[Portal, str], None]] = {
    'demoted': demoted, 'disabled': disabled, 'signed out': signed_out, 'held': held
}  # fmt: skip


def cases() -> Iterator[tuple[Page, str]]:
    """Each page of staff, and whatever takes its permission away from an owner."""
    for page in guarded():
        if page.to != 'staff':
            continue
        for what in BEHIND_ITS_BACK:
            may_still = what == 'demoted' and (
                page.permission is None or Permission(page.permission) in ALLOWED[Role.STAFF]
            )
            if not may_still and not (what == 'held' and page.held):
                yield page, what


@contextmanager
def opened(people: People, page: Page) -> Iterator[tuple[LivePage, LiveSocket, str]]:
    """A page of an owner of its own, with every menu and dialog open that a click opens."""
    browser, email = people.portal.member('owner')
    live = LivePage(browser.get(people.address(page)).text)
    with LiveSocket(people.portal.base_url, live.client_id, cookies=browser.cookie_header) as socket:
        fire_all(socket, live, without='Sign out')
        for name, payload in socket.listen(1):
            if name == 'update' and isinstance(payload, dict):
                live.elements.update({int(one): data for one, data in payload.items() if one.isdigit() and data})
        socket.heard.clear()
        yield live, socket, email


def fire_all_with_sense(socket: LiveSocket, live: LivePage) -> None:
    """Everything is clicked, with a number in every field and then with an address, so that what is saved is valid."""
    for typed in ('3', 'eve@x.example'):
        assert fire_all(socket, live, values=(None, True, typed)) > 3
        socket.listen(0.6)


@pytest.mark.parametrize(('page', 'what'), list(cases()), ids=lambda one: one.path if isinstance(one, Page) else one)
def test_what_the_owner_of_a_page_may_no_longer_do_is_not_done(people: People, page: Page, what: str) -> None:
    """R36, R57: the page was opened by an owner who has been demoted, disabled, signed out or held since, by another
    process that could not tell this one: whatever is clicked or typed in it and in its dialogs changes nothing."""
    portal = people.portal
    with opened(people, page) as (live, socket, email):
        BEHIND_ITS_BACK[what](portal, email)
        try:
            before = everything(portal)
            fire_all_with_sense(socket, live)
            assert everything(portal) == before
        finally:
            portal.change('UPDATE portal_settings SET staff_two_factor_required = 0')


def test_what_the_owner_of_a_page_may_do_is_done(people: People) -> None:
    """R57: the same clicks of an owner who still is one do change something: it is the standing that stopped them."""
    changes = set()
    for page in {page for page, _ in cases()}:
        with opened(people, page) as (live, socket, _):
            before = everything(people.portal)
            fire_all_with_sense(socket, live)
            if everything(people.portal) != before:
                changes.add(page.path)
    assert changes >= {'/staff/contacts/{contact_id}', '/staff/settings/portal', '/staff/settings/security'}, changes
