"""The staff's doors, asked as a browser would: forms in, 303 out, and nothing typed is lost."""

from collections.abc import Iterator

import httpx
import pytest

from tests.support.served import Served
from tests.ui.portal import OWNER, PASSWORD, Portal


@pytest.fixture
def door(served: Served) -> Iterator[httpx.Client]:
    """A browser without scripts, at the program without an owner."""
    served.start()
    with httpx.Client(base_url=served.base_url, headers={'Origin': served.base_url}) as client:
        yield client


def set_up(door: httpx.Client, served: Served, **changed: str) -> httpx.Response:
    token = httpx.URL(served.setup_url).params['token']
    form = {'token': token, 'firm_name': '', 'name': 'Olga Owner', 'email': 'olga@firm.example', 'password': PASSWORD}
    return door.post('/setup', data=form | changed)


def test_the_printed_link_makes_the_owner_and_signs_it_in_once(door: httpx.Client, served: Served) -> None:
    """R61."""
    assert 'Create owner' in door.get(served.setup_url).text
    done = set_up(door, served)
    assert (done.status_code, done.headers['location']) == (303, '/staff')
    assert 'HttpOnly' in done.headers['set-cookie'] and 'SameSite=lax' in done.headers['set-cookie']
    assert door.get('/staff').status_code == 200
    assert 'The set-up is done' in door.get(served.setup_url).text
    again = set_up(door, served, email='eve@elsewhere.example')
    assert (again.status_code, again.headers['location']) == (303, '/setup')


def test_a_fault_brings_the_form_back_with_what_was_typed(door: httpx.Client, served: Served) -> None:
    assert door.post('/setup').status_code == 303, 'not even with every field missing'
    for wrong, words in (
        ({'email': 'olga at firm'}, 'has an @ in it'),
        ({'password': 'too short'}, 'at least 12 characters'),
        ({'name': '   '}, 'Please fill this in'),
        ({'firm_name': 'x' * 300}, 'at most 120 characters'),
    ):
        answer = set_up(door, served, **wrong)
        assert (answer.status_code, answer.headers['location']) == (303, '/setup')
        page = door.get('/setup').text
        assert words in page
        assert wrong.get('name', 'Olga Owner').strip() in page and wrong.get('email', 'olga@firm.example') in page
        assert PASSWORD not in page and 'too short' not in page.replace('This is too short', '')
    assert set_up(door, served).headers['location'] == '/staff'


def test_too_many_tries_are_told_to_wait(door: httpx.Client, served: Served) -> None:
    """R43."""
    set_up(door, served)
    door.post('/staff/sign-out')
    form = {'email': 'olga@firm.example', 'password': 'wrong'}
    answers = [door.post('/staff/sign-in', data=form).headers['location'] for _ in range(6)]
    assert answers[:4] == ['/staff/sign-in?error=refused'] * 4
    assert all(one.startswith('/staff/sign-in?error=wait&seconds=') for one in answers[4:]), 'the fifth tells it too'
    assert 'Please wait' in door.get(answers[-1]).text


def test_no_field_is_missing_for_a_program(portal: Portal) -> None:
    for path in ('/setup', '/staff/sign-in', '/staff/sign-out'):
        assert portal.visitor().post(path).status_code == 303


def test_a_refusal_keeps_the_address_and_goes_on_where_it_was_going(portal: Portal) -> None:
    door = portal.staff()
    assert door.post('/staff/sign-out').headers['location'] == '/staff/sign-in?notice=signed-out'
    assert door.get('/staff/contacts').headers['location'] == '/staff/sign-in?next=/staff/contacts'
    refused = door.sign_in_staff(OWNER, 'wrong', next='/staff/contacts')
    assert refused.headers['location'] == '/staff/sign-in?error=refused&next=%2Fstaff%2Fcontacts'
    page = door.get(refused.headers['location']).text
    assert OWNER in page and 'do not fit together' in page
    again = door.sign_in_staff(OWNER, PASSWORD, next='/staff/contacts')
    assert again.headers['location'] == '/staff/contacts'


@pytest.mark.parametrize(
    'elsewhere', ['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)']
)
def test_next_leads_nowhere_else(portal: Portal, elsewhere: str) -> None:
    """R53."""
    answer = portal.visitor().sign_in_staff(OWNER, PASSWORD, next=elsewhere)
    assert answer.headers['location'] == '/staff'


def test_a_form_from_elsewhere_is_refused(portal: Portal) -> None:
    """R40."""
    door = portal.staff()
    assert door.post('/staff/sign-out', headers={'Origin': 'https://evil.example'}).status_code == 403
    assert door.get('/staff').status_code == 200
