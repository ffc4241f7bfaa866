"""Whether an installation is well: looked at from the terminal, running or not, and without changing anything."""

import os
import secrets
import stat
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from domain.dependencies import Cipher, Dependencies, Hasher, key_file
from domain.mail.server import learn_handover, server_in_use
from domain.mail.transport import Connection, Limits
from domain.portal.domain_in_use import learn_whereabouts
from domain.resolver import Resolver
from domain.settings import Settings
from storage.condition import Condition, condition
from storage.database import DatabaseUrl, StorageErrors, as_it_is, probe

PATIENCE = Limits(connect=8, command=8, whole_try=20)
FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Check(StrEnum):
    """What is looked at, in this order."""

    SETTINGS = 'settings'
    DATABASE = 'database'
    MIGRATIONS = 'migrations'
    SMTP = 'SMTP'
    DNS = 'DNS'
    SECRET_KEY = 'secret key'


@dataclass(frozen=True)
class Finding:
    """What was seen, in words for whoever runs Foyer. A fault keeps it from doing its work; a note is something to know
    before clients come."""

    check: Check
    words: str
    is_fault: bool = False
    is_note: bool = False


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """A finding or more for each check, as soon as it is known. Raises nothing that the surroundings can cause."""
    yield Finding(Check.SETTINGS, f'clients come to {settings.public_url}, data is in {settings.data_dir}')
    key = _secret_key(settings)
    deps = Dependencies(
        settings=settings,
        cipher=Cipher(key or secrets.token_urlsafe(48), settings.secret_key_previous),
        hasher=Hasher(),
        resolver=Resolver(settings.dns_resolvers),
    )
    async with AsyncExitStack() as stack:
        stack.callback(deps.hasher.close)
        found = await _database(settings, stack)
        seen = None if isinstance(found, Finding) else found
        yield found if isinstance(found, Finding) else Finding(Check.DATABASE, f'{found.engine}, {_place(settings)}')
        yield _migrations(seen)
        if seen and seen.applied == seen.known:  # what a page set is only known by this version's own schema
            await learn_handover(deps)
            await learn_whereabouts(deps)
        yield await _mail_server(deps)
        async for finding in _names(deps):
            yield finding
        yield _key(settings, key, deps.cipher, seen)


async def _database(settings: Settings, stack: AsyncExitStack) -> Condition | Finding:
    """Opened until the end of `stack`; or why there is none."""
    database = DatabaseUrl(settings.database)
    if database.is_sqlite:
        if not database.path.exists():
            return Finding(Check.DATABASE, f'{database.path} is not there yet; the first start makes it', is_note=True)
        if fault := _open_to_others(database.path):
            return Finding(Check.DATABASE, fault, is_fault=True)
        if not os.access(database.path, os.W_OK):
            return Finding(Check.DATABASE, f'{database.path} cannot be written by this user', is_fault=True)
    try:
        await probe(database)
        await stack.enter_async_context(as_it_is(database))
        return await condition()
    except StorageErrors as error:
        return Finding(Check.DATABASE, f'{_place(settings)} cannot be used: {error}', is_fault=True)


def _place(settings: Settings) -> str:
    """Where the database is, without the password that its URL holds."""
    database = DatabaseUrl(settings.database)
    if database.is_sqlite:
        return str(database.path)
    parts = urlsplit(database.url)
    return f'{parts.path.lstrip("/")} at {parts.hostname}:{parts.port or 5432}'


def _migrations(seen: Condition | None) -> Finding:
    if seen is None:
        return Finding(Check.MIGRATIONS, 'nothing to look at without a database', is_note=True)
    if newer := sorted(seen.applied - seen.known):
        words = f'{newer[-1]} was made by a newer Foyer; run that one, or restore a backup of this one'
        return Finding(Check.MIGRATIONS, words, is_fault=True)
    if waiting := sorted(seen.known - seen.applied):
        return Finding(Check.MIGRATIONS, f'{len(waiting)} wait for the next start, from {waiting[0]} on', is_note=True)
    return Finding(Check.MIGRATIONS, f'all {len(seen.known)} are done, up to {max(seen.known)}')


async def _mail_server(deps: Dependencies) -> Finding:
    server = server_in_use(deps)
    if server is None:
        return Finding(Check.SMTP, 'no mail server is set; mail waits in the Outbox and reaches nobody', is_note=True)
    place = f'{server.host}:{server.port}'
    fault = await Connection(server, PATIENCE).knock(deps.sender.rpartition('@')[2])
    if fault:
        return Finding(Check.SMTP, f'{place}: {fault.answer}', is_fault=True)
    return Finding(Check.SMTP, f'{place} lets us in; mail comes from {deps.sender}')


async def _names(deps: Dependencies) -> AsyncIterator[Finding]:
    """The host of the base URL, and the firm's own domain."""
    host = urlsplit(deps.settings.public_url).hostname or ''
    if deps.settings.links_lead_here_only:
        yield Finding(
            Check.DNS, f'{deps.settings.public_url} opens on this machine alone, so no name is looked up', is_note=True
        )
    elif addresses := await deps.resolver.addresses(host):
        yield Finding(Check.DNS, f'{host} is {", ".join(addresses)}')
    else:
        asked = ', '.join(server.label for server in deps.resolver.servers)
        yield Finding(Check.DNS, f'{host} has no address that {asked} would know of', is_fault=True)
    here = deps.whereabouts
    if here.host:
        words = f'the domain {here.host} ' + (
            'is active'
            if here.is_active
            else 'is broken; links lead to the base URL'
            if here.is_broken
            else 'is not active yet'
        )
        yield Finding(Check.DNS, words, is_fault=here.is_broken)


def _secret_key(settings: Settings) -> str:
    """What there is of it; empty when it has not been made yet, or cannot be read."""
    if settings.secret_key:
        return settings.secret_key
    try:
        return key_file(settings).read_text().strip()
    except OSError:
        return ''


def _key(settings: Settings, key: str, cipher: Cipher, seen: Condition | None) -> Finding:
    where = 'FOYER_SECRET_KEY' if settings.secret_key else str(key_file(settings))
    encrypted = seen.encrypted if seen else ()
    if not key:
        if encrypted or key_file(settings).exists():
            return Finding(Check.SECRET_KEY, f'{where} cannot be read, and the database needs it', is_fault=True)
        return Finding(Check.SECRET_KEY, f'{where} is not there yet; the first start makes it', is_note=True)
    if not settings.secret_key and (fault := _open_to_others(key_file(settings))):
        return Finding(Check.SECRET_KEY, fault, is_fault=True)
    if not all(map(cipher.knows, encrypted)):
        words = f'{where} is not the key of this database: what it encrypted cannot be read'
        return Finding(Check.SECRET_KEY, words, is_fault=True)
    if not all(map(cipher.is_current, encrypted)):
        words = f'{where} is new; FOYER_SECRET_KEY_PREVIOUS is still needed'
        return Finding(Check.SECRET_KEY, words, is_note=True)
    return Finding(Check.SECRET_KEY, f'{where} fits the database' if encrypted else where)


def _open_to_others(path: Path) -> str:
    """Secrets and people's data are for one user alone (R26)."""
    mode = stat.S_IMODE(path.stat().st_mode)
    return f'{path} is open to others ({mode:04o}): chmod 600 {path}' if mode & FOR_OTHERS else ''
