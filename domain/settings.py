"""Settings of the installation, from the environment or `.env`. What the firm chooses on pages is in the database."""

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.addresses import normalise_address
from domain.errors import AddressInvalid
from domain.resolver import parse_server

LOOPBACK_NAMES = frozenset({'localhost', '127.0.0.1', '::1'})


class Settings(BaseSettings):
    """All of `FOYER_*`. A wrong value stops the start with one line that names the setting (`explain`)."""

    model_config = SettingsConfigDict(env_prefix='FOYER_', env_file='.env', extra='ignore', frozen=True)

    host: str = '127.0.0.1'
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    base_url: str = ''
    data_dir: Path = Path('data')
    database_url: str = ''
    secret_key: str = ''
    secret_key_previous: str = ''
    smtp_url: str = ''
    mail_from: str = ''
    mail_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 120
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    dns_resolvers: Annotated[tuple[str, ...], NoDecode] = ()
    http_port: Annotated[int, Field(ge=1, le=65535)] = 80  # where the proxy in front is reached from outside
    https_port: Annotated[int, Field(ge=1, le=65535)] = 443
    log_format: Literal['console', 'json'] = 'console'
    rate_limits: Literal['on', 'off'] = 'on'

    @field_validator('trusted_proxies', 'dns_resolvers', mode='before')
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(',') if part.strip()) if isinstance(value, str) else value

    @field_validator('trusted_proxies')
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for part in value:
            ip_network(part)
        return value

    @field_validator('dns_resolvers')
    @classmethod
    def _resolvers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for part in value:
            try:
                parse_server(part)
            except ValueError as error:
                raise ValueError('must be IP addresses, like 9.9.9.9 or 127.0.0.1:5353, with commas between') from error
        return value

    @field_validator('base_url')
    @classmethod
    def _base_url(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        extra = parts.path.strip('/') or parts.query or parts.fragment or parts.username
        if parts.scheme not in ('http', 'https') or not parts.hostname or extra or parts.port == 0:
            raise ValueError('must be like https://portal.example.com, without a path')
        return f'{parts.scheme}://{parts.netloc}'

    @field_validator('database_url')
    @classmethod
    def _database_url(cls, value: str) -> str:
        if value and not value.startswith(('sqlite://', 'postgres://', 'postgresql://')):
            raise ValueError('must begin with sqlite:// or postgres://')
        return value

    @field_validator('smtp_url')
    @classmethod
    def _smtp_url(cls, value: str) -> str:
        if value:
            parts = urlsplit(value)
            if parts.scheme not in ('smtp', 'smtps') or not parts.hostname:
                raise ValueError('must be like smtp://user:pass@mail.example.com:587?starttls=required')
        return value

    @field_validator('mail_from')
    @classmethod
    def _mail_from(cls, value: str) -> str:
        try:
            return normalise_address(value) if value else value
        except AddressInvalid as error:
            raise ValueError('must be one plain address, like portal@example.com') from error

    @field_validator('secret_key', 'secret_key_previous')
    @classmethod
    def _secret_key(cls, value: str) -> str:
        if value and len(value) < 32:
            raise ValueError('must have at least 32 characters')
        return value

    @model_validator(mode='after')
    def _limits_only_off_on_loopback(self) -> 'Settings':
        if self.rate_limits == 'off' and not self.is_loopback:
            raise ValueError('FOYER_RATE_LIMITS=off is only for a host on loopback')
        if not self.is_loopback and not self.base_url:
            raise ValueError(
                'FOYER_BASE_URL: is needed when FOYER_HOST is not loopback, like https://portal.example.com'
            )
        if self.base_url.startswith('http://') and not _is_loopback(urlsplit(self.base_url).hostname or ''):
            raise ValueError('FOYER_BASE_URL: must be https beyond this machine; a reverse proxy holds the certificate')
        return self

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return _is_loopback(self.host)

    @property
    def public_url(self) -> str:
        """Where clients reach the portal, without a slash at the end. Links are built from this alone (R12)."""
        return self.base_url or f'http://{f"[{self.host}]" if ":" in self.host else self.host}:{self.port}'

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith('https://')

    @property
    def database(self) -> str:
        return self.database_url or f'sqlite://{self.data_dir / "foyer.sqlite3"}'

    @property
    def sender(self) -> str:
        """The address mail comes from unless a page names another."""
        host = urlsplit(self.public_url).hostname or ''
        return self.mail_from or f'portal@{"localhost" if not host or _is_ip(host) else host}'

    @property
    def links_lead_here_only(self) -> bool:
        """Whether a link in a mail opens on this machine and on no other."""
        return _is_loopback(urlsplit(self.public_url).hostname or '')


def _is_ip(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return host in LOOPBACK_NAMES or ip_address(host).is_loopback
    except ValueError:
        return False


def explain(error: ValidationError) -> str:
    """One line that names the setting that is wrong and why."""
    first = error.errors()[0]
    name = '_'.join(str(part) for part in first['loc']).upper()
    reason = first['msg'].removeprefix('Value error, ')
    return f'FOYER_{name}: {reason}' if name else reason
