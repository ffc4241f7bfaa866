"""How often something may be tried, and which logins are locked by it.

Counted before it is tried, by one atomic UPSERT, in windows that slide: in every window of its length, wherever it
begins, no more than `most` tries are let through (R43, R44, R47). A refused try does not count, so that the waiting
time that was told stays true however often somebody knocks meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Any

from domain.access.belonging import contact_to_address
from domain.actors import Actor, StaffActor, SystemActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound, NoLogin, RateLimited
from domain.events import LoginChanged, TeamChanged
from domain.unit_of_work import deed, unit_of_work
from storage import attempts, queries
from storage.models import Contact, Login, StaffMember


@dataclass(frozen=True)
class Limit:
    """At most `most` tries in any window of so many seconds."""

    name: str
    most: int
    seconds: int


class Limits(Enum):
    """Every limit, in one place. What is counted per address of the network is counted per /64 in IPv6 (R46)."""

    PASSWORD_PER_LOGIN = Limit('password-login', 5, 300)  # by address; of staff as `staff:address` (R43)
    OWN_PASSWORD = Limit('password-own', 5, 300)  # by `staff:id`: asked for in a session, where no stranger can lock it
    PASSWORD_PER_IP = Limit('password-ip', 10, 60)
    HASHES_PER_IP = Limit('hashes-ip', 60, 60)  # right ones too: whoever knows one password cannot keep others waiting
    SECOND_FACTOR = Limit('second-factor', 5, 300)  # by `login:id` or `staff:id` (R25)
    SECOND_FACTOR_PER_HOUR = Limit('second-factor-hour', 20, 3_600)
    SECOND_FACTOR_PER_DAY = Limit('second-factor-day', 50, 86_400)
    SECOND_FACTOR_PER_IP = Limit('second-factor-ip', 30, 600)
    SIGN_IN_MAIL_PER_MINUTE = Limit('mail-minute', 1, 60)  # by address (R47)
    SIGN_IN_MAIL_PER_DAY = Limit('mail-day', 10, 86_400)
    RESET_MAIL_PER_MINUTE = Limit('reset-minute', 1, 60)
    RESET_MAIL_PER_DAY = Limit('reset-day', 10, 86_400)
    ASK_PER_IP = Limit('ask-ip', 60, 600)
    CODE_PER_IP = Limit('code-ip', 60, 600)
    LINK_PER_IP = Limit('link-ip', 120, 60)
    RESET_PER_IP = Limit('reset-ip', 20, 600)
    STRENGTH_PER_IP = Limit('strength-ip', 240, 60)
    SETUP_PER_IP = Limit('setup-ip', 20, 600)
    STAFF_ACTIONS = Limit('staff-actions', 240, 600)  # by staff member: links made and mail sent by hand


SECOND_FACTOR_LIMITS = (Limits.SECOND_FACTOR, Limits.SECOND_FACTOR_PER_HOUR, Limits.SECOND_FACTOR_PER_DAY)
LOCKS = {
    Limits.PASSWORD_PER_LOGIN: 'password',
    Limits.OWN_PASSWORD: 'password',
    **dict.fromkeys(SECOND_FACTOR_LIMITS, 'second_factor'),
}
"""The limits that lock a login, and what is locked. The link and the reset stay open whatever is locked (R48)."""


async def check_limit(deps: Dependencies, limit: Limits, who: str) -> None:
    """Count one try of `who`. Raises RateLimited when it is one too many; that one does not count.

    Runs outside of any unit of work, so that the count stays whatever becomes of the try. A login that is locked by
    this refusal is written down and told, once for each lock.
    """
    if deps.settings.rate_limits == 'off':
        return
    now = deps.clock.now()
    rule = limit.value
    found = await attempts.count_attempt(_key(limit, who), rule.most, rule.seconds, now)
    if not found.refused:
        return
    if found.refused == 1 and limit in LOCKS:
        await _note_lock(deps, limit, who, found.free_from)
    raise RateLimited(retry_after=max(1, ceil((found.free_from - now).total_seconds())))


async def wait_after(deps: Dependencies, *counted: tuple[Limits, str]) -> int:
    """Seconds until another try counts, where the one that was counted last was the last for now; 0 elsewhere. So that
    the failure that ends the tries tells so, not the one after it."""
    if deps.settings.rate_limits == 'off':
        return 0
    now = deps.clock.now()
    full = await attempts.full_until({_key(limit, who): _rule(limit) for limit, who in counted}, now)
    return max((ceil((until - now).total_seconds()) for until in full.values()), default=0)


async def forgive(deps: Dependencies, limit: Limits, who: str) -> None:
    """The try counted last was a success: it does not count as a failure. Earlier ones stay counted (R45)."""
    if deps.settings.rate_limits == 'on':
        await attempts.take_back_attempt(_key(limit, who))


async def count_anew(limit: Limits, who: str) -> None:
    """Failures of the past stand for nothing any more: what was guessed at is another secret now."""
    await attempts.forget_attempts([_key(limit, who)])


async def check_staff_budget(deps: Dependencies, actor: Actor) -> None:
    """Count one mail or link that a staff member has made; apart from what clients ask for themselves (R47).

    Generous: it stops a script that got hold of a session. Raises RateLimited.
    """
    if isinstance(actor, StaffActor):
        await check_limit(deps, Limits.STAFF_ACTIONS, str(actor.staff_id))


def network_of(ip: str) -> str:
    """Whom an address stands for: itself, or its /64 in IPv6 (R46)."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network(f'{address}/64', strict=False))
    return str(address)


