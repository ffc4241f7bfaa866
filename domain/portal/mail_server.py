"""The server that mail is handed over to, the address it comes from, and whom answers reach, as a page sets them.

Only an owner changes them: who names the server reads every mail, the links in it among them, and those that let a
colleague choose a password too (R21). What the environment sets wins, and is left alone here.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import ip_address

import idna

from domain.access.rate_limits import check_staff_budget
from domain.actors import StaffActor
from domain.addresses import normalise_address
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import NoMailServer, NumberOutOfRange, TextFault, TextInvalid
from domain.events import MailServerSaved
from domain.handover import MailServer, RepliesTo
from domain.mail import messages
from domain.mail.envelope import build, sender_address
from domain.mail.letterhead import read_letterhead
from domain.mail.server import as_handover, bound_to, learn_handover, password_of, server_in_use
from domain.mail.transport import Connection, Delivered, Limits, Obstacle, ServerFault
from domain.mail_errors import MailServerFault, MailServerInvalid
from domain.portal.sender_check import is_domain
from domain.texts import first_name, one_line
from domain.unit_of_work import deed, unit_of_work
from storage import mail_claims
from storage.models import MailServerChoice

PORTS = (1, 65_535)
PATIENCE = Limits(connect=8, command=8, message=12, whole_try=20)
_host = re.compile(r'(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*')


class Tls(StrEnum):
    """How the way to the server is guarded."""

    STARTTLS = 'starttls'
    IMPLICIT = 'implicit'
    NONE = 'none'


@dataclass(frozen=True)
class MailSettings:
    """How mail leaves. `password` is only ever what somebody types; what is kept shows as `has_password`.

    `server_by` and `from_by` name the variable of the environment that sets this, if one does. `sender` is the address
    that mail comes from now.
    """

    host: str = ''
    port: int = 587
    tls: Tls = Tls.STARTTLS
    username: str = ''
    password: str = ''
    mail_from: str = ''
    replies_to: RepliesTo = RepliesTo.STAFF
    reply_address: str = ''
    has_password: bool = False
    server_by: str = ''
    from_by: str = ''
    sender: str = ''

    @property
    def is_from_nowhere(self) -> bool:
        """Whether mail comes from an address that is at no domain, which mail servers elsewhere take for made up."""
        return not is_domain(sender_address(self.sender).rpartition('@')[2])


@dataclass(frozen=True)
class Tried:
    """What came of a test: whether the server took the mail, what it said in its own words, what was in the way."""

    taken: bool
    answer: str
    to: str
    server: str
    obstacle: Obstacle | None = None


async def read_mail_settings(deps: Dependencies, actor: StaffActor) -> MailSettings:
    """As they are in force. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.CHANGE_SETTINGS)
    row = await MailServerChoice.get(id=1)
    chosen = MailSettings(
        row.host, row.port, Tls(row.tls), row.username, '', row.mail_from, RepliesTo(row.replies_to),
        row.reply_address, row.password is not None, sender=deps.sender,
    )  # fmt: skip
    if deps.settings.smtp_url:
        server = server_in_use(deps)
        assert server is not None
        tls = Tls.IMPLICIT if server.tls else Tls.NONE if server.starttls == 'never' else Tls.STARTTLS
        chosen = replace(
            chosen, host=server.host, port=server.port, tls=tls, username=server.username,
            has_password=bool(server.password), server_by='FOYER_SMTP_URL',
        )  # fmt: skip
    if deps.settings.mail_from:
        chosen = replace(chosen, mail_from=deps.settings.mail_from, from_by='FOYER_MAIL_FROM')
    return chosen


