"""What a test starts from: staff, contacts, clients and the mail they got. Everything comes about by real deeds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import TypeVar

import pyotp

from domain.access.login_address import change_login_address
from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.sessions import current_client, current_staff, start_staff_session
from domain.access.sign_in import SignedIn
from domain.access.totp import begin_enrolment, forget_new_codes, read_new_codes, turn_on
from domain.actors import ClientActor, Role, StaffActor, SystemActor, Visitor
from domain.audit import AuditKind
from domain.contacts.invitations import Invited, invite_contact
from domain.contacts.new_contact import ContactDetails, Kind, check_details, insert_contact
from domain.contacts.portal_access import revoke_access
from domain.dependencies import Clock, Dependencies
from domain.events import Event
from domain.mail.outbox import open_body
from domain.settings import Settings
from domain.unit_of_work import deed, unit_of_work
from storage.models import AuditEvent, Contact, OutboxMail, StaffMember
from storage.sql import fetch, is_sqlite
from tests.support.clock import FixedClock

PASSWORD = 'correct horse battery staple'
_numbers = count(1)

E = TypeVar('E', bound=Event)


def a_visitor(
    ip: str = '203.0.113.7', browser: str = '', client_session: str = '', user_agent: str = 'Door/1'
) -> Visitor:
    """Somebody at the door."""
    return Visitor(ip=ip, user_agent=user_agent, browser=browser, client_session=client_session)


def visitors(number: int) -> list[Visitor]:
    """So many, each from a network of its own, so that no limit per network stands in the way."""
    return [a_visitor(f'10.{one // 65536}.{one // 256 % 256}.{one % 256}') for one in range(number)]


@deed
async def _insert_staff(deps: Dependencies, role: Role, name: str, email: str, password: str, visitor: Visitor) -> str:
    hashed = await deps.hasher.hash(password)
    async with unit_of_work(deps) as work:
        staff = await StaffMember.create(
            name=name, email=email, role=role.value, password_hash=hashed, created_at=work.now
        )
        return await start_staff_session(work, staff, visitor)


async def given_staff(
    deps: Dependencies, role: Role = Role.STAFF, *, name: str = 'Sam Keller', email: str = '', password: str = PASSWORD
) -> StaffActor:
    """A staff member of this role, signed in."""
    address = email or f'{role.value}{next(_numbers)}@firm.example'
    raw = await _insert_staff(deps, role, name, address, password, a_visitor('198.51.100.1', user_agent='Staff/1'))
    actor = await current_staff(deps, raw, '198.51.100.1', 'Staff/1')
    assert actor
    return actor


async def given_owner(deps: Dependencies, **traits: str) -> StaffActor:
    """The owner, signed in."""
    return await given_staff(deps, Role.OWNER, **traits)


@deed
async def _insert_contact(deps: Dependencies, details: ContactDetails, access: bool) -> int:
    async with unit_of_work(deps) as work:
        return int((await insert_contact(work, SystemActor(), check_details(details), give_access=access)).id)


async def given_contact(
    deps: Dependencies,
    name: str = 'Clara Weiss',
    email: str = 'clara@weiss.example',
    *,
    kind: Kind = Kind.PERSON,
    organisation: str = '',
    access: bool = True,
    invited_by: StaffActor | None = None,
    message: str = '',
    revoked_by: StaffActor | None = None,
) -> Contact:
    """A contact; `invited_by` and `revoked_by` happen to it in this order."""
    contact_id = await _insert_contact(deps, ContactDetails(kind, name, email, organisation), access)
    if invited_by:
        await invite_contact(deps, invited_by, contact_id, message)
    if revoked_by:
        await revoke_access(deps, revoked_by, contact_id)
    return await Contact.get(id=contact_id)


async def given_invited(
    deps: Dependencies,
    staff: StaffActor,
    name: str = 'Clara Weiss',
    email: str = 'clara@weiss.example',
    message: str = '',
) -> Invited:
    """A contact that was asked in and has not come yet."""
    contact = await given_contact(deps, name, email, access=False)
    return await invite_contact(deps, staff, contact.id, message)


@dataclass(frozen=True)
class JoinedClient:
    """A contact that signed in, and the session of its browser."""

    contact_id: int
    raw: str
    actor: ClientActor


async def signed_in(deps: Dependencies, signed: SignedIn, visitor: Visitor | None = None) -> ClientActor:
    """The client of a session that has just begun."""
    visitor = visitor or a_visitor()
    actor = await current_client(deps, signed.raw_session, visitor.ip, visitor.user_agent)
    assert actor
    return actor


async def come_in(
    deps: Dependencies, staff: StaffActor, contact_id: int, visitor: Visitor | None = None
) -> JoinedClient:
    """The contact signs in by a link that staff made."""
    link = await make_magic_link(deps, staff, contact_id)
    signed = await redeem_magic_link(deps, visitor or a_visitor(), token_of(link.url))
    return JoinedClient(contact_id, signed.raw_session, await signed_in(deps, signed, visitor))


async def given_joined_client(
    deps: Dependencies, staff: StaffActor, name: str = 'Clara Weiss', email: str = 'clara@weiss.example'
) -> JoinedClient:
    """A contact that was invited and followed its invitation."""
    invited = await given_invited(deps, staff, name, email)
    signed = await redeem_magic_link(deps, a_visitor(), token_of(invited.link))
    return JoinedClient(invited.contact_id, signed.raw_session, await signed_in(deps, signed))


async def given_one_login_on_three(deps: Dependencies, email: str = 'ines@holm.example') -> list[Contact]:
    """A person and two organisations with one address, each with access."""
    return [
        await given_contact(deps, 'Ines Holm', email),
        await given_contact(deps, 'Holm Bau AG', email, kind=Kind.ORGANISATION),
        await given_contact(deps, 'Holm Stiftung', email, kind=Kind.ORGANISATION),
    ]


@dataclass(frozen=True)
class ReadMail:
    """A mail as its reader sees it. Empty once its body was scrubbed."""

    row: OutboxMail
    text: str
    html: str


async def mails_to(deps: Dependencies, address: str) -> list[ReadMail]:
    """Every mail to this address, oldest first."""
    rows = await OutboxMail.filter(to_address=address).order_by('id')
    bodies = [open_body(deps.cipher, row.body, row.message_id) if row.body else ('', '') for row in rows]
    return [ReadMail(row, *body) for row, body in zip(rows, bodies, strict=True)]


async def newest_mail(deps: Dependencies, address: str) -> ReadMail:
    """The last mail to this address."""
    found = await mails_to(deps, address)
    assert found, f'no mail to {address}'
    return found[-1]


def link_in(mail: ReadMail) -> str:
    """The link of a mail, the same in both of its parts."""
    (link,) = set(re.findall(r'https?://\S+/sign-in/link/[\w-]+', mail.text))
    assert link in mail.html
    return link


async def asked_for_address(deps: Dependencies, staff: StaffActor, contact_id: int, address: str) -> str:
    """Staff ask for another address of a contact's login; the token in the mail that asks the new one."""
    await change_login_address(deps, staff, contact_id, address)
    return address_token_in(await newest_mail(deps, address))


