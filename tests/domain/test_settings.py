"""Settings: what they mean and what stops the start."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from domain.settings import Settings, explain


def made(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ('setting', 'value'),
    [
        ('port', '0'),
        ('port', '70000'),
        ('port', 'http'),
        ('base_url', 'portal.example.com'),
        ('base_url', 'ftp://portal.example.com'),
        ('base_url', 'https://'),
        ('base_url', 'https://portal.example.com/path'),
        ('base_url', 'https://portal.example.com?x=1'),
        ('base_url', 'https://portal.example.com:99999'),
        ('base_url', 'https://portal.example.com#top'),
        ('base_url', 'https://user:pass@portal.example.com'),
        ('base_url', 'https://[::1'),
        ('base_url', 'javascript:alert(1)'),
        ('database_url', 'mysql://x'),
        ('database_url', 'foyer.sqlite3'),
        ('smtp_url', 'mail.example.com'),
        ('smtp_url', 'http://mail.example.com'),
        ('smtp_url', 'smtp://'),
        ('mail_from', 'not an address'),
        ('mail_from', 'a@x.example, b@x.example'),
        ('secret_key', 'short'),
        ('secret_key_previous', 'short'),
        ('mail_per_minute', '0'),
        ('trusted_proxies', 'anybody'),
        ('trusted_proxies', '10.0.0.0/8,anybody'),
        ('dns_resolvers', 'dns.example'),
        ('dns_resolvers', '127.0.0.1:0'),
        ('https_port', '0'),
        ('log_format', 'xml'),
        ('rate_limits', 'maybe'),
    ],
)
def test_a_wrong_value_is_named_in_one_line(setting: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """CONTRACT: a wrong value stops the start with one line that names the setting."""
    monkeypatch.setenv(f'FOYER_{setting.upper()}', value)
    with pytest.raises(ValidationError) as refused:
        made()
    line = explain(refused.value)
    assert line.startswith(f'FOYER_{setting.upper()}: ')
    assert '\n' not in line
    assert len(line) > len(setting) + 12


@pytest.mark.parametrize(
    ('host', 'allowed'),
    [('127.0.0.1', True), ('::1', True), ('localhost', True), ('0.0.0.0', False), ('door.example', False)],
)
def test_limits_are_only_off_on_loopback(host: str, allowed: bool) -> None:
    """CONTRACT FOYER_RATE_LIMITS: `off` is refused unless the host is loopback."""
    assert made(host=host, base_url='https://door.example').rate_limits == 'on'
    if allowed:
        assert made(host=host, rate_limits='off').rate_limits == 'off'
        return
    with pytest.raises(ValidationError) as refused:
        made(host=host, rate_limits='off')
    assert 'FOYER_RATE_LIMITS' in explain(refused.value)


@pytest.mark.parametrize(
    ('values', 'url', 'https'),
    [
        ({}, 'http://127.0.0.1:8080', False),
        ({'host': '::1', 'port': 9000}, 'http://[::1]:9000', False),
        ({'base_url': 'https://portal.example.com/'}, 'https://portal.example.com', True),
        ({'base_url': 'http://localhost:8443'}, 'http://localhost:8443', False),
    ],
)
def test_where_clients_reach_the_portal(values: dict[str, object], url: str, https: bool) -> None:
    """R12: the base of every link, without a slash at the end."""
    settings = made(**values)
    assert (settings.public_url, settings.is_https) == (url, https)


@pytest.mark.parametrize(
    'values', [{'host': '0.0.0.0'}, {'base_url': 'http://portal.example.com'}, {'base_url': 'http://10.0.0.7:8080'}]
)
def test_plain_http_stays_on_this_machine(values: dict[str, object]) -> None:
    """R33: cookies go without Secure on loopback alone; a host beyond it needs an https address of its own."""
    with pytest.raises(ValidationError) as refused:
        made(**values)
    assert explain(refused.value).startswith('FOYER_BASE_URL: ')


def test_what_stands_in_for_unset_values(tmp_path: Path) -> None:
    """CONTRACT: SQLite in the data dir, mail captured, a sender at the portal's host."""
    settings = made(data_dir=tmp_path, base_url='https://door.example')
    assert settings.database == f'sqlite://{tmp_path}/foyer.sqlite3'
    assert not settings.smtp_url
    assert settings.sender == 'portal@door.example'
    assert made(mail_from='office@holm.example').sender == 'office@holm.example'


@pytest.mark.parametrize(
    ('values', 'here_only', 'sender'),
    [
        ({}, True, 'portal@localhost'),
        ({'base_url': 'http://localhost:8080'}, True, 'portal@localhost'),
        ({'base_url': 'http://[::1]:8080'}, True, 'portal@localhost'),
        ({'base_url': 'https://192.0.2.7'}, False, 'portal@localhost'),
        ({'base_url': 'https://door.example'}, False, 'portal@door.example'),
    ],
)
def test_where_links_lead_and_who_mails(values: dict[str, object], here_only: bool, sender: str) -> None:
    """No mail comes from an IP address, which many servers refuse."""
    settings = made(**values)
    assert (settings.links_lead_here_only, settings.sender) == (here_only, sender)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """CONTRACT: FOYER_*; a list is parted by commas."""
    monkeypatch.setenv('FOYER_TRUSTED_PROXIES', '10.0.0.0/8, ::1,')
    monkeypatch.setenv('FOYER_PORT', '9001')
    settings = made()
    assert (settings.trusted_proxies, settings.port) == (('10.0.0.0/8', '::1'), 9001)
