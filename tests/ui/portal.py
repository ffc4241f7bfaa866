"""A served portal, what can be set up in it from within, and every secret it gave away."""

import sqlite3
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from domain.access.magic_links import make_magic_link
from domain.access.security_mode import change_mode
from domain.access.security_policy import SecurityMode
from domain.access.sessions import current_staff, start_staff_session
from domain.actors import Role, StaffActor, Visitor
from domain.contacts.new_contact import Kind
from domain.contacts.portal_access import revoke_access
from domain.dependencies import Cipher, Dependencies, read_or_make_secret_key
from domain.settings import Settings
from domain.staff.owner import create_owner
from domain.unit_of_work import deed, unit_of_work
from storage.database import DatabaseUrl
from storage.models import StaffMember
from tests.factories import given_contact, given_staff, token_of
from tests.support import http
from tests.support.canary import watched
from tests.support.databases import in_a_thread, opened_as_served
from tests.support.hashing import WeakHasherForTests
from tests.support.served import Served
from tests.support.smtp_sink import Caught, SmtpSink

T = TypeVar('T')
OWNER, PASSWORD = 'olga@firm.example', 'correct horse battery staple'
_numbers = count(1)


class Portal:
    """As a context manager it serves and ends. `settings` are FOYER_ variables in lower case without the prefix."""

    def __init__(self, folder: Path, sink: SmtpSink | None = None, **settings: str) -> None:
        self.served = Served(folder, smtp=sink, settings=settings)
        self.sink = sink
        self.secrets: set[str] = {PASSWORD}
        self._hasher = WeakHasherForTests()

    def __enter__(self) -> 'Portal':
        self.served.lay_out_database()
        self.inside(lambda deps: create_owner(deps, name='Olga Owner', email=OWNER, password=PASSWORD))
        self.served.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.served.close()
        self._hasher.close()

    @property
    def base_url(self) -> str:
        return self.served.base_url

    # ── From outside ─────────────────────────────────────────────────────────

    def visitor(self, **options: Any) -> http.Visitor:
        """Another browser."""
        return http.Visitor(self.base_url, self.secrets.add, **options)

    def client(self, name: str = 'Clara Weiss', **more: Any) -> http.Visitor:
        """The browser of a contact that has just signed in by a link."""
        visitor = self.visitor()
        answer = visitor.use(self.link_for(self.contact(name, **more)))
        assert (answer.status_code, answer.headers['location']) == (303, '/'), answer.text
        return visitor

    def staff(self) -> http.Visitor:
        """The browser of the owner, signed in."""
        visitor = self.visitor()
        answer = visitor.sign_in_staff(OWNER, PASSWORD)
        assert answer.status_code == 303 and 'foyer_staff' in str(answer.headers.get('set-cookie')), answer.text
        return visitor

    def member(self, role: str) -> tuple[http.Visitor, str]:
        """The browser of a new staff member of this role, signed in, and its address."""
        email = self.inside(lambda deps: self._member(deps, Role(role)))
        visitor = self.visitor()
        assert visitor.sign_in_staff(email, PASSWORD).headers['location'] == '/staff'
        return visitor, email

    async def _member(self, deps: Dependencies, role: Role) -> str:
        return (await given_staff(deps, role)).email

    def mail_to(self, address: str, number: int = 1, seconds: float = 10) -> Caught:
        """The newest mail to this address, once so many came."""
        assert self.sink
        until = time.monotonic() + seconds
        while len(self.sink.to(address)) < number:
            assert time.monotonic() < until, f'{len(self.sink.to(address))} mails to {address}\n{self.served.log_text}'
            time.sleep(0.01)
        caught = self.sink.to(address)[-1]
        self.secrets.add(token_of(caught.link))
        return caught

    def wake_the_mail(self) -> None:
        """Have mail that was queued from within sent now rather than within seconds."""
        address = self.address()
        self.contact(email=address)
        self.visitor().ask(address)

    # ── From within ──────────────────────────────────────────────────────────

    def inside(self, work: Callable[[Dependencies], Coroutine[Any, Any, T]]) -> T:
        """Do a deed on the portal's database from this process; its pages do not hear of it."""
        settings = Settings(_env_file=None, **self.served.settings)  # type: ignore[arg-type]

        async def run() -> T:
            key = read_or_make_secret_key(settings)
            async with opened_as_served(DatabaseUrl(settings.database)):
                real = Dependencies(settings=settings, cipher=Cipher(key), hasher=self._hasher)
                return await work(watched(real, self.served.canary))

        return in_a_thread(run)

    def contact(self, name: str = 'Clara Weiss', email: str = '', *, access: bool = True, kind: str = 'person') -> int:
        """A contact, by default with an address of its own."""
        address = email or self.address()
        return self.inside(lambda deps: self._contact(deps, name, address, access, kind))

    async def _contact(self, deps: Dependencies, name: str, email: str, access: bool, kind: str) -> int:
        return int((await given_contact(deps, name, email, access=access, kind=Kind(kind))).id)

    def address(self) -> str:
        """One nobody has yet."""
        return f'client{next(_numbers)}@clients.example'

    def link_for(self, contact_id: int) -> str:
        """The token of a link that staff made for this contact."""

        async def make(deps: Dependencies) -> str:
            return token_of((await make_magic_link(deps, await self.owner(deps), contact_id)).url)

        token = self.inside(make)
        self.secrets.add(token)
        return token

    def revoke(self, contact_id: int) -> None:
        async def switch_off(deps: Dependencies) -> None:
            await revoke_access(deps, await self.owner(deps), contact_id)

        self.inside(switch_off)

    def set_mode(self, mode: SecurityMode) -> None:
        """What the owner does on the page of the security mode."""

        async def change(deps: Dependencies) -> None:
            await change_mode(deps, await self.owner(deps), mode)

        self.inside(change)

    @contextmanager
    def in_mode(self, mode: SecurityMode) -> Iterator[None]:
        """For a while."""
        self.set_mode(mode)
        try:
            yield
        finally:
            self.set_mode(SecurityMode.LINK_AND_PASSWORD)

    async def owner(self, deps: Dependencies) -> StaffActor:
        """The owner, signed in for one deed."""
        raw = await _session_of_owner(deps)
        actor = await current_staff(deps, raw)
        assert actor
        return actor

    # ── Beneath ──────────────────────────────────────────────────────────────

    @contextmanager
    def sql(self) -> Iterator[sqlite3.Connection]:
        """The database file itself."""
        url = self.served.settings.get('database_url')
        path = DatabaseUrl(url).path if url else self.served.data_dir / 'foyer.sqlite3'
        connection = sqlite3.connect(path, timeout=10, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()

    def change(self, statement: str, *values: object) -> int:
        """One statement on the file; how many rows it changed."""
        with self.sql() as connection:
            return connection.execute(statement, values).rowcount

    @contextmanager
    def locked(self, seconds: float) -> Iterator[None]:
        """Somebody else holds the write lock for so long, as another process would. Waits for its end."""
        held = threading.Event()

        def hold() -> None:
            with self.sql() as connection:
                connection.execute('BEGIN IMMEDIATE')
                held.set()
                time.sleep(seconds)
                connection.execute('ROLLBACK')

        thread = threading.Thread(target=hold)
        thread.start()
        assert held.wait(10)
        try:
            yield
        finally:
            thread.join()

    @contextmanager
    def locked_until_left(self) -> Iterator[None]:
        """Somebody else holds the write lock as long as one is inside: what comes back meanwhile wrote nothing."""
        with self.sql() as connection:
            connection.execute('BEGIN IMMEDIATE')
            try:
                yield
            finally:
                connection.execute('ROLLBACK')

    def wait_for(self, found: Callable[[], object], seconds: float = 20) -> None:
        """Until something is found."""
        until = time.monotonic() + seconds
        while not found():
            assert time.monotonic() < until, self.served.log_text
            time.sleep(0.02)

    def rows(self, statement: str, *values: object) -> list[Any]:
        with self.sql() as connection:
            return connection.execute(statement, values).fetchall()

    # ── Afterwards ───────────────────────────────────────────────────────────

    def no_secret_was_logged(self) -> None:
        """R2, R60: no token, code, session or password stands in what the program wrote or told of its errors."""
        self.served.canary.note('what a test knows', *self.secrets)
        self.served.look_for_secrets()


@deed
async def _session_of_owner(deps: Dependencies) -> str:
    async with unit_of_work(deps) as work:
        return await start_staff_session(work, await StaffMember.get(email=OWNER), Visitor('127.0.0.1'))
