"""A session opens pages in a browser, and nothing else."""

import pytest

from tests.ui.portal import Portal

PLACES = (
    '/',
    '/profile',
    '/staff',
    '/staff/access-report.csv',
    '/staff/activity.csv',
    '/api/v1/contacts',
    '/api/v1/openapi.json',
)


@pytest.mark.parametrize('path', PLACES)
def test_a_bearer_token_opens_nothing(portal: Portal, path: str) -> None:
    """R58: there is no API, and the id of a session is no bearer token."""
    bare = portal.visitor().get(path)
    assert bare.status_code in (303, 404)
    staff, client = portal.staff().cookies['foyer_staff'], portal.client().cookies['foyer_client']
    for token in ('foyer_made_up', staff, client):
        answer = portal.visitor().get(path, headers={'Authorization': f'Bearer {token}'})
        assert answer.status_code == bare.status_code
        assert answer.headers.get('location') == bare.headers.get('location')
