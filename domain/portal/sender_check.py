"""Whether mailbox providers can tell that mail of the firm is from the firm: SPF, DKIM and DMARC of the From domain."""

import asyncio
import re
from dataclasses import dataclass
from ipaddress import ip_address

from domain.actors import StaffActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import SelectorInvalid
from domain.events import SenderCheckChanged
from domain.mail.envelope import sender_address
from domain.mail.server import server_in_use
from domain.portal.sender_records import Checked, check_dkim, check_dmarc
from domain.portal.sender_spf import check_spf
from domain.unit_of_work import deed, unit_of_work
from storage.models import SenderCheck

LONGEST = 63
_SELECTOR = re.compile(r'[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*', re.ASCII)
_AROUND = re.compile(r'\._domainkey(\..*)?$')


@dataclass(frozen=True)
class SenderReport:
    """What was found for the address mail comes from. `domain` is empty where mail comes from no domain at all."""

    sender: str
    domain: str
    selector: str
    spf: Checked | None = None
    dkim: Checked | None = None
    dmarc: Checked | None = None


async def read_selector(deps: Dependencies, actor: StaffActor) -> str:
    """The DKIM selector that staff named, empty if none. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.CHANGE_SETTINGS)
    return str((await SenderCheck.get(id=1)).dkim_selector)


@deed
async def keep_selector(deps: Dependencies, actor: StaffActor, typed: str) -> str:
    """Name the DKIM selector, or none; as it is kept. Raises SelectorInvalid, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.CHANGE_SETTINGS)
    selector = _AROUND.sub('', typed.strip().lower().rstrip('.'))
    if selector and (len(selector) > LONGEST or not _SELECTOR.fullmatch(selector)):
        raise SelectorInvalid()
    async with unit_of_work(deps) as work:
        if await SenderCheck.filter(id=1).exclude(dkim_selector=selector).update(dkim_selector=selector):
            await record(work, AuditKind.SETTINGS_CHANGED, actor, changed={'dkim_selector': selector})
            work.tell(SenderCheckChanged())
    return selector


async def check_sender(deps: Dependencies, actor: StaffActor) -> SenderReport:
    """Ask DNS now. Raises NotAllowed, SignedOut."""
    selector = await read_selector(deps, actor)
    sender = sender_address(deps.sender)
    domain = sender.rpartition('@')[2].lower()
    if not is_domain(domain):
        return SenderReport(sender, '', selector)
    server = server_in_use(deps)
    spf, dkim, dmarc = await asyncio.gather(
        check_spf(deps.resolver, domain, server.host.lower() if server else ''),
        check_dkim(deps.resolver, domain, selector),
        check_dmarc(deps.resolver, domain),
    )
    return SenderReport(sender, domain, selector, spf, dkim, dmarc)


def is_domain(domain: str) -> bool:
    """Whether it is a name that can have records, not the address of a machine or its name at home."""
    try:
        return not ip_address(domain.strip('[]'))
    except ValueError:
        return '.' in domain
