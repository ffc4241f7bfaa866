"""What a deed is handed: clock, randomness, hasher, cipher, settings and the event bus. Nothing else reads the time,
the environment or a source of randomness."""

import asyncio
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import Busy
from domain.events import EventBus
from domain.handover import Handover
from domain.resolver import Resolver
from domain.settings import Settings
from domain.whereabouts import Whereabouts

P = ParamSpec('P')
R = TypeVar('R')

HTTPS = 443


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, in UTC and aware of it."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Randomness(Protocol):
    def token(self) -> str:
        """256 random bits, base64url (R1)."""
        ...

    def code(self) -> str:
        """Six random digits."""
        ...

    def secret(self, size: int) -> bytes:
        """So many random bytes."""
        ...


class SystemRandomness:
    def token(self) -> str:
        return secrets.token_urlsafe(32)

    def code(self) -> str:
        return f'{secrets.randbelow(1_000_000):06d}'

    def secret(self, size: int) -> bytes:
        return secrets.token_bytes(size)


class Hasher:
    """argon2id, 19 MiB, two passes, one lane (R17), off the event loop and bounded to the cores (R18)."""

    def __init__(self, workers: int | None = None) -> None:
        self._argon2 = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        cores = workers or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(cores, thread_name_prefix='argon2')
        self._waiting = 0
        self._most_waiting = cores * 20
        self._dummy = self._argon2.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        """Raises Busy when too many wait already."""
        return await self._run(self._argon2.hash, password)

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Whether they fit. Without a hash a dummy is tried, so that an unknown address costs the same (R42).

        Raises Busy when too many wait already.
        """
        fits = await self._run(self._fits, hashed or self._dummy, password)
        return fits and hashed is not None

    def needs_rehash(self, hashed: str) -> bool:
        return self._argon2.check_needs_rehash(hashed)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _fits(self, hashed: str, password: str) -> bool:
        try:
            return self._argon2.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        if self._waiting >= self._most_waiting:
            raise Busy()
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: work(*args, **kwargs))
        finally:
            self._waiting -= 1


class Cipher:
    """AES-256-GCM with the id of its key in front, so that a key can be changed (R26)."""

    def __init__(self, key: str, previous: str = '') -> None:
        self._keys = {_key_id(one): AESGCM(hashlib.sha256(one.encode()).digest()) for one in (previous, key) if one}
        self._hash_keys = [hashlib.sha256(b'foyer hash key' + one.encode()).digest() for one in (key, previous) if one]
        self._current = _key_id(key)

    def encrypt(self, text: str, bound_to: str) -> str:
        """`text` encrypted; it decrypts only with the same `bound_to`, so that it cannot be moved to another row."""
        nonce = secrets.token_bytes(12)
        sealed = self._keys[self._current].encrypt(nonce, text.encode(), bound_to.encode())
        return f'{self._current}.{(nonce + sealed).hex()}'

    def is_current(self, sealed: str) -> bool:
        """Whether it was encrypted with the present key, rather than the one before."""
        return sealed.partition('.')[0] == self._current

    def knows(self, sealed: str) -> bool:
        """Whether it was encrypted with one of the keys that are set."""
        return sealed.partition('.')[0] in self._keys

    def decrypt(self, sealed: str, bound_to: str) -> str:
        """Raises ValueError when key, binding or text are not what they were."""
        key_id, _, blob = sealed.partition('.')
        raw = bytes.fromhex(blob)
        if key_id not in self._keys:
            raise ValueError('encrypted with a key that is not set')
        try:
            return self._keys[key_id].decrypt(raw[:12], raw[12:], bound_to.encode()).decode()
        except InvalidTag as error:
            raise ValueError('does not decrypt') from error

    def keyed_hashes(self, text: str, bound_to: str) -> tuple[str, ...]:
        """HMAC-SHA-256 of `text`, in hex, different for every `bound_to`: under the present key, then the one before.

        For what is shorter than a token: without the key, which is not in the database, it cannot be guessed at.
        """
        message = f'{bound_to}:{text}'.encode('utf-8', 'surrogatepass')
        return tuple(hmac.new(key, message, hashlib.sha256).hexdigest() for key in self._hash_keys)


def _key_id(key: str) -> str:
    return hashlib.sha256(b'foyer key id' + key.encode()).hexdigest()[:8]


def key_file(settings: Settings) -> Path:
    """Where the key is kept unless it is set."""
    return settings.data_dir / 'secret.key'


def read_or_make_secret_key(settings: Settings) -> str:
    """The key of the installation: the setting, else `secret.key` in the data dir, made on first run (mode 0600)."""
    if settings.secret_key:
        return settings.secret_key
    path = key_file(settings)
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    key = secrets.token_urlsafe(48)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, 'w') as file:
        file.write(key)
    return key


@dataclass(frozen=True)
class Dependencies:
    """Handed to every deed."""

    settings: Settings
    cipher: Cipher
    hasher: Hasher
    clock: Clock = field(default_factory=SystemClock)
    randomness: Randomness = field(default_factory=SystemRandomness)
    events: EventBus = field(default_factory=EventBus)
    resolver: Resolver = field(default_factory=Resolver)
    whereabouts: Whereabouts = field(default_factory=Whereabouts)
    handover: Handover = field(default_factory=Handover)

    @property
    def portal_url(self) -> str:
        """Where clients reach the portal now, without a slash at the end: the firm's own domain once it is active, else
        the base URL. What clients are sent is built from this alone (R12); what staff are sent, from the base URL."""
        return self.custom_url if self.whereabouts.is_active else self.settings.public_url

    @property
    def custom_url(self) -> str:
        """The firm's own domain as a URL; only of use while there is one."""
        port = self.settings.https_port
        return f'https://{self.whereabouts.host}' + ('' if port == HTTPS else f':{port}')

    @property
    def captures_mail(self) -> bool:
        """Whether mail stays in the outbox, because neither the environment nor a page names a server."""
        return not self.settings.smtp_url and self.handover.server is None

    @property
    def sender(self) -> str:
        """The address mail comes from, always the firm's own: the environment's, the page's, or one at the base URL."""
        return self.settings.mail_from or self.handover.mail_from or self.settings.sender


def build_dependencies(settings: Settings) -> Dependencies:
    """The real ones."""
    return Dependencies(
        settings=settings,
        cipher=Cipher(read_or_make_secret_key(settings), settings.secret_key_previous),
        hasher=Hasher(),
        resolver=Resolver(settings.dns_resolvers),
    )
