"""Every route that takes a form: too many tries end in a waiting time that is told, or it says why it needs none."""

import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pyotp
import pytest

from domain.access.one_time_tokens import hash_token
from domain.dependencies import Dependencies
from tests.support.http import Visitor, words
from tests.support.smtp_sink import SmtpSink
from tests.ui.portal import Portal
from tests.ui.second_factor import enrolled

FORMS: dict[str, dict[str, str]] = {
    '/sign-in/email': {'email': 'nobody{n}@x.example'},
    '/sign-in/code': {'code': '123456'},
    '/sign-in/link': {'token': 'a' * 43},
    '/sign-in/link/again': {'token': 'a' * 43},
    '/sign-in/password': {'email': 'nobody{n}@x.example', 'password': 'wrong'},
    '/sign-in/verify': {'code': '000000'},
    '/forgot-password': {'email': 'nobody{n}@x.example'},
    '/forgot-password/again': {'token': 'a' * 43},
    '/reset-password': {'token': 'a' * 43, 'password': 'correct horse battery staple'},
    '/login-address': {'token': 'a' * 43},
    '/setup': {'token': 'a' * 43, 'name': 'Eve', 'email': 'eve@x.example', 'password': 'correct horse battery staple'},
    '/profile/password': {'current': 'wrong', 'password': 'correct horse battery staple'},
    '/profile/two-factor/turn-on': {'code': '000000'},
    '/profile/two-factor/new-codes': {'code': '000000'},
    '/profile/two-factor/turn-off': {'code': '000000'},
    '/profile/two-factor/new-phone': {'code': '000000'},
    '/profile/two-factor/new-phone/use': {'code': '000000'},
    '/password/strength': {'password': 'abc', 'who': 'client'},
    '/staff/sign-in': {'email': 'nobody{n}@x.example', 'password': 'wrong'},
    '/staff/sign-in/verify': {'code': '000000'},
    '/staff/sign-in/confirm': {'password': 'wrong'},
    '/staff/forgot-password': {'email': 'nobody{n}@x.example'},
    '/staff/reset-password': {'token': 'a' * 43, 'password': 'correct horse battery staple'},
    '/staff/invitation': {'token': 'a' * 43, 'password': 'correct horse battery staple'},
    '/staff/profile/password': {'current': 'wrong', 'password': 'correct horse battery staple'},
    '/staff/profile/two-factor/turn-on': {'code': '000000'},
}
NEEDS_NONE = {
    '/sign-out': 'it ends what the browser itself holds, and looks at nothing that could be guessed',
    '/sign-out/everywhere': 'as /sign-out',
    '/staff/sign-out': 'as /sign-out',
    '/language': 'it keeps the language of the browser itself, and of whoever is signed in there; nothing is guessed',
    '/profile/two-factor/codes-saved': 'it scrubs what the browser itself was shown, and takes nothing',
    '/staff/access-report.csv': 'staff who may read all of it download it for contacts they ticked; nothing is guessed',
    '/staff/access-report.xlsx': 'as the CSV',
    '/staff/contacts/import/file': 'staff who may edit contacts hand a file in; nothing in it is guessed',
    '/staff/settings/branding/logo': 'staff who may change settings hand a picture in; nothing in it is guessed',
    '/staff/settings/branding/picture': 'as the logo',
    '/staff/settings/emails/server': 'an owner names the mail server; nothing is guessed, and a test is budgeted',
    '/staff/profile/two-factor/codes-saved': 'as that of clients',
    '/profile/two-factor/new-phone/keep': 'it lets go of a key that waits in its own session, and takes nothing',
    '/staff/profile/two-factor/new-codes': 'the same deed and the same count as the turn-on of staff, above (R25)',
    '/staff/profile/two-factor/turn-off': 'the same deed and the same count as the turn-on of staff, above (R25)',
}
MOST_TRIES = 400
LIST_ROUTES = """
import json, sys
from pathlib import Path
from nicegui import app
from domain.dependencies import build_dependencies
from domain.settings import Settings
from ui.web import register
register(build_dependencies(Settings(_env_file=None, data_dir=Path(sys.argv[1]))))
routes = [r.path for r in app.routes if {'POST', 'PUT', 'PATCH', 'DELETE'} & set(getattr(r, 'methods', None) or ())]
print(json.dumps(sorted({path for path in routes if not path.startswith('/_nicegui')})))
"""