@deed
async def change_mail_settings(deps: Dependencies, actor: StaffActor, wanted: MailSettings) -> MailSettings:
    """Save them; without a host, mail is captured. Without a password, the one that is kept stays.

    Raises for the field that is wrong MailServerInvalid, NumberOutOfRange, TextInvalid, AddressInvalid; SignInNotFresh,
    NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.CHANGE_MAIL_SERVER, fresh=True)
    row = await MailServerChoice.get(id=1)
    changed = _columns(deps, row, wanted)
    async with unit_of_work(deps) as work:
        await MailServerChoice.filter(id=1).update(**changed)
        await mail_claims.try_at_once(work.now)
        named = {name: value for name, value in changed.items() if name != 'password' and value != getattr(row, name)}
        await record(work, AuditKind.MAIL_SERVER_CHANGED, actor, server=changed.get('host', ''), changed=named)
        work.tell(MailServerSaved())
    await learn_handover(deps)
    return await read_mail_settings(deps, actor)


@deed
async def try_mail_server(deps: Dependencies, actor: StaffActor, wanted: MailSettings) -> Tried:
    """Send a mail to whoever asks, at once and by what is typed, saved or not.

    Raises what `change_mail_settings` raises, NoMailServer and RateLimited.
    """
    await authorise(deps, actor, Permission.CHANGE_MAIL_SERVER, fresh=True)
    await check_staff_budget(deps, actor)
    server, sender = await _meant(deps, wanted)
    letterhead = await read_letterhead()
    message = messages.test_mail(letterhead=letterhead, first_name=first_name(actor.name), portal_url=deps.portal_url)
    mail = build(
        sender,
        from_name=letterhead.firm_name,
        to_address=actor.email,
        to_name=actor.name,
        subject=message.subject,
        text=message.text,
        html=message.html,
        message_id=f'<{deps.randomness.token()}@{sender.rpartition("@")[2]}>',
        date=deps.clock.now(),
    )
    connection = Connection(server, PATIENCE)
    try:
        outcome = await connection.send(mail)
    finally:
        await connection.close()
    taken = isinstance(outcome, Delivered)
    async with unit_of_work(deps) as work:
        await record(
            work, AuditKind.MAIL_SERVER_TRIED, actor, outcome='done' if taken else 'refused', server=server.host
        )
    obstacle = outcome.obstacle if isinstance(outcome, ServerFault) else None
    return Tried(taken, outcome.answer, actor.email, server.host, obstacle)


async def _meant(deps: Dependencies, wanted: MailSettings) -> tuple[MailServer, str]:
    """The server and the sender that are to be tried."""
    row = await MailServerChoice.get(id=1)
    for name, value in _columns(deps, row, wanted).items():
        setattr(row, name, value)
    meant = as_handover(deps.cipher, row)
    server = server_in_use(deps) if deps.settings.smtp_url else meant.server
    if server is None:
        raise NoMailServer()
    return server, deps.settings.mail_from or meant.mail_from or deps.settings.sender


def _columns(deps: Dependencies, row: MailServerChoice, wanted: MailSettings) -> dict[str, object]:
    """What is to be written; what the environment sets is not."""
    columns: dict[str, object] = {'replies_to': wanted.replies_to.value}
    columns['reply_address'] = normalise_address(wanted.reply_address) if wanted.replies_to is RepliesTo.ADDRESS else ''
    if not deps.settings.mail_from:
        columns['mail_from'] = normalise_address(wanted.mail_from) if wanted.mail_from.strip() else ''
    if not deps.settings.smtp_url:
        columns |= _server_columns(deps, row, wanted)
    return columns


def _server_columns(deps: Dependencies, row: MailServerChoice, wanted: MailSettings) -> dict[str, object]:
    host = _checked_host(wanted.host)
    if not host:
        return {'host': '', 'username': '', 'password': None}
    if not PORTS[0] <= wanted.port <= PORTS[1]:
        raise NumberOutOfRange('port', *PORTS)
    if wanted.tls is Tls.NONE and not _is_this_machine(host):
        raise MailServerInvalid('tls', MailServerFault.PLAIN_TEXT)
    username = one_line(wanted.username, 'username', longest=320)
    if not wanted.password.isprintable():
        raise TextInvalid('password', TextFault.CONTROL_CHARACTER)
    if len(wanted.password) > 1_000:
        raise TextInvalid('password', TextFault.TOO_LONG, 1_000)
    return {
        'host': host,
        'port': wanted.port,
        'tls': wanted.tls.value,
        'username': username,
        'password': _password(deps, row, wanted.password, (host, wanted.port, username)),
    }


def _password(deps: Dependencies, row: MailServerChoice, typed: str, place: tuple[str, int, str]) -> str | None:
    """Encrypted for this place. What is kept for another is never sent here: it has to be typed again."""
    username = place[2]
    if typed and not username:
        raise MailServerInvalid('username', MailServerFault.PASSWORD_ALONE)
    if not username:
        return None
    if not typed:
        if row.password is None:
            raise MailServerInvalid('password', MailServerFault.PASSWORD_ALONE)
        if (row.host, row.port, row.username) != place or not password_of(deps.cipher, row):
            raise MailServerInvalid('password', MailServerFault.PASSWORD_AGAIN)
        return row.password
    return deps.cipher.encrypt(typed, bound_to(*place))


def _checked_host(text: str) -> str:
    """A name or an address of a machine, in ASCII; nothing where nothing was typed."""
    host = text.strip().lower().rstrip('.')
    if not host:
        return ''
    try:
        return str(ip_address(host.strip('[]')))
    except ValueError:
        pass
    try:
        host = host if host.isascii() else idna.encode(host, uts46=True).decode('ascii')
    except idna.IDNAError:
        host = ''
    if len(host) > 253 or not _host.fullmatch(host) or host.replace('.', '').isdigit():
        raise MailServerInvalid('host', MailServerFault.HOST)
    return host


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == 'localhost'