def _key(limit: Limits, who: str) -> str:
    digest = sha256(who.encode('utf-8', 'surrogatepass')).hexdigest()
    return f'{limit.value.name}:{digest[:40]}'


# ── Locked logins ────────────────────────────────────────────────────────────


async def lock_of(deps: Dependencies, login_email: str) -> datetime | None:
    """Until when this login refuses every password or every authentication code, UTC; None while it refuses neither."""
    return max((await locks_of(deps, login_email)).values(), default=None)


async def locks_of(deps: Dependencies, login_email: str) -> dict[str, datetime]:
    """The same for each, by `password` and `second_factor`; what is not locked is left out."""
    now = deps.clock.now()
    login = await Login.get_or_none(email=login_email)
    if login is None or deps.settings.rate_limits == 'off':
        return {}
    keys = {_key(*one): one[0] for one in _locks_of(login)}
    found: dict[str, datetime] = {}
    for key, until in (await attempts.full_until({key: _rule(limit) for key, limit in keys.items()}, now)).items():
        what = LOCKS[keys[key]]
        found[what] = max(until, found.get(what, until))
    return found


async def locks_of_staff(deps: Dependencies, members: Sequence[StaffMember]) -> dict[int, datetime]:
    """The same for members of the team, by id; those who are not locked are left out."""
    if deps.settings.rate_limits == 'off':
        return {}
    keys = {_key(*one): (member.id, _rule(one[0])) for member in members for one in _locks_of_staff(member)}
    found: dict[int, datetime] = {}
    full = await attempts.full_until({key: rule for key, (_, rule) in keys.items()}, deps.clock.now())
    for key, until in full.items():
        staff_id = keys[key][0]
        found[staff_id] = max(until, found.get(staff_id, until))
    return found


async def unlock_member(member: StaffMember) -> None:
    """Inside a unit of work: this member may try again at once."""
    await attempts.forget_attempts([_key(*one) for one in _locks_of_staff(member)])


@deed
async def unlock_login(deps: Dependencies, actor: StaffActor, contact_id: int) -> None:
    """Let the login of this contact try again at once. Nothing is written where it was not locked.

    Raises ContactNotFound, NoLogin, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_LOGINS)
    contact = await Contact.get_or_none(id=contact_id)
    if contact is None:
        raise ContactNotFound(contact_id)
    login = await Login.get_or_none(id=contact.login_id) if contact.login_id else None
    if login is None:
        raise NoLogin(contact.id, contact.name)
    was_locked = await lock_of(deps, login.email) is not None
    async with unit_of_work(deps) as work:
        await attempts.forget_attempts([_key(*one) for one in _locks_of(login)])
        if was_locked:
            await record(work, AuditKind.LOGIN_UNLOCKED, actor, contact=contact, login_id=login.id)
            work.tell(LoginChanged(login.id))


def _locks_of(login: Login) -> list[tuple[Limits, str]]:
    return [
        (Limits.PASSWORD_PER_LOGIN, login.email),
        *((limit, f'login:{login.id}') for limit in SECOND_FACTOR_LIMITS),
    ]


def _locks_of_staff(member: StaffMember) -> list[tuple[Limits, str]]:
    by_id = (Limits.OWN_PASSWORD, *SECOND_FACTOR_LIMITS)
    return [(Limits.PASSWORD_PER_LOGIN, f'staff:{member.email}'), *((limit, f'staff:{member.id}') for limit in by_id)]


def _rule(limit: Limits) -> tuple[int, int]:
    return limit.value.most, limit.value.seconds


@deed
async def _note_lock(deps: Dependencies, limit: Limits, who: str, until: datetime) -> None:
    """Write down that a login was locked, if there is one. For an address nobody has the same is looked up (R42)."""
    detail: dict[str, Any] = {'what': LOCKS[limit], 'tries': limit.value.most, 'until': until.isoformat()}
    async with unit_of_work(deps) as work:
        if who.startswith('staff:'):
            staff = await _staff_counted_as(limit, who.removeprefix('staff:'))
            if staff is not None:
                await record(
                    work,
                    AuditKind.LOGIN_LOCKED,
                    SystemActor(),
                    staff_id=staff.id,
                    contact_name=staff.name,
                    outcome='refused',
                    **detail,
                )
                work.tell(TeamChanged((staff.id,)))
            return
        login = await _login_counted_as(limit, who)
        if login is None:
            return
        contacts = await queries.contacts_of_login(login.id)
        addressee = await contact_to_address(login)
        await record(
            work,
            AuditKind.LOGIN_LOCKED,
            SystemActor(),
            contact=contacts[0] if len(contacts) == 1 else None,
            contact_name=addressee.name if addressee else login.email,
            login_id=login.id,
            outcome='refused',
            **detail,
        )
        work.tell(LoginChanged(login.id))


async def _staff_counted_as(limit: Limits, who: str) -> StaffMember | None:
    if limit is not Limits.PASSWORD_PER_LOGIN:
        return await StaffMember.get_or_none(id=int(who))
    return await StaffMember.get_or_none(email=who)


async def _login_counted_as(limit: Limits, who: str) -> Login | None:
    if limit in SECOND_FACTOR_LIMITS:
        return await Login.get_or_none(id=int(who.removeprefix('login:')))
    return await Login.get_or_none(email=who)
