"""Passwords: what one must be, for clients and staff alike (R14 to R16), and how a client sets and changes its own."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.access.belonging import contact_to_address
from domain.access.devices import count_alive
from domain.access.joining import close_invitations_of_login
from domain.access.one_time_tokens import void_of_login
from domain.access.password_strength import guessed_words, strength_of
from domain.access.rate_limits import Limits, check_limit, forgive, network_of, wait_after
from domain.access.security_policy import MOST_PASSWORD, policy_at
from domain.access.sessions import end_sessions_of_login
from domain.actors import Actor, ClientActor
from domain.audit import AuditKind, record
from domain.authorization import authorise_client
from domain.dependencies import Dependencies
from domain.errors import (
    Busy,
    DeadLink,
    PasswordsOff,
    PasswordTooLong,
    PasswordTooShort,
    PasswordTooWeak,
    PasswordWrong,
    SignInNotFresh,
)
from domain.events import LoginChanged
from domain.language import gettext as _
from domain.language import speaking
from domain.mail import messages, outbox
from domain.mail.letterhead import Letterhead, read_letterhead
from domain.mail.states import MailKind
from domain.texts import greeting_name
from domain.unit_of_work import Work, deed, unit_of_work
from storage import claims, password_rows
from storage.models import Contact, Login


def as_typed(password: str) -> str:
    """A password in the one form it is hashed in, NFKC, whatever keyboard it came from (R15).

    One too long to fit any hash is cut, and stays too long: NFKC makes four characters into one at most.
    """
    return unicodedata.normalize('NFKC', password[: MOST_PASSWORD * 5])[: MOST_PASSWORD + 1]


async def checked_password(password: str, *, least: int, words: Iterable[str] = ()) -> str:
    """The password as it is to be hashed, in NFKC and not cut off. No rule but length and how it is guessed (R15).

    `least` in characters; `words` from `guessed_words`.
    Raises PasswordTooShort, PasswordTooLong, PasswordTooWeak, Busy.
    """
    normal = as_typed(password)
    if len(normal) < least:
        raise PasswordTooShort(least)
    if len(normal) > MOST_PASSWORD:
        raise PasswordTooLong(MOST_PASSWORD)
    if not (await strength_of(normal, words)).is_good_enough:
        raise PasswordTooWeak()
    return normal


async def words_of_login(login_id: int, email: str) -> tuple[str, ...]:
    """What somebody who knows the client would try: the firm, the contacts and the address (R16)."""
    return guessed_words(*await password_rows.names_around_login(login_id), email)


NO_ADDRESS = 'no address'  # what all that was typed and is none is counted as, so that it can name nobody's count


@dataclass(frozen=True)
class PasswordTry:
    """One try that was counted. `who` is the address of the login, or what `limit` counts by."""

    deps: Dependencies
    ip: str
    limit: Limits
    who: str

    async def fits(self, hashed: str | None, typed: str) -> bool:
        """Whether the password fits; then the try does not count as a failure. Earlier ones stay counted (R45).

        Without a hash a dummy is tried (R42). Raises Busy, which is no failure either.
        """
        try:
            fits = await self.deps.hasher.verify(hashed, as_typed(typed))
        except Busy:
            await self._forgive()
            raise
        if fits:
            await self._forgive()
        return fits

    async def wait(self) -> int:
        """Seconds until another try counts, where this one was the last for now; 0 elsewhere."""
        counted = (Limits.PASSWORD_PER_IP, network_of(self.ip)), (self.limit, self.who)
        return await wait_after(self.deps, *counted)

    async def _forgive(self) -> None:
        await forgive(self.deps, Limits.PASSWORD_PER_IP, network_of(self.ip))
        await forgive(self.deps, self.limit, self.who)


async def count_password_try(
    deps: Dependencies, ip: str, who: str, limit: Limits = Limits.PASSWORD_PER_LOGIN
) -> PasswordTry:
    """Count one try before it is made (R43, R44), at the door and wherever else the password is asked for.

    Raises RateLimited. Runs outside of any unit of work, so that a refusal counts.
    """
    await check_limit(deps, Limits.HASHES_PER_IP, network_of(ip))
    await check_limit(deps, Limits.PASSWORD_PER_IP, network_of(ip))
    await check_limit(deps, limit, who)
    return PasswordTry(deps, ip, limit, who)


# ── A client's own ───────────────────────────────────────────────────────────


@dataclass(frozen=True)
class OwnPassword:
    """What a client is told of its password. `may_set` is False where a first one needs a fresher sign-in (R19)."""

    works: bool
    set_at: datetime | None
    may_set: bool
    least: int

    @property
    def is_set(self) -> bool:
        """Whether there is one."""
        return self.set_at is not None


async def look_at_own_password(deps: Dependencies, actor: ClientActor) -> OwnPassword:
    """Raises SignedOut, SecondFactorNeeded."""
    await authorise_client(deps, actor)
    policy, login = await policy_at(deps.clock.now()), await Login.get(id=actor.login_id)
    may_set = True
    if login.password_hash is None:
        try:
            await authorise_client(deps, actor, fresh=True)
        except SignInNotFresh:
            may_set = False
    set_at = login.password_set_at or login.created_at if login.password_hash else None
    return OwnPassword(policy.passwords_work, set_at, may_set, policy.least_password)


@deed
async def change_password(deps: Dependencies, actor: ClientActor, current: str, new: str) -> int:
    """Set the password of this client's login, or put a new one in place of the current (R19); on how many other
    devices it was signed in.

    Ends its other sessions and everything that was about to let somebody in, keeps this one, and tells the address
    (R37). Raises PasswordsOff, PasswordTooShort, PasswordTooLong, PasswordTooWeak; PasswordWrong for the current one,
    RateLimited (counted as a sign-in, R43), SignInNotFresh for a first one without a recent sign-in; Busy, SignedOut.
    """
    await authorise_client(deps, actor)
    policy = await policy_at(deps.clock.now())
    if not policy.passwords_work:
        raise PasswordsOff()
    before = await password_rows.password_hash_of(actor.login_id)
    if before is None:
        await authorise_client(deps, actor, fresh=True)
    else:
        await _check_current(deps, actor, before, current)
    words = await words_of_login(actor.login_id, actor.email)
    normal = await checked_password(new, least=policy.least_password, words=words)
    hashed = await deps.hasher.hash(normal)
    async with unit_of_work(deps) as work:
        await claims.lock_login(actor.login_id)
        await authorise_client(deps, actor)  # the session may have ended while we hashed
        if await password_rows.password_hash_of(actor.login_id) != before:
            raise PasswordWrong()
        kind = AuditKind.PASSWORD_SET if before is None else AuditKind.PASSWORD_CHANGED
        others = await count_alive(actor.login_id, work.now) - 1
        await put_password(work, actor, kind, actor.login_id, hashed, keep_session=actor.session_id)
        return others


async def _check_current(deps: Dependencies, actor: ClientActor, hashed: str, typed: str) -> None:
    tried = await count_password_try(deps, actor.ip, actor.email)
    if not await tried.fits(hashed, typed):
        async with unit_of_work(deps) as work:
            await record(
                work,
                AuditKind.SIGN_IN_REFUSED,
                actor,
                login_id=actor.login_id,
                outcome='refused',
                actor_name=actor.email,
                method='password',
                while_changing=True,
            )
        raise PasswordWrong(await tried.wait())


async def put_password(
    work: Work, actor: Actor, kind: AuditKind, login_id: int, hashed: str, *, keep_session: int | None = None
) -> None:
    """Inside a unit of work that holds the login: this is its password now, and what the old one opened closes (R37).

    Ends its sessions but `keep_session`, its half-finished sign-ins and every link, and tells its address.
    """
    await Login.filter(id=login_id).update(password_hash=hashed, password_set_at=work.now)
    await end_sessions_of_login(work, login_id, but=keep_session, reason='password changed')
    await close_invitations_of_login(work, login_id)
    await void_of_login(work, DeadLink.CANCELLED, login_id)
    login = await Login.get(id=login_id)
    name = await _tell_address(work, login, is_first=kind is AuditKind.PASSWORD_SET)
    await record(work, kind, actor, login_id=login_id, actor_name=name)
    work.tell(LoginChanged(login_id))


async def _tell_address(work: Work, login: Login, *, is_first: bool) -> str:
    """Mail to the login that its password is another one now; by whose name it was addressed."""
    contact, letterhead = await contact_to_address(login), await read_letterhead()
    name = contact.name if contact else ''
    with speaking(contact.language if contact else None):
        message = _about_password(work, contact, letterhead, is_first=is_first)
    await outbox.enqueue(
        work,
        outbox.NewMail(kind=MailKind.NOTICE, to_address=login.email, to_name=name, message=message, login_id=login.id),
    )
    return name


def _about_password(work: Work, contact: Contact | None, letterhead: Letterhead, *, is_first: bool) -> messages.Message:
    firm = letterhead.firm_name or _('the firm')
    return messages.notice(
        letterhead=letterhead,
        subject=_('Your password was set') if is_first else _('Your password was changed'),
        lines=[
            _('A password was just set for signing in to your portal with this address.')
            if is_first
            else _('The password of your portal was just changed. Browsers that were signed in have been signed out.'),
            _('If it was you, there is nothing to do.'),
            _('If it was not you, choose a new password at once, and tell %s.') % firm,
        ],
        action=(_('Choose a new password'), f'{work.deps.portal_url}/forgot-password'),
        first_name=greeting_name(contact.name, contact.kind) if contact else '',
        reader=messages.Reader.of(contact) if contact else messages.NOBODY,
    )
