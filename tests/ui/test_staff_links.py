"""The doors behind links for staff, and the second step at theirs, asked as a browser without scripts would."""

from collections.abc import Iterator

import httpx
import pytest

from domain.actors import Role
from domain.dependencies import Dependencies
from domain.staff.staff_invitations import invite_staff
from domain.staff.staff_passwords import ask_for_staff_reset
from tests.domain.staff.given import token_in
from tests.factories import a_visitor, app_code, given_second_factor, given_staff, newest_mail
from tests.support import http
from tests.ui.portal import PASSWORD, Portal

OWN = 'a quiet harbour at dawn'


@pytest.fixture
def stranger(portal: Portal) -> Iterator[http.Visitor]:
    with portal.visitor() as visitor:
        yield visitor


def invitation(portal: Portal, email: str) -> str:
    """The token of an invitation to the team."""

    async def invite(deps: Dependencies) -> str:
        await invite_staff(deps, await portal.owner(deps), 'Bea Lund', email, Role.STAFF)
        return token_in(await newest_mail(deps, email))

    return portal.inside(invite)


def reset_link(portal: Portal, email: str) -> str:
    async def ask(deps: Dependencies) -> str:
        await ask_for_staff_reset(deps, a_visitor(), email)
        return token_in(await newest_mail(deps, email))

    return portal.inside(ask)


def test_a_link_leaves_the_address_and_is_not_used_by_looking(portal: Portal, stranger: http.Visitor) -> None:
    """R10, R11: GET and HEAD use nothing, and the token stands in no address any more."""
    token = invitation(portal, 'bea1@firm.example')
    for _ in range(3):
        answer = stranger.get(f'/staff/invitation/{token}')
        assert (answer.status_code, answer.headers['location']) == (303, '/staff/invitation')
        assert stranger.head(f'/staff/invitation/{token}').status_code == 303
    assert token not in answer.headers['set-cookie']
    assert answer.headers['referrer-policy'] == 'same-origin'
    page = stranger.get('/staff/invitation')
    assert page.status_code == 200
    assert 'bea1@firm.example' in page.text and page.headers['cache-control'] == 'no-store'


def test_joining_needs_a_good_password_and_nothing_is_lost(portal: Portal, stranger: http.Visitor) -> None:
    """R14, R34: a poor one brings the form back, a good one opens the door with a new session, once."""
    token = invitation(portal, 'bea2@firm.example')
    poor = stranger.post('/staff/invitation', data={'token': token, 'password': 'short'})
    assert (poor.status_code, poor.headers['location']) == (303, '/staff/invitation?error=1')
    page = stranger.get('/staff/invitation?error=1')
    assert 'at least 12 characters' in http.words(page) and 'value="short"' not in page.text
    later_on = http.words(stranger.get('/staff/invitation'))
    assert 'bea2@firm.example' in later_on and 'at least 12 characters' not in later_on, 'told once'
    done = stranger.post('/staff/invitation', data={'token': token, 'password': OWN})
    assert (done.status_code, done.headers['location']) == (303, '/staff')
    assert stranger.get('/staff').status_code == 200
    assert stranger.get('/staff/team').status_code == 403
    with portal.visitor() as later:
        for answer in (
            later.get(f'/staff/invitation/{token}'),
            later.post('/staff/invitation', data={'token': token, 'password': OWN}),
            later.get('/staff/invitation'),
            later.get('/staff/invitation/made-up'),
            later.get('/staff/reset-password'),
        ):
            assert answer.status_code == 410
            assert 'expired or already used' in answer.text


def test_a_reset_changes_the_password_and_signs_nobody_in(portal: Portal, stranger: http.Visitor) -> None:
    """R20: no session comes of it, and the ones there were are over."""
    desk, email = portal.member('staff')
    token = reset_link(portal, email)
    stranger.get(f'/staff/reset-password/{token}')
    done = stranger.post('/staff/reset-password', data={'token': token, 'password': OWN})
    assert (done.status_code, done.headers['location']) == (303, '/staff/sign-in?notice=password')
    assert 'foyer_staff=' not in str(done.headers.get('set-cookie'))
    assert stranger.get('/staff').headers['location'] == '/staff/sign-in'
    assert desk.get('/staff').headers['location'] == '/staff/sign-in'
    assert 'error=refused' in stranger.sign_in_staff(email, PASSWORD).headers['location']
    assert stranger.sign_in_staff(email, OWN).headers['location'] == '/staff'


def test_forgetting_is_answered_alike_for_everybody(portal: Portal) -> None:
    """R41: known, unknown, a client's: same status, headers and body."""
    _, email = portal.member('staff')
    answers = []
    for address in (email, 'nobody@firm.example', 'clara@weiss.example'):
        with portal.visitor() as visitor:
            asked = visitor.post('/staff/forgot-password', data={'email': address})
            assert (asked.status_code, asked.headers['location']) == (303, '/staff/forgot-password?sent=1')
            answers.append(http.comparable(asked))
    assert answers[0] == answers[1] == answers[2]
    with portal.visitor() as visitor:
        assert visitor.post('/staff/forgot-password', data={'email': 'no address'}).status_code == 303
        assert 'has an @ in it' in visitor.get('/staff/forgot-password?error=1').text
        page = visitor.get('/staff/forgot-password').text
        assert 'no address' in page and 'has an @ in it' not in page, 'told once, and what was typed stays'


