"""View in portal over HTTP: who may look, what stands there, and that the client notices nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.http import words
from tests.ui.portal import Portal


def test_staff_see_what_the_contact_sees(portal: Portal) -> None:
    """Read-only, in a marked frame, audited once an opening."""
    contact_id = portal.contact('Clara Weiss')
    page = portal.staff().get(f'/staff/contacts/{contact_id}/portal')
    assert page.status_code == 200
    assert 'You see the portal as Clara Weiss does. Nothing you do here changes anything.' in words(page)
    assert 'Welcome, Clara' in words(page)
    assert '/sign-out' not in page.text, 'nobody signs out from here'
    assert page.headers['cache-control'] == 'no-store'
    assert _viewed(portal, contact_id) == 1


def test_it_is_in_the_language_of_the_contact(portal: Portal) -> None:
    """The portal alone: what staff read around it stays English. Behind the door and before it."""
    contact_id, staff = portal.contact('Clara Weiss'), portal.staff()
    portal.change("UPDATE contact SET language = 'de' WHERE id = ?", contact_id)
    path = f'/staff/contacts/{contact_id}/portal'
    page = words(staff.get(path))
    assert 'Willkommen, Clara' in page and 'Welcome, Clara' not in page
    assert 'You see the portal as Clara Weiss does.' in page and '<html lang="en' in page
    portal.revoke(contact_id)
    assert 'Anmeldelink per E-Mail schicken' in words(staff.get(path))


def test_the_client_notices_nothing(portal: Portal) -> None:
    """Neither its session nor its sign-in dates nor its presence are touched; its browser stays signed in."""
    contact_id = portal.contact('Clara Weiss')
    client = portal.visitor()
    client.use(portal.link_for(contact_id))
    client.get('/')
    cookie = client.cookie_header
    staff = portal.staff()
    before = _of_client(portal, contact_id)
    page = staff.get(f'/staff/contacts/{contact_id}/portal')
    assert page.status_code == 200
    assert 'foyer_client' not in str(page.headers.get('set-cookie'))
    assert _of_client(portal, contact_id) == before
    assert client.get('/').status_code == 200
    assert client.cookie_header == cookie


def test_a_contact_without_access_stands_before_the_door(portal: Portal) -> None:
    """It says what the client would see."""
    contact_id = portal.contact('Bert Boll', access=False)
    page = words(portal.staff().get(f'/staff/contacts/{contact_id}/portal'))
    assert 'Bert Boll has no access and stands before the door.' in page
    assert 'Email me a sign-in link' in page
    assert '/sign-in/email' not in page, 'the form goes nowhere'


def test_the_door_has_a_way_to_passwords_where_they_work(portal: Portal) -> None:
    """As on the sign-in page; neither leads anywhere."""
    path = f'/staff/contacts/{portal.contact("Bert Boll", access=False)}/portal'
    staff = portal.staff()
    assert 'Use a password' in words(staff.get(path))
    with in_mode(portal, 'link_only'):
        assert 'Use a password' not in words(staff.get(path))


def test_who_has_to_set_up_two_factor_sees_nothing_else(portal: Portal) -> None:
    """R28, R30: the set-up stands there without a key; none is made by looking, and nothing of the home shows."""
    contact_id = portal.contact('Clara Weiss')
    client = portal.visitor()
    client.use(portal.link_for(contact_id))
    staff, path = portal.staff(), f'/staff/contacts/{contact_id}/portal'
    with in_mode(portal, 'link_and_password_2fa'):
        before = _of_client(portal, contact_id)
        page = staff.get(path)
        seen = words(page)
        assert 'Clara Weiss has to set up two-factor before anything else opens.' in seen
        for said in ('Scan this with your authenticator app', 'A QR code stands here.', 'Copy key', 'Turn on'):
            assert said in seen, said
        assert 'Welcome, Clara' not in seen
        for way in ('otpauth:', '/profile/two-factor/turn-on', '/sign-out'):
            assert way not in page.text, way
        assert _of_client(portal, contact_id) == before
        held = client.get('/profile/two-factor')
        assert 'Scan this with your authenticator app' in words(held) and 'otpauth:' in held.text
    assert 'Welcome, Clara' in words(staff.get(path))


def test_who_may_not_look(portal: Portal) -> None:
    """R57: visitors and clients are sent to the door of staff, and nothing is recorded."""
    contact_id = portal.contact()
    path = f'/staff/contacts/{contact_id}/portal'
    for browser in (portal.visitor(), portal.client()):
        answer = browser.get(path)
        assert (answer.status_code, answer.headers['location']) == (303, f'/staff/sign-in?next={path}')
    assert _viewed(portal, contact_id) == 0


def test_a_contact_that_is_not_there(portal: Portal) -> None:
    """A page of its own with 404, and a way on."""
    for number in ('999999', '0', '-1', 'x', '9' * 30):
        page = portal.staff().get(f'/staff/contacts/{number}/portal')
        assert (page.status_code, 'This contact no longer exists' in words(page)) == (404, True), number


@contextmanager
def in_mode(portal: Portal, mode: str) -> Iterator[None]:
    """The firm works in this security mode for a while."""
    portal.change('UPDATE portal_settings SET security_mode = ?', mode)
    try:
        yield
    finally:
        portal.change("UPDATE portal_settings SET security_mode = 'link_and_password'")


def _viewed(portal: Portal, contact_id: int) -> int:
    kind = 'access:portal:viewed'
    return len(portal.rows('SELECT id FROM audit_event WHERE kind = ? AND contact_id = ?', kind, contact_id))


def _of_client(portal: Portal, contact_id: int) -> list[object]:
    of_login = '(SELECT login_id FROM contact WHERE id = ?)'
    return [
        portal.rows('SELECT * FROM contact WHERE id = ?', contact_id),
        portal.rows(f'SELECT * FROM login WHERE id = {of_login}', contact_id),
        portal.rows(f'SELECT * FROM client_session WHERE login_id = {of_login}', contact_id),
        portal.rows(f'SELECT * FROM one_time_token WHERE login_id = {of_login}', contact_id),
    ]
