"""Every page with its guard, every route, and one of everybody who may try them."""

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pyotp

from domain.actors import Role
from domain.dependencies import Dependencies
from tests.support.http import Visitor
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
ours = [path for path in routes if not path.startswith('/_nicegui')]
unsafe = {'POST', 'PUT', 'PATCH', 'DELETE'}
posts = {r.path for r in app.routes if unsafe & set(getattr(r, 'methods', None) or ())}
print(json.dumps([opens, ours, sorted(path for path in posts if not path.startswith('/_nicegui'))]))
"""
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
    waits: bool


@cache
def listed() -> tuple[tuple[Page, ...], frozenset[str], tuple[str, ...]]:
    """The pages with their guards, every path that answers a GET, and every path that takes a form."""
    with TemporaryDirectory() as folder:
        said = subprocess.run(
            [sys.executable, '-c', LIST_PAGES, folder],
            check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
    opens, routes, posts = json.loads(said.stdout.splitlines()[-1])
    return tuple(Page(path=path, **what) for path, what in opens.items()), frozenset(routes), tuple(posts)


def guarded() -> tuple[Page, ...]:
    return tuple(page for page in listed()[0] if page.to != 'everybody')


@dataclass(frozen=True)
class People:
    """Everybody there is, and a contact to look at."""

    portal: Portal
    browsers: dict[str, Visitor]
    contact_id: int

    def address(self, page: Page) -> str:
        return page.path.replace('{contact_id}', str(self.contact_id)).replace('{job_id}', '1')


def half_a_client(portal: Portal) -> Visitor:
    """The first factor held, the second was not asked yet."""
    clara = enrolled(portal)
    visitor = portal.visitor()
    answer = visitor.use(portal.link_for(clara.contact_id))
    assert answer.headers['location'] == '/sign-in/verify'
    return visitor


def half_a_member(portal: Portal) -> Visitor:
    _, email = portal.member('owner')
    ((staff_id,),) = portal.rows('SELECT id FROM staff_member WHERE email = ?', email)

    async def seal(deps: Dependencies) -> str:
        return deps.cipher.encrypt(pyotp.random_base32(), bound_to=f'staff:{staff_id}:totp')

    sealed = portal.inside(seal)
    portal.change(
        'UPDATE staff_member SET totp_secret = ?, totp_enrolled_at = created_at WHERE id = ?', sealed, staff_id
    )
    visitor = portal.visitor()
    answer = visitor.sign_in_staff(email, PASSWORD)
    assert answer.headers['location'].startswith('/staff/sign-in/verify')
    return visitor


def everybody(portal: Portal) -> People:
    """One of each kind, signed in at this portal."""
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
    return People(portal, browsers, contact_id)