def address_token_in(mail: ReadMail) -> str:
    """The token of a mail that asks a new address, the same in both of its parts."""
    (link,) = set(re.findall(r'https?://\S+/login-address/[\w-]+', mail.text))
    assert link in mail.html
    return token_of(link)


def code_in(mail: ReadMail) -> str:
    """The six digits of a mail; empty when it has none."""
    found = re.findall(r'^\s*(\d{6})\s*$', mail.text, re.MULTILINE)
    return found[0] if found else ''


def token_of(link: str) -> str:
    """What stands at the end of a link."""
    return link.rpartition('/')[2]


def token_in(mail: ReadMail) -> str:
    return token_of(link_in(mail))


def heard(deps: Dependencies, *kinds: type[E]) -> list[E]:
    """Fills with the events of these kinds that are published from now on."""
    events: list[E] = []
    for kind in kinds:
        deps.events.on(kind, events.append)
    return events


async def every_row() -> dict[str, list[dict[str, object]]]:
    """Every row of every table."""
    names = await fetch(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        if is_sqlite()
        else "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    return {row['name']: await fetch(f'SELECT * FROM "{row["name"]}"') for row in names}


async def every_row_but_counts() -> dict[str, list[dict[str, object]]]:
    """The same without the counts of tries: what is refused is counted all the same."""
    return {table: rows for table, rows in (await every_row()).items() if table != 'rate_log'}


async def everything_stored() -> str:
    """Every cell of every table as text."""
    return repr(await every_row())


async def audit_rows(*kinds: AuditKind) -> Sequence[AuditEvent]:
    """The audit log, or these kinds of it, oldest first."""
    rows = AuditEvent.filter(kind__in=[kind.value for kind in kinds]) if kinds else AuditEvent.all()
    return await rows.order_by('id')


def with_settings(deps: Dependencies, **changes: object) -> Dependencies:
    """The same dependencies with other settings."""
    values = {**deps.settings.model_dump(), **changes}
    return replace(deps, settings=Settings(_env_file=None, **values))  # type: ignore[arg-type]


def later(clock: FixedClock, **span: float) -> None:
    """Let so much time pass: `later(clock, minutes=15)`."""
    clock.advance(timedelta(**span))


# ── Second factor ──


def app_code(secret: str, clock: Clock, *, seconds: float = 0) -> str:
    """What the authenticator app of this secret shows now, or so many seconds from now."""
    return pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=seconds))


@dataclass(frozen=True)
class Enrolled:
    """Somebody with a second factor, and the session of the browser it was turned on in."""

    actor: ClientActor | StaffActor
    raw: str
    secret: str
    codes: tuple[str, ...]


async def given_second_factor(
    deps: Dependencies, actor: ClientActor | StaffActor, raw: str = '', clock: FixedClock | None = None
) -> Enrolled:
    """Turn it on as a person does. With a `clock`, half a minute passes, so that the app shows a code to sign in with.

    `raw` is the session of the browser, which a new one takes the place of.
    """
    secret = (await begin_enrolment(deps, actor)).secret
    is_staff = isinstance(actor, StaffActor)
    visitor = Visitor(actor.ip, actor.user_agent, '', '' if is_staff else raw, raw if is_staff else '')
    turned_on = await turn_on(deps, actor, visitor, app_code(secret, deps.clock))
    look = current_staff if is_staff else current_client
    now = await look(deps, turned_on.raw_session, actor.ip, actor.user_agent)
    assert now
    codes = await read_new_codes(deps, now)
    await forget_new_codes(deps, now)
    if clock:
        later(clock, seconds=30)
    return Enrolled(now, turned_on.raw_session, secret, codes)
