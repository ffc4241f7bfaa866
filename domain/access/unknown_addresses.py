"""Addresses that asked for a mail, tried a password or wanted a reset, and that no contact with access bears.

Staff see them, because one of them may be a client who writes from another address. They stand in a table of their own
and not in the audit log: what strangers type is forgotten after 30 days, or a year where staff ignore it, and the log
forgets nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.access.rate_limits import network_of
from domain.actors import StaffActor, Visitor
from domain.addresses import mask_address
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.events import UnknownAddressesChanged
from domain.unit_of_work import deed, unit_of_work
from storage import attempts

MOST_KEPT = 500
MOST_NEW_PER_NETWORK = 10
NEW_WITHIN = timedelta(hours=1)
SHOWN = 20


@dataclass(frozen=True)
class UnknownAddress:
    """An address and its tries. `contact_id` and `contact_name` are of a contact that has it, but no access; or that
    once had it, where it `is_former`."""

    id: int
    email: str
    tries: int
    first_at: datetime
    last_at: datetime
    ip: str
    user_agent: str
    contact_id: int | None
    contact_name: str | None
    is_former: bool = False


@dataclass(frozen=True)
class UnknownAddresses:
    """The twenty that tried last, and how many there are in all."""

    newest: tuple[UnknownAddress, ...]
    of_all: int


@deed
async def note_unknown_address(deps: Dependencies, visitor: Visitor, email: str) -> None:
    """Keep that this address, which no contact with access bears, tried to come in. The same two statements, whatever
    they find.

    Bounded, so that a script fills nothing: ten new addresses an hour from one network, the newest 500 in all, so that
    none keeps staff from seeing who tries now. What was typed and
    is no address comes as '' and is not kept.
    """
    if not email:
        return
    async with unit_of_work(deps) as work:
        is_news = await attempts.note_unknown_address(
            email,
            now=work.now,
            ip=visitor.ip,
            network=network_of(visitor.ip),
            user_agent=visitor.user_agent,
            most=MOST_KEPT,
            most_new=MOST_NEW_PER_NETWORK,
            new_since=work.now - NEW_WITHIN,
        )
        if is_news:
            work.tell(UnknownAddressesChanged())


async def list_unknown_addresses(deps: Dependencies, actor: StaffActor) -> UnknownAddresses:
    """Those that nobody ignores. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.SEE_ACTIVITY)
    rows, of_all = await attempts.unknown_addresses(SHOWN)
    before = await attempts.borne_before([row['email'] for row in rows if row['contact_id'] is None])
    for row in rows:
        if row['email'] in before:
            row['contact_id'], row['contact_name'] = before[row['email']]
            row['is_former'] = True
    return UnknownAddresses(tuple(UnknownAddress(**row) for row in rows), of_all)


@deed
async def ignore_unknown_address(deps: Dependencies, actor: StaffActor, address_id: int) -> None:
    """Show it no more, however often it tries. Nothing happens where a colleague was quicker.

    Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    async with unit_of_work(deps) as work:  # only a part of the address goes into the log, which forgets nothing
        email = await attempts.ignore_unknown_address(address_id, work.now)
        if email is None:
            return
        await record(work, AuditKind.UNKNOWN_ADDRESS_IGNORED, actor, address=mask_address(email))
        work.tell(UnknownAddressesChanged())
