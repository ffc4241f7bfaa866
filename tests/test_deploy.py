"""What lies in deploy/ is taken by the programs it is for, and fits what Foyer does."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.https_server import Authority
from tests.support.requirements import missing
from tests.support.served import ROOT

DEPLOY = ROOT / 'deploy'
GUIDE = (ROOT / 'docs' / 'deploy.md').read_text()


def program(name: str, package: str) -> str:
    found = shutil.which(name, path=f'/usr/sbin:/usr/local/sbin:/sbin:{os.environ["PATH"]}')
    if found is None:
        missing(name, f'no {name} found: apt-get install {package}')
    return found


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_caddy_takes_the_caddyfile(tmp_path: Path) -> None:
    caddy = program('caddy', 'caddy')
    config = str(DEPLOY / 'Caddyfile')
    assert 'Valid configuration' in run(caddy, 'validate', '--adapter', 'caddyfile', '--config', config)
    formatted = subprocess.run([caddy, 'fmt', config], capture_output=True, text=True, timeout=60, check=True).stdout
    assert formatted == (DEPLOY / 'Caddyfile').read_text(), 'as `caddy fmt` writes it'


def test_nginx_takes_its_site(tmp_path: Path) -> None:
    nginx = program('nginx', 'nginx')
    authority, text = Authority(tmp_path), (DEPLOY / 'nginx.conf').read_text()
    for name in re.findall(r'/etc/letsencrypt/live/([^/]+)/fullchain.pem', text):
        text = re.sub(rf'/etc/letsencrypt/live/{name}/\w+.pem', str(authority.certificate(name)), text)
    text = text.replace('/var/log/nginx', str(tmp_path)).replace('443 ssl', '8443 ssl').replace(' 80;', ' 8080;')
    text = text.replace(']:80;', ']:8080;').replace(']:443', ']:8443')
    site = tmp_path / 'site.conf'
    site.write_text(text)
    whole = tmp_path / 'nginx.conf'
    whole.write_text(f'pid {tmp_path}/pid;\nerror_log {tmp_path}/error.log;\nevents {{}}\nhttp {{ include {site}; }}\n')
    run(nginx, '-t', '-c', str(whole), '-p', str(tmp_path), '-e', str(tmp_path / 'early.log'))


def test_systemd_takes_the_unit_and_finds_it_safe(tmp_path: Path) -> None:
    analyze = program('systemd-analyze', 'systemd')
    unit = tmp_path / 'foyer.service'
    unit.write_text((DEPLOY / 'foyer.service').read_text().replace('/opt/foyer/.venv/bin/python', '/usr/bin/env'))
    assert run(analyze, 'verify', str(unit)) == ''
    level = re.search(
        r'Overall exposure level for \S+: ([\d.]+)', run(analyze, 'security', '--offline=true', str(unit))
    )
    assert level and float(level[1]) <= 2.0


def test_the_settings_of_the_example_are_settings() -> None:
    from domain.settings import Settings

    named = re.findall(r'^#?FOYER_(\w+)=', (DEPLOY / 'foyer.env').read_text(), flags=re.MULTILINE)
    assert {name.lower() for name in named} <= set(Settings.model_fields)


@pytest.mark.parametrize('path', ['/tls/ask', '/.well-known/foyer', '/healthz', '/readyz'])
def test_the_guide_names_what_there_is(path: str) -> None:
    assert path in GUIDE
    for file in re.findall(r'/opt/foyer/deploy/([\w.]+)', GUIDE):
        assert (DEPLOY / file).exists(), file


def test_addresses_that_hold_a_token_stay_out_of_nginx_log() -> None:
    text = (DEPLOY / 'nginx.conf').read_text()
    kept_out = re.search(r'~\^/\((.+?)\) 0;', text)
    assert kept_out
    readme = (ROOT / 'README.md').read_text()
    for path in (
        'sign-in/link',
        'reset-password',
        'login-address',
        'staff/invitation',
        'staff/reset-password',
        'setup',
    ):
        assert path in kept_out[1] and f'/{path}' in readme
