"""R38 over HTTP: the door at which a member who is in already proves once more who sits there."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from storage.models import AuditEvent
from tests.support import http
from tests.ui.portal import OWNER, PASSWORD, Portal

DOOR = '/staff/sign-in/confirm'


@pytest.fixture
def desk(portal: Portal) -> Iterator[http.Visitor]:
    visitor = portal.staff()
    yield visitor
    visitor.close()


def confirm(desk: http.Visitor, **form: str) -> httpx.Response:
    return desk.post(DOOR, data=form)


def test_the_right_password_is_taken_and_the_session_stays(desk: http.Visitor) -> None:
    """R38: 204 and no cookie: the page that asked lives on."""
    answer = confirm(desk, password=PASSWORD)
    assert (answer.status_code, answer.content) == (204, b'')
    assert 'set-cookie' not in answer.headers
    assert desk.get('/staff').status_code == 200


def test_a_wrong_one_is_told_at_its_field(portal: Portal, desk: http.Visitor) -> None:
    """R38: and the log says that somebody tried."""
    answer = confirm(desk, password='not this one at all')
    assert answer.status_code == 422
    assert answer.json() == {'field': 'password', 'message': 'The current password does not fit. Please try again.'}
    assert 'not this one' not in answer.text
    newest = portal.inside(lambda deps: AuditEvent.all().order_by('-id').first())
    assert newest is not None
    assert (newest.kind, newest.outcome) == ('staff:session:confirmation_refused', 'refused')


def test_somebody_who_is_not_in_proves_nothing(portal: Portal) -> None:
    with portal.visitor() as stranger:
        assert confirm(stranger, password=PASSWORD).status_code == 401


def test_a_form_from_elsewhere_is_refused(desk: http.Visitor) -> None:
    """R40."""
    elsewhere = {'Origin': 'https://evil.example'}
    assert desk.post(DOOR, data={'password': PASSWORD}, headers=elsewhere).status_code == 403


def test_tries_are_limited_as_those_at_the_door(tmp_path: Path) -> None:
    """R43, R48: five failures in five minutes, then the waiting time is told; counted apart from the door, so that
    neither locks the other."""
    with Portal(tmp_path) as limited:
        desk = limited.staff()
        answers = [confirm(desk, password='wrong') for _ in range(5)]
        answers.append(confirm(desk, password=PASSWORD))
        assert [answer.status_code for answer in answers] == [422] * 5 + [429]
        assert int(answers[-1].headers['retry-after']) > 0
        told = ['Please wait' in answer.json()['message'] for answer in answers]
        assert told == [False] * 4 + [True] * 2
        assert desk.sign_in_staff(OWNER, PASSWORD).headers['location'] == '/staff'
