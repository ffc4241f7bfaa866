"""Every route and who may open it, made from the pages' own guards and the table of roles (R57).

Each page is asked for by everybody there is, over HTTP; then each page somebody may open is opened, and everybody else
tries to get in by its socket. What is downloaded stands beside the pages, with what it needs. What is done on them
stands in tests/ui/test_matrix_deeds.py.
"""

import pytest

from domain.authorization import ALLOWED, Permission
from domain.contacts.invitations import invite_contact
from domain.dependencies import Dependencies
from tests.factories import token_of
from tests.support.socket import LivePage, LiveSocket
from tests.ui.matrix import DOORS, HELD, ROLES, SET_UP, WHO, Page, People, guarded, listed
from tests.ui.portal import OWNER, Portal

DOWNLOADS = {
    '/staff/access-report.csv': Permission.EXPORT_REPORT,
    '/staff/access-report.xlsx': Permission.EXPORT_REPORT,
    '/staff/activity.csv': Permission.EXPORT_ACTIVITY,
    '/staff/contacts/import/contacts.csv': Permission.EXPORT_REPORT,
    '/staff/contacts/import/refused.csv': Permission.EDIT_CONTACTS,
}
OF_SOMETHING = {'/staff/contacts/import/refused.csv'}  # that its address names: by itself it is not there
LINKS = {  # plain pages: whoever has the link opens them; tests/ui/test_links.py and its kin look at them
    '/sign-in/link/{token}', '/reset-password/{token}', '/reset-password', '/login-address/{token}',
    '/login-address/done', '/staff/invitation/{token}', '/staff/reset-password/{token}',
}  # fmt: skip
FOR_MACHINES = {'/healthz', '/readyz', '/assets', '/tls/ask', '/.well-known/foyer'}
OF_CLIENTS = {'/go/{item_id}', '/to/{item_id}'}  # plain ways on: tests/ui/test_home_doors.py looks at them
PICTURES = {'/brand/mark.svg', '/brand/{digest}/logo', '/brand/{digest}/icon', '/favicon.ico'}  # as the sign-in page


def expected(page: Page, who: str, *, held: bool = False) -> tuple[int, str]:
    """Status, and where a redirect leads; from the guard and the table of roles alone."""
    belongs = (who == 'client') if page.to == 'clients' else who in ROLES
    if not belongs:
        return 303, DOORS[page.to]
    if held and not page.held:
        return 303, SET_UP[page.to]
    if page.permission and Permission(page.permission) not in ALLOWED[ROLES[who]]:
        return 403, ''
    return 200, ''


def test_every_route_is_looked_at() -> None:
    """R57: default is no; a route that is neither a page with a guard nor named here fails."""
    pages, routes, _ = listed()
    known = {page.path for page in pages} | set(DOWNLOADS) | LINKS | FOR_MACHINES | PICTURES | OF_CLIENTS
    assert {route for route in routes if not route.startswith('/assets')} == {
        path for path in known if path != '/assets'
    }
    assert len(guarded()) >= 15
    assert {page.to for page in pages} == {'everybody', 'clients', 'staff'}


def test_what_is_written_outlasts_a_laptop_that_sleeps() -> None:
    """F12: pages with more than a few words to type are there again, as they were, when their browser comes back."""
    written = {'/staff/settings/branding', '/staff/settings/emails', '/staff/home'}
    assert written <= {page.path for page in listed()[0] if page.waits}


@pytest.mark.parametrize('who', WHO)
def test_who_opens_what(people: People, who: str) -> None:
    """R29, R57: every page and every person, over HTTP."""
    wrong = []
    for page in guarded():
        answer = people.browsers[who].get(people.address(page))
        status, onward = expected(page, who)
        location = answer.headers.get('location', '')
        if answer.status_code != status or location.partition('?')[0] != onward:
            wrong.append((page.path, answer.status_code, location))
    assert wrong == []


@pytest.mark.parametrize('who', WHO)
@pytest.mark.parametrize('path', DOWNLOADS)
def test_who_downloads_what(people: People, who: str, path: str) -> None:
    """R29, R57: what is not a page has the same table."""
    answer = people.browsers[who].get(path)
    if who not in ROLES:
        assert (answer.status_code, answer.headers['location'].partition('?')[0]) == (303, '/staff/sign-in')
    else:
        there = 404 if path in OF_SOMETHING else 200
        assert answer.status_code == (there if DOWNLOADS[path] in ALLOWED[ROLES[who]] else 403)


@pytest.mark.parametrize('page', guarded(), ids=lambda page: page.path)
def test_nobody_else_gets_in_by_the_socket(people: People, page: Page) -> None:
    """R29, R39, R57: the id of somebody's open page is no key to it, whoever tries."""
    whose = 'client' if page.to == 'clients' else 'owner'
    live = LivePage(people.browsers[whose].get(people.address(page)).text)
    for who in WHO:
        if who != whose:
            with pytest.raises(ConnectionRefusedError):
                LiveSocket(people.portal.base_url, live.client_id, cookies=people.browsers[who].cookie_header)
    with LiveSocket(people.portal.base_url, live.client_id, cookies=people.browsers[whose].cookie_header):
        pass


@pytest.mark.parametrize('address', ['', OWNER])
def test_inviting_a_client_never_gives_staff_rights(people: People, address: str) -> None:
    """R57: who was asked in and joined opens no page and no download of staff, with whose address ever; nor does its
    session in the place of a member's."""
    portal = people.portal
    contact_id = portal.contact('Olga at Home', email=address, access=False)
    browser = portal.visitor()
    assert browser.use(invited_link(portal, contact_id)).headers['location'] == '/'
    assert browser.get('/').status_code == 200
    session = browser.cookies['foyer_client']
    posing = portal.visitor()
    posing.cookies.set('foyer_staff', session)
    for path in [people.address(page) for page in guarded() if page.to == 'staff'] + list(DOWNLOADS):
        for who in (browser, posing):
            answer = who.get(path)
            assert (answer.status_code, answer.headers['location'].partition('?')[0]) == (303, '/staff/sign-in'), path


def invited_link(portal: Portal, contact_id: int) -> str:
    """The token of an invitation that the owner sent."""

    async def invite(deps: Dependencies) -> str:
        return token_of((await invite_contact(deps, await portal.owner(deps), contact_id)).link)

    return portal.inside(invite)


def test_who_is_held_opens_one_page(people: People) -> None:
    """R29, R30, R57: with a second factor required and none set up, every other page leads to the one where it is."""
    people.portal.change(
        'UPDATE portal_settings SET security_mode = ?, staff_two_factor_required = 1', 'link_and_password_2fa'
    )
    try:
        for who in HELD:
            for page in guarded():
                answer = people.browsers[who].get(people.address(page))
                status, onward = expected(page, who, held=True)
                location = answer.headers.get('location', '').partition('?')[0]
                assert (answer.status_code, location) == (status, onward), (who, page.path)
        for who in ('staff', 'admin', 'owner'):
            for path in DOWNLOADS:
                answer = people.browsers[who].get(path)
                assert (answer.status_code, answer.headers.get('location')) == (303, SET_UP['staff']), (who, path)
    finally:
        people.portal.change(
            'UPDATE portal_settings SET security_mode = ?, staff_two_factor_required = 0', 'link_and_password'
        )
