"""What lies in deploy/ is taken by the programs it is for, and fits what Foyer does."""

import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.support.caddy import Caddy
from tests.support.https_server import WebServer
from tests.support.nginx import Nginx
from tests.support.requirements import missing
from tests.support.served import ROOT

DEPLOY = ROOT / 'deploy'
GUIDE = (ROOT / 'docs' / 'deploy.md').read_text()
BASE, OWN = 'portal.example.com', 'portal.firm.example'
WORD, TOKEN = 'f' * 32, 't' * 43
LINK = f'/sign-in/link/{TOKEN}'


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


def test_caddy_leads_to_foyer_and_writes_no_token_down(tmp_path: Path) -> None:
    """R60: what is asked for may hold a token; and the word is to be had before there is a certificate."""
    foyer = WebServer(word=WORD)
    with ExitStack() as stack, Caddy(tmp_path / 'caddy', foyer.port, BASE) as caddy:
        with foyer:
            through = stack.enter_context(visitor(caddy.authority))
            goes_by_plain_http_to_the_word_alone(through, caddy.http_port)
            assert asked(through, f'https://127.0.0.1:{caddy.https_port}{LINK}', BASE).text == WORD
            assert asked(through, f'https://127.0.0.1:{caddy.https_port}/', OWN).text == WORD, 'made on demand'
            assert foyer.asked == [OWN, BASE, *foyer.asked[2:]]
        assert asked(through, f'https://127.0.0.1:{caddy.https_port}{LINK}', BASE).status_code == 502
        assert comes(lambda: 'connection refused' in caddy.log_text) and TOKEN not in caddy.log_text


def test_nginx_leads_to_foyer_and_writes_no_token_down(tmp_path: Path) -> None:
    """R60: the same."""
    foyer = WebServer(word=WORD)
    with ExitStack() as stack, Nginx(tmp_path / 'nginx', foyer.port) as nginx:
        with foyer:
            through = stack.enter_context(visitor(nginx.authority.path))
            goes_by_plain_http_to_the_word_alone(through, nginx.http_port)
            for host in (BASE, OWN):
                assert asked(through, f'https://127.0.0.1:{nginx.https_port}{LINK}', host).text == WORD
                assert asked(through, f'https://127.0.0.1:{nginx.https_port}/sign-in', host).text == WORD
            assert foyer.asked == [OWN, BASE, BASE, OWN, OWN]
        assert asked(through, f'https://127.0.0.1:{nginx.https_port}{LINK}', BASE).status_code == 502
        assert comes(lambda: '/sign-in ' in nginx.log_text) and TOKEN not in nginx.log_text


def comes(true: Callable[[], bool], seconds: float = 5) -> bool:
    """Whether it comes true: a proxy answers first and writes its log then."""
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
    return true()


def visitor(authority: Path) -> httpx.Client:
    return httpx.Client(verify=ssl.create_default_context(cafile=str(authority)))


def asked(through: httpx.Client, url: str, host: str) -> httpx.Response:
    return through.get(url, headers={'Host': host}, extensions={'sni_hostname': host})


def goes_by_plain_http_to_the_word_alone(through: httpx.Client, port: int) -> None:
    assert asked(through, f'http://127.0.0.1:{port}/.well-known/foyer', OWN).text == WORD
    elsewhere = asked(through, f'http://127.0.0.1:{port}{LINK}', OWN)
    assert (elsewhere.status_code, elsewhere.headers['location']) == (308, f'https://{OWN}{LINK}')


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


def test_a_command_is_run_with_the_settings_of_the_service(tmp_path: Path) -> None:
    """As the very user, which a test has not, so that one part is left out."""
    settings = tmp_path / 'foyer.env'
    settings.write_text(f"{(DEPLOY / 'foyer.env').read_text()}FOYER_DATA_DIR='{tmp_path}'\n")
    script = (DEPLOY / 'foyer').read_text()
    for there, here in (
        ('/etc/foyer/foyer.env', str(settings)),
        ('runuser -u foyer -- ', ''),
        ('/opt/foyer/.venv/bin/python', sys.executable),
        ('/opt/foyer/main.py', str(ROOT / 'main.py')),
    ):
        assert there in script
        script = script.replace(there, here)
    (tmp_path / 'foyer').write_text(script)
    command = ('sh', str(tmp_path / 'foyer'), 'create-owner', '--email', 'olga@firm.example', '--name', 'Olga Owner')
    done = subprocess.run(
        [*command, '--password-stdin'], input='correct horse battery staple\n', capture_output=True, text=True,
        timeout=60, check=False, env={'PATH': os.environ['PATH']}, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout.strip() == f'Olga Owner can sign in at https://{BASE}/staff/sign-in', done.stderr
    assert (tmp_path / 'foyer.sqlite3').stat().st_mode & 0o077 == 0


def test_a_shell_reads_what_the_guide_has_typed(tmp_path: Path) -> None:
    blocks = re.findall(r'```sh\n(.*?)```', GUIDE, re.DOTALL)
    assert len(blocks) > 5
    for number, block in enumerate(blocks):
        (tmp_path / str(number)).write_text(block)
        assert run('bash', '-n', str(tmp_path / str(number))) == ''


@pytest.mark.parametrize('path', ['/tls/ask', '/.well-known/foyer', '/healthz', '/readyz'])
def test_the_guide_names_what_there_is(path: str) -> None:
    assert path in GUIDE
    for file in re.findall(r'/opt/foyer/deploy/([\w.-]+)', GUIDE):
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
