"""Everything that opens and closes doors, in any order, against a model small enough to be believed.

Hypothesis makes up the stories: links issued, used, expired and revoked, passwords reset, second factors enrolled and
reset, the security mode and the address changed. After every step each session, link and half-finished sign-in there
ever was is asked whether it works, and has to agree with the model (R3, R4, R5, R8, R9, R13, R20, R24, R29, R30, R34,
R35, R36, R37).
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.access import totp
from domain.access.login_address import change_login_address, confirm_login_address
from domain.access.magic_links import look_at_link, make_magic_link, redeem_magic_link
from domain.access.one_time_tokens import hash_token
from domain.access.password_resets import ask_for_reset, look_at_reset, reset_password
from domain.access.password_sign_in import sign_in_with_password
from domain.access.second_factor_reset import reset_two_factor
from domain.access.second_step import pending_is_good, verify_second_step
from domain.access.security_mode import change_mode
from domain.access.security_policy import SecurityMode
from domain.access.sessions import current_client
from domain.access.sign_in import SecondStepRequired, SignedIn
from domain.actors import StaffActor
from domain.contacts.portal_access import give_access, revoke_access
from domain.dependencies import Cipher, Dependencies, Hasher
from domain.errors import DomainError, LinkExpired, PasswordsOff, PendingOver, SignInNotFresh, SignInRefused
from domain.settings import Settings
from storage import standing
from storage.database import DatabaseUrl
from storage.models import ClientSession, OneTimeToken, StaffSession
from tests.conftest import SECRET_KEY
from tests.factories import a_visitor, app_code, given_contact, given_owner, newest_mail, token_of
from tests.support.clock import FixedClock
from tests.support.databases import PostgresDatabases, SqliteDatabases, opened_as_served

T = TypeVar('T')

PASSWORDS = ('violet harbour drumming 41', 'quiet lantern orchard 77')
ADDRESSES = ('clara@weiss.example', 'clara@new-place.example', 'c.weiss@third.example')
LONG = (timedelta(days=7), timedelta(days=30))
SHORT = (timedelta(hours=1), timedelta(hours=24))
PENDING_LIFETIME, MOST_PENDING = timedelta(minutes=10), 5
FRESH_FOR = timedelta(minutes=15)


@dataclass
class Link:
    """A link that was made. `is_live` until it is used or voided."""

    purpose: str
    expires: datetime
    is_live: bool = True


@dataclass
class Session:
    """A session that began. `is_over` once something ended it before its time."""

    proved: datetime
    idle_until: datetime
    until: datetime
    is_over: bool = False


@dataclass
class Pending:
    """A first factor that held."""

    method: str
    expires: datetime
    is_over: bool = False


@dataclass
class Model:
    """What should be: no database, no clock of its own, nothing that is not looked at."""

    mode: SecurityMode = SecurityMode.LINK_AND_PASSWORD
    has_access: bool = True
    address: int = 0
    password: str = ''
    secret: str = ''
    links: dict[str, Link] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    pending: dict[str, Pending] = field(default_factory=dict)

    @property
    def passwords_work(self) -> bool:
        return self.mode is not SecurityMode.LINK_ONLY

    @property
    def requires_second(self) -> bool:
        return self.mode is SecurityMode.LINK_AND_PASSWORD_2FA

    @property
    def is_held(self) -> bool:
        return self.requires_second and not self.secret

    def works(self, token: str, now: datetime) -> bool:
        link = self.links[token]
        if link.purpose == 'reset' and not self.passwords_work:
            return False
        return link.is_live and link.expires > now

    def is_alive(self, raw: str, now: datetime) -> bool:
        session = self.sessions[raw]
        return not session.is_over and self.has_access and session.idle_until > now and session.until > now

    def waits(self, raw: str, now: datetime) -> bool:
        pending = self.pending[raw]
        return not pending.is_over and pending.expires > now

    def begin(self, raw: str, now: datetime) -> None:
        idle, most = SHORT if self.requires_second else LONG
        self.sessions[raw] = Session(now, now + idle, now + most)

    def void(self, *purposes: str) -> None:
        for link in self.links.values():
            if link.purpose in purposes:
                link.is_live = False

    def void_all_links(self) -> None:
        self.void('sign_in', 'reset')

    def end_sessions(self, but: str = '') -> None:
        for raw, session in self.sessions.items():
            session.is_over |= raw != but

    def end_pending(self, method: str = '') -> None:
        for pending in self.pending.values():
            pending.is_over |= method in ('', pending.method)


class Doors(RuleBasedStateMachine):
    """One client, one owner, and a clock."""

    def __init__(self, make: Callable[[], DatabaseUrl], hasher: Hasher, folder: Path) -> None:
        super().__init__()
        self.runner, self.stack = asyncio.Runner(), AsyncExitStack()
        self.clock, self.model = FixedClock(), Model()
        database = make()
        self.deps = Dependencies(
            settings=Settings(
                _env_file=None, data_dir=folder, database_url=database.url, secret_key=SECRET_KEY, rate_limits='off'
            ),
            cipher=Cipher(SECRET_KEY),
            hasher=hasher,
            clock=self.clock,
        )
        self.runner.run(self._open(database))

    async def _open(self, database: DatabaseUrl) -> None:
        await self.stack.enter_async_context(opened_as_served(database))
        self.owner = await given_owner(self.deps)
        self.contact_id = (await given_contact(self.deps, 'Clara Weiss', ADDRESSES[0])).id

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()

    def do(self, work: Awaitable[T]) -> T:
        async def run() -> T:
            return await work

        return self.runner.run(run())

    def refuses(self, work: Awaitable[object], *errors: type[DomainError]) -> None:
        with pytest.raises(errors):
            self.do(work)

    def as_owner(self) -> StaffActor:
        """The owner, who has just signed in: staff sessions are not what is looked at here."""
        now = self.clock.now()
        later = now + timedelta(days=1)
        session = StaffSession.filter(id=self.owner.session_id)
        self.do(session.update(proved_at=now, idle_expires_at=later, expires_at=later))
        return self.owner

    def let_in(self, passed: SignedIn | SecondStepRequired, method: str) -> None:
        """A first factor held. Who has a second one set up is never let in by the first alone (R29, R30)."""
        now = self.clock.now()
        if self.model.secret:
            assert isinstance(passed, SecondStepRequired), 'the second factor was skipped'
            self.model.pending[passed.raw_pending] = Pending(method, now + PENDING_LIFETIME)
            waiting = [one for one in self.model.pending.values() if not one.is_over]
            for older in waiting[:-MOST_PENDING]:
                older.is_over = True
        else:
            assert isinstance(passed, SignedIn)
            self.model.void('sign_in')
            self.model.begin(passed.raw_session, now)

    def code(self) -> str:
        """The next code of the app; half a minute passes, because each works once (R24)."""
        self.clock.advance(timedelta(seconds=31))
        return app_code(self.model.secret, self.clock)

    def alive(self) -> list[str]:
        return [raw for raw in self.model.sessions if self.model.is_alive(raw, self.clock.now())]

    def waiting(self) -> list[str]:
        return [raw for raw in self.model.pending if self.model.waits(raw, self.clock.now())]

    def live(self, purpose: str) -> list[str]:
        links, now = self.model.links, self.clock.now()
        return [token for token, link in links.items() if link.purpose == purpose and self.model.works(token, now)]

    @initialize(inside=st.booleans(), enrolled=st.booleans(), password=st.booleans())
    def a_beginning(self, inside: bool, enrolled: bool, password: bool) -> None:
        """Half of all stories begin in the middle of one."""
        if password:
            self.ask_for_a_reset()
            self._reset(self.live('reset')[0], PASSWORDS[0])
        if inside or enrolled:
            self.issue()
            self._redeem(self.live('sign_in')[0])
        if enrolled:
            self._enrol(self.alive()[0])
            self.issue()
            self._redeem(self.live('sign_in')[0])

    # ── Time ─────────────────────────────────────────────────────────────────

    @rule(minutes=st.sampled_from([1, 4, 9, 11, 16, 31]))
    def a_little_time_passes(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes, seconds=1))

    @rule(minutes=st.sampled_from([59, 61, 60 * 13, 60 * 25, 60 * 24 * 8]))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes, seconds=1))

    # ── Links ────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.model.has_access)
    @rule()
    def issue(self) -> None:
        made = self.do(make_magic_link(self.deps, self.as_owner(), self.contact_id))
        now = self.clock.now()
        live = [
            one for one in self.model.links.values() if one.purpose == 'sign_in' and one.is_live and one.expires > now
        ]
        if len(live) == 3:  # R8: the oldest makes room
            live[0].is_live = False
        self.model.links[token_of(made.url)] = Link('sign_in', now + timedelta(minutes=15))

    @precondition(lambda self: self.live('sign_in'))
    @rule(data=st.data())
    def redeem(self, data: st.DataObject) -> None:
        self._redeem(data.draw(st.sampled_from(self.live('sign_in'))))

    @precondition(lambda self: self.model.links)
    @rule(data=st.data())
    def redeem_whatever_there_was(self, data: st.DataObject) -> None:
        self._redeem(data.draw(st.sampled_from(list(self.model.links))))

    def _redeem(self, token: str) -> None:
        link = self.model.links[token]
        use = redeem_magic_link(self.deps, a_visitor(), token)
        if link.purpose == 'sign_in' and self.model.works(token, self.clock.now()):
            passed = self.do(use)
            link.is_live = False
            self.let_in(passed, 'magic_link')
        else:
            self.refuses(use, LinkExpired)

    # ── Passwords ────────────────────────────────────────────────────────────

    @rule()
    def ask_for_a_reset(self) -> None:
        before = self.do(OneTimeToken.filter(purpose='reset').count())
        self.do(ask_for_reset(self.deps, a_visitor(), ADDRESSES[self.model.address]))
        made = self.do(OneTimeToken.filter(purpose='reset').count()) - before
        assert made == (self.model.has_access and self.model.passwords_work)
        if made:
            self.model.void('reset')  # R8: the new one voids the older
            mail = self.do(newest_mail(self.deps, ADDRESSES[self.model.address]))
            (token,) = {token_of(word) for word in mail.text.split() if '/reset-password/' in word}
            self.model.links[token] = Link('reset', self.clock.now() + timedelta(minutes=30))

    @precondition(lambda self: self.live('reset'))
    @rule(data=st.data(), password=st.sampled_from(PASSWORDS))
    def reset(self, data: st.DataObject, password: str) -> None:
        self._reset(data.draw(st.sampled_from(self.live('reset'))), password)

    @precondition(lambda self: self.model.links)
    @rule(data=st.data(), password=st.sampled_from(PASSWORDS))
    def reset_by_whatever_there_was(self, data: st.DataObject, password: str) -> None:
        self._reset(data.draw(st.sampled_from(list(self.model.links))), password)

    def _reset(self, token: str, password: str) -> None:
        link = self.model.links[token]
        use = reset_password(self.deps, a_visitor(), token, password)
        if link.purpose != 'reset' or not self.model.works(token, self.clock.now()):
            self.refuses(use, LinkExpired, PasswordsOff)
            return
        self.do(use)  # R20: it signs nobody in, and ends whoever is
        self.model.password = password
        self.model.void_all_links()
        self.model.end_sessions()
        self.model.end_pending()

    @precondition(lambda self: self.model.password)
    @rule()
    def come_by_password(self) -> None:
        self._come_by_password(self.model.password)

    @rule(password=st.sampled_from(PASSWORDS))
    def come_by_any_password(self, password: str) -> None:
        self._come_by_password(password)

    def _come_by_password(self, password: str) -> None:
        come = sign_in_with_password(self.deps, a_visitor(), ADDRESSES[self.model.address], password)
        if not self.model.passwords_work:
            self.refuses(come, PasswordsOff)
        elif self.model.has_access and self.model.password == password:
            self.let_in(self.do(come), 'password')
        else:
            self.refuses(come, SignInRefused)

    # ── Second factor ────────────────────────────────────────────────────────

    @precondition(lambda self: self.alive() and not self.model.secret)
    @rule(data=st.data())
    def enrol(self, data: st.DataObject) -> None:
        self._enrol(data.draw(st.sampled_from(self.alive())))

    def _enrol(self, raw: str) -> None:
        actor = self.do(current_client(self.deps, raw))
        self._was_seen(raw)
        assert actor
        before, now = self.model.sessions[raw], self.clock.now()
        if not self.model.is_held and before.proved <= now - FRESH_FOR:
            self.refuses(totp.begin_enrolment(self.deps, actor), SignInNotFresh)
            return
        self.model.secret = self.do(totp.begin_enrolment(self.deps, actor)).secret
        code = app_code(self.model.secret, self.clock)
        turned_on = self.do(totp.turn_on(self.deps, actor, a_visitor(client_session=raw), code))
        self.model.end_sessions()
        self.model.void_all_links()
        self.model.end_pending()
        self.model.begin(turned_on.raw_session, self.clock.now())
        session = self.model.sessions[turned_on.raw_session]
        session.until, session.proved = min(session.until, before.until), before.proved  # R35, R38

    @precondition(lambda self: self.waiting())
    @rule(data=st.data())
    def second_step(self, data: st.DataObject) -> None:
        self._second_step(data.draw(st.sampled_from(self.waiting())))

    @precondition(lambda self: self.model.pending)
    @rule(data=st.data())
    def second_step_of_whatever_there_was(self, data: st.DataObject) -> None:
        self._second_step(data.draw(st.sampled_from(list(self.model.pending))))

    def _second_step(self, raw: str) -> None:
        code = self.code() if self.model.secret else '123456'
        finish = verify_second_step(self.deps, a_visitor(), raw, code)
        if not self.model.waits(raw, self.clock.now()):
            self.refuses(finish, PendingOver)
            return
        signed = self.do(finish)
        self.model.pending[raw].is_over = True
        self.model.void('sign_in')
        self.model.begin(signed.raw_session, self.clock.now())

    @precondition(lambda self: self.model.secret)
    @rule()
    def staff_reset_the_second_factor(self) -> None:
        self.do(reset_two_factor(self.deps, self.as_owner(), self.contact_id, 'The phone was lost'))
        self.model.secret = ''
        self.model.void_all_links()
        self.model.end_sessions()
        self.model.end_pending()

    @precondition(lambda self: self.model.secret and not self.model.requires_second and self.alive())
    @rule(data=st.data())
    def turn_off(self, data: st.DataObject) -> None:
        code = self.code()
        raw = data.draw(st.sampled_from(self.alive() or ['']))
        actor = self.do(current_client(self.deps, raw))
        if actor is None:
            return  # it ran out in the half minute that the code took
        self._was_seen(raw)
        self.do(totp.turn_off(self.deps, actor, code))
        self.model.secret = ''
        self.model.void_all_links()
        self.model.end_sessions(but=raw)
        self.model.end_pending()

    # ── The firm ─────────────────────────────────────────────────────────────

    @rule(mode=st.sampled_from(SecurityMode))
    def change_mode(self, mode: SecurityMode) -> None:
        self.do(change_mode(self.deps, self.as_owner(), mode))
        if mode is self.model.mode:
            return
        self.model.mode = mode
        now = self.clock.now()
        if mode is SecurityMode.LINK_ONLY:
            self.model.void('reset')
            self.model.end_pending('password')
        if self.model.requires_second:  # R35: who is inside stays no longer than who comes now
            for session in self.model.sessions.values():
                session.idle_until = min(session.idle_until, now + SHORT[0])
                session.until = min(session.until, now + SHORT[1])

    @precondition(lambda self: self.model.has_access)
    @rule()
    def revoke(self) -> None:
        self.do(revoke_access(self.deps, self.as_owner(), self.contact_id))
        if self.model.has_access:
            self.model.has_access = False
            self.model.void_all_links()
            self.model.end_sessions()
            self.model.end_pending()

    @precondition(lambda self: not self.model.has_access)
    @rule()
    def give(self) -> None:
        self.do(give_access(self.deps, self.as_owner(), self.contact_id))
        self.model.has_access = True

    @precondition(lambda self: self.model.has_access)
    @rule(to=st.integers(1, len(ADDRESSES) - 1))
    def change_address(self, to: int) -> None:
        address = (self.model.address + to) % len(ADDRESSES)
        self.do(change_login_address(self.deps, self.as_owner(), self.contact_id, ADDRESSES[address]))
        mail = self.do(newest_mail(self.deps, ADDRESSES[address]))
        (token,) = {token_of(word) for word in mail.text.split() if '/login-address/' in word}
        self.do(confirm_login_address(self.deps, a_visitor(), token))
        self.model.address = address
        self.model.void_all_links()
        self.model.end_sessions()
        self.model.end_pending()

    # ── What has to be true after each of them ───────────────────────────────

    @invariant()
    def every_link_works_or_does_not(self) -> None:
        for token, link in self.model.links.items():
            look = look_at_link if link.purpose == 'sign_in' else look_at_reset
            assert self.do(_works(look(self.deps, token))) is self.model.works(token, self.clock.now()), link

    @invariant()
    def every_session_is_alive_or_over(self) -> None:
        now = self.clock.now()
        for raw, session in self.model.sessions.items():
            found = self.do(standing.client_behind(hash_token(raw), now))
            assert (found is not None) is self.model.is_alive(raw, now), session
            assert found is None or found['is_held'] is self.model.is_held, session
        there = self.do(ClientSession.filter(idle_expires_at__gt=now, expires_at__gt=now).count())
        assert there == len(self.alive()), 'a session nobody was given'

    @invariant()
    def every_half_finished_sign_in_waits_or_is_over(self) -> None:
        for raw, pending in self.model.pending.items():
            assert self.do(pending_is_good(self.deps, raw)) is self.model.waits(raw, self.clock.now()), pending
            assert self.do(standing.client_behind(hash_token(raw), self.clock.now())) is None, 'R29: it opens nothing'

    def _was_seen(self, raw: str) -> None:
        """Being seen moves the idle end on."""
        idle = SHORT[0] if self.model.requires_second else LONG[0]
        session = self.model.sessions[raw]
        row = self.do(ClientSession.get(token_hash=hash_token(raw)))
        if row.last_seen_at == self.clock.now():
            session.idle_until = self.clock.now() + idle


async def _works(look: Coroutine[Any, Any, object]) -> bool:
    try:
        await look
    except (LinkExpired, PasswordsOff):
        return False
    return True


def stories(number: int, steps: int) -> settings:
    return settings(
        max_examples=number,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        phases=(Phase.generate,),  # a story that fails is told as it was: shrinking it takes minutes
    )


def test_on_sqlite(sqlite_databases: SqliteDatabases, hasher: Hasher, tmp_path: Path) -> None:
    """R3 to R37: twenty stories of up to fifty steps."""
    run_state_machine_as_test(
        lambda: Doors(lambda: sqlite_databases.make(tmp_path), hasher, tmp_path), settings=stories(20, 50)
    )


def test_on_postgres(postgres_databases: PostgresDatabases, hasher: Hasher, tmp_path: Path) -> None:
    """R3 to R37: the same on the other engine."""
    run_state_machine_as_test(lambda: Doors(postgres_databases.make, hasher, tmp_path), settings=stories(4, 50))


@pytest.mark.chaos
@pytest.mark.timeout(1_800)
def test_many_stories(sqlite_databases: SqliteDatabases, hasher: Hasher, tmp_path: Path) -> None:
    """R3 to R37: six hundred stories."""
    run_state_machine_as_test(
        lambda: Doors(lambda: sqlite_databases.make(tmp_path), hasher, tmp_path), settings=stories(600, 60)
    )
