"""Every route and who may open it, made from the pages' own guards and the table of roles (R57).

Each page is asked for by everybody there is, over HTTP; then each page somebody may open is opened, and everybody else
tries to get in by its socket. What is downloaded stands beside the pages, with what it needs.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from domain.actors import Role
from domain.authorization import ALLOWED, Permission
from tests.support.http import Visitor
from tests.support.smtp_sink import SmtpSink
from tests.support.socket import LivePage, LiveSocket
from tests.ui.portal import PASSWORD, Portal
from tests.ui.second_factor import enrolled

LIST_PAGES = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from nicegui import app
from domain.dependencies import build_dependencies
from domain.settings import Settings
from ui.frame import pages
from ui.web import register
register(build_dependencies(Settings(_env_file=None, data_dir=Path(sys.argv[1]))))
routes = [route.path for route in app.routes if 'GET' in (getattr(route, 'methods', None) or ())]
opens = {path: asdict(opens) for path, opens in pages.items()}
print(json.dumps([opens, [path for path in routes if not path.startswith('/_nicegui')]]))
"""
DOWNLOADS = {
    '/staff/access-report.csv': Permission.EXPORT_REPORT,
    '/staff/activity.csv': Permission.EXPORT_ACTIVITY,
}
LINKS = {  # plain pages: whoever has the link opens them; tests/ui/test_links.py and its kin look at them
    '/sign-in/link/{token}', '/reset-password/{token}', '/reset-password', '/login-address/{token}',
    '/login-address/done', '/staff/invitation/{token}', '/staff/reset-password/{token}',
}  # fmt: skip
FOR_MACHINES = {'/healthz', '/readyz', '/assets'}
WHO = ('nobody', 'client', 'half a client', 'half a member', 'staff', 'admin', 'owner')
HELD = ('client', 'staff', 'admin', 'owner')
ROLES = {role.value: role for role in Role}
DOORS = {'staff': '/staff/sign-in', 'clients': '/sign-in'}
SET_UP = {'staff': '/staff/profile/two-factor', 'clients': '/profile/two-factor'}


@dataclass(frozen=True)
class Page:
    """A registered page, as its guard has it."""

    path: str
    to: str
    permission: str | None
    held: bool


@cache
def listed() -> tuple[tuple[Page, ...], frozenset[str]]:
    """The pages with their guards, and every path that answers a GET."""
    with TemporaryDirectory() as folder:
        said = subprocess.run(
            [sys.executable, '-c', LIST_PAGES, folder],
            check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
    opens, routes = json.loads(said.stdout.splitlines()[-1])
    return tuple(Page(path=path, **what) for path, what in opens.items()), frozenset(routes)


def guarded() -> tuple[Page, ...]:
    return tuple(page for page in listed()[0] if page.to != 'everybody')


@dataclass(frozen=True)
class People:
    """Everybody there is, and a contact to look at."""

    portal: Portal
    browsers: dict[str, Visitor]
    contact_id: int

    def address(self, page: Page) -> str:
        return page.path.replace('{contact_id}', str(self.contact_id))


def half_a_client(portal: Portal) -> Visitor:
    """The first factor held, the second was not asked yet."""
    clara = enrolled(portal)
    visitor = portal.visitor()
    answer = visitor.use(portal.link_for(clara.contact_id))
    assert answer.headers['location'] == '/sign-in/verify'
    return visitor


def half_a_member(portal: Portal) -> Visitor:
    _, email = portal.member('owner')
    portal.change('UPDATE staff_member SET totp_secret = ?, totp_enrolled_at = created_at WHERE email = ?', 'x', email)
    visitor = portal.visitor()
    answer = visitor.sign_in_staff(email, PASSWORD)
    assert answer.headers['location'].startswith('/staff/sign-in/verify')
    return visitor


@pytest.fixture(scope='module')
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with SmtpSink() as sink, Portal(tmp_path_factory.mktemp('matrix'), sink, rate_limits='off') as portal:
        contact_id = portal.contact('Clara Weiss')
        browsers = {
            'nobody': portal.visitor(),
            'client': portal.client('Ines Holm'),
            'half a client': half_a_client(portal),
            'half a member': half_a_member(portal),
            'staff': portal.member('staff')[0],
            'admin': portal.member('admin')[0],
            'owner': portal.staff(),
        }
        yield People(portal, browsers, contact_id)
        portal.no_secret_was_logged()


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
    pages, routes = listed()
    known = {page.path for page in pages} | set(DOWNLOADS) | LINKS | FOR_MACHINES
    assert {route for route in routes if not route.startswith('/assets')} == {
        path for path in known if path != '/assets'
    }
    assert len(guarded()) >= 15
    assert {page.to for page in pages} == {'everybody', 'clients', 'staff'}


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
        assert answer.status_code == (200 if DOWNLOADS[path] in ALLOWED[ROLES[who]] else 403)


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