@pytest.fixture(scope='module')
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal with limits; the tests stand where its trusted proxy would, each door from a network of its own."""
    folder = tmp_path_factory.mktemp('limited')
    with SmtpSink() as sink, Portal(folder, sink, trusted_proxies='127.0.0.1') as portal:
        yield portal
        portal.no_secret_was_logged()


def test_every_route_is_here(tmp_path: Path) -> None:
    """R43, R47: whoever adds a door says here how it is limited, or why it need not be."""
    listed = subprocess.run(
        [sys.executable, '-c', LIST_ROUTES, str(tmp_path)],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    routes = json.loads(listed.stdout.splitlines()[-1])
    assert set(routes) == set(FORMS) | set(NEEDS_NONE)
    assert len(routes) > 20 and not set(FORMS) & set(NEEDS_NONE)


@pytest.mark.parametrize('path', FORMS)
def test_too_many_tries_are_told_to_wait(limited: Portal, path: str) -> None:
    """R43, R46, R47: from one network, in words and in seconds, at every door."""
    ip = f'198.51.100.{list(FORMS).index(path) + 1}'
    visitor = visitor_for(limited, path, ip)
    for number in range(MOST_TRIES):
        form = {name: value.format(n=number) for name, value in FORMS[path].items()}
        answer = visitor.post(path, data=form)
        if is_told(visitor, answer):
            assert number >= 3, 'one slip of the fingers locks nobody out'
            return
        assert answer.status_code < 500, answer.text
    pytest.fail(f'{path}: {MOST_TRIES} tries and no waiting time')


def is_told(visitor: Visitor, answer: httpx.Response) -> bool:
    """Whether the answer, or the page it leads to, tells a waiting time."""
    if answer.status_code == 429:
        assert int(answer.headers['retry-after']) >= 1
        return True
    onward = answer.headers.get('location', '')
    may_tell = 'wait' in onward or onward in ('/setup', '/staff/forgot-password?error=1', '/staff/profile?error=1')
    if not may_tell:
        return False
    page = visitor.get(onward)
    told = 'Please wait' in words(page)
    assert told or 'wait' not in onward, words(page)
    return told


def visitor_for(portal: Portal, path: str, ip: str) -> Visitor:
    """Somebody at this door, as far in as it takes to be there."""
    headers = {'X-Forwarded-For': ip, 'Sec-Fetch-Site': 'same-origin'}
    ways: dict[str, Callable[[], Visitor]] = {
        '/sign-in/verify': lambda: enrolled(portal).half_way(headers=headers),
        '/profile/password': lambda: _with_a_password(portal),
        '/profile/two-factor/turn-on': lambda: _setting_up(portal, portal.client()),
        '/profile/two-factor/new-codes': lambda: enrolled(portal).browser,
        '/profile/two-factor/turn-off': lambda: enrolled(portal).browser,
        '/profile/two-factor/new-phone': lambda: enrolled(portal).browser,
        '/profile/two-factor/new-phone/use': lambda: _setting_up_another(portal),
        '/password/strength': portal.client,
        '/staff/sign-in/verify': lambda: _half_way_in(portal, headers),
        '/staff/sign-in/confirm': lambda: portal.member('admin')[0],
        '/staff/profile/password': lambda: portal.member('admin')[0],
        '/staff/profile/two-factor/turn-on': lambda: _setting_up(
            portal, portal.member('admin')[0], '/staff/profile/two-factor'
        ),
    }
    visitor = ways.get(path, lambda: portal.visitor(headers=headers))()
    visitor.headers.update(headers)
    return visitor


def _with_a_password(portal: Portal) -> Visitor:
    client = portal.client()
    portal.change("UPDATE login SET password_hash = 'none that fits', password_set_at = created_at")
    return client


def _setting_up(portal: Portal, visitor: Visitor, path: str = '/profile/two-factor') -> Visitor:
    assert visitor.get(path).status_code == 200
    return visitor


def _setting_up_another(portal: Portal) -> Visitor:
    clara = enrolled(portal)
    clara.browser.post('/profile/two-factor/new-phone', data={'code': clara.codes[0]})
    return clara.browser


def _half_way_in(portal: Portal, headers: dict[str, str]) -> Visitor:
    """A staff member whose password was right, and whose second factor is asked for."""
    portal.member('admin')
    (staff_id,) = portal.rows('SELECT max(id) FROM staff_member')[0]

    async def seal(deps: Dependencies) -> str:
        return deps.cipher.encrypt(pyotp.random_base32(), bound_to=f'staff:{staff_id}:totp')

    raw, now = secrets.token_urlsafe(32), datetime.now(UTC)
    begun, over = now.isoformat(' '), (now + timedelta(minutes=10)).isoformat(' ')
    sealed = portal.inside(seal)
    portal.change('UPDATE staff_member SET totp_secret = ?, totp_enrolled_at = ? WHERE id = ?', sealed, begun, staff_id)
    portal.change(
        'INSERT INTO pending_sign_in (token_hash, staff_id, method, created_at, expires_at) VALUES (?, ?, ?, ?, ?)',
        *(hash_token(raw), staff_id, 'password', begun, over),
    )
    visitor = portal.visitor(headers=headers)
    visitor.cookies.set('foyer_staff_pending', raw)
    return visitor