def enrolled(portal: Portal) -> tuple[str, str]:
    """The address of a member with a second factor, and the secret of its app."""

    async def enrol(deps: Dependencies) -> tuple[str, str]:
        member = await given_staff(deps)
        return member.email, (await given_second_factor(deps, member)).secret

    return portal.inside(enrol)


def test_half_a_sign_in_opens_nothing(portal: Portal, stranger: http.Visitor) -> None:
    """R29, R53: neither page nor download nor route; `next` is kept through the second step, within our own paths."""
    email, secret = enrolled(portal)
    passed = stranger.sign_in_staff(email, PASSWORD, next='/staff/outbox')
    assert passed.headers['location'] == '/staff/sign-in/verify?next=%2Fstaff%2Foutbox'
    cookies = http.cookies_set(passed)
    assert 'foyer_staff' not in cookies and cookies['foyer_staff_pending'].attributes['samesite'] == 'lax'
    for path in ('/staff', '/staff/contacts', '/staff/team', '/staff/profile/two-factor', '/staff/access-report.csv'):
        answer = stranger.get(path)
        assert answer.status_code in (303, 403), path
        assert not answer.headers.get('location', '/staff/sign-in').startswith('/staff/profile'), path
    assert stranger.post('/staff/sign-in/confirm', data={'password': PASSWORD}).status_code == 401
    page = stranger.get('/staff/sign-in/verify?next=/staff/outbox').text
    assert 'Authentication code' in page and 'Verify' in page and 'Use a recovery code' in page
    wrong = stranger.post('/staff/sign-in/verify', data={'code': '12345', 'next': '/staff/outbox'})
    assert wrong.headers['location'] == '/staff/sign-in/verify?error=code&next=%2Fstaff%2Foutbox'
    portal.change('UPDATE staff_member SET totp_last_step = 0 WHERE email = ?', email)
    code = portal.inside(lambda deps: _code(deps, secret))
    done = stranger.post('/staff/sign-in/verify', data={'code': code, 'next': '//evil.example'})
    assert done.headers['location'] == '/staff'
    assert http.cookies_set(done)['foyer_staff_pending'].value == ''
    assert stranger.get('/staff').status_code == 200


async def _code(deps: Dependencies, secret: str) -> str:
    return app_code(secret, deps.clock)


def test_without_a_first_factor_there_is_no_second(stranger: http.Visitor) -> None:
    """R29: the page leads back to the door."""
    assert stranger.get('/staff/sign-in/verify').headers['location'] == '/staff/sign-in?error=over'
    answer = stranger.post('/staff/sign-in/verify', data={'code': '123456'})
    assert answer.headers['location'] == '/staff/sign-in?error=over'
    assert 'took too long' in stranger.get('/staff/sign-in?error=over').text


def test_changing_ones_own_password(portal: Portal) -> None:
    """R19, R37: the present one is asked for; other browsers are signed out, this one is not."""
    desk, email = portal.member('staff')
    with portal.visitor() as elsewhere:
        elsewhere.sign_in_staff(email, PASSWORD)
        wrong = desk.post('/staff/profile/password', data={'current': 'wrong', 'password': OWN})
        assert wrong.headers['location'] == '/staff/profile?error=1'
        assert 'The current password does not fit' in desk.get('/staff/profile?error=1').text
        assert 'The current password does not fit' not in desk.get('/staff/profile').text, 'told once'
        done = desk.post('/staff/profile/password', data={'current': PASSWORD, 'password': OWN})
        assert done.headers['location'] == '/staff/profile?notice=password'
        assert 'Your password is changed' in desk.get('/staff/profile?notice=password').text
        assert elsewhere.get('/staff').status_code == 303


def test_a_held_member_sees_one_page_alone(portal: Portal) -> None:
    """R30: while the firm asks staff for a second factor, whoever has none gets that page and no other."""
    desk, _ = portal.member('staff')
    portal.change('UPDATE portal_settings SET staff_two_factor_required = 1')
    try:
        for path in ('/staff', '/staff/contacts', '/staff/profile', '/staff/team'):
            assert desk.get(path).headers['location'] == '/staff/profile/two-factor', path
        assert 'Scan this' in desk.get('/staff/profile/two-factor').text
    finally:
        portal.change('UPDATE portal_settings SET staff_two_factor_required = 0')


@pytest.mark.parametrize(
    'path',
    [
        '/staff/sign-in/verify', '/staff/invitation', '/staff/reset-password', '/staff/forgot-password',
        '/staff/profile/password', '/staff/profile/two-factor/turn-on', '/staff/profile/two-factor/new-codes',
        '/staff/profile/two-factor/turn-off', '/staff/sign-in/confirm',
    ],
)  # fmt: skip
def test_empty_forms_and_forms_from_elsewhere(stranger: http.Visitor, path: str) -> None:
    """R40: nothing breaks, and a form of another site is refused."""
    assert stranger.post(path).status_code in (303, 401, 410)
    elsewhere: httpx.Response = stranger.post(path, headers={'Origin': 'https://evil.example'})
    assert elsewhere.status_code == 403
