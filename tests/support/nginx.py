"""Debian's nginx with the very files of deploy/, on loopback ports, with certificates that a test makes for itself."""

import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.support.https_server import Authority
from tests.support.processes import dies_with_parent, free_port
from tests.support.requirements import missing
from tests.support.served import ROOT

DEPLOY = ROOT / 'deploy'
SITES = ('nginx.conf', 'nginx-own-domain.conf')
FOYER, CERTIFICATES = '127.0.0.1:8080', re.compile(r'/etc/letsencrypt/live/([^/]+)/\w+\.pem')
SECONDS = 20
WHOLE = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/early.log;
events {{}}
http {{
    {folders}
    {sites}
}}
"""


class Nginx:
    """As a context manager it runs in front of the Foyer at this port. Skips the test where nginx is not installed."""

    def __init__(self, folder: Path, foyer_port: int) -> None:
        found = shutil.which('nginx', path=f'/usr/sbin:/usr/local/sbin:/sbin:{os.environ["PATH"]}')
        if found is None:
            missing('nginx', 'no nginx found: apt-get install nginx')
        self._program, self._folder = found, folder
        (folder / 'snippets').mkdir(parents=True)
        self.authority = Authority(folder)
        self.http_port, self.https_port = free_port(), free_port()
        here = {'/var/log/nginx': str(folder), FOYER: f'127.0.0.1:{foyer_port}'}
        self._write('snippets/foyer.conf', (DEPLOY / 'nginx-foyer.conf').read_text(), here)
        here |= {' 80 ': f' 127.0.0.1:{self.http_port} ', ' 443 ': f' 127.0.0.1:{self.https_port} '}
        for site in SITES:
            text = re.sub(r' *listen \[::\].*\n', '', (DEPLOY / site).read_text())
            self._write(site, CERTIFICATES.sub(lambda name: str(self.authority.certificate(name[1])), text), here)
        kinds = ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi')
        folders = '\n'.join(f'{kind}_temp_path {folder}/{kind};' for kind in kinds)
        sites = '\n'.join(f'include {site};' for site in SITES)
        self._write('whole.conf', WHOLE.format(folder=folder, folders=folders, sites=sites), {})
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> 'Nginx':
        config = str(self._folder / 'whole.conf')
        self._process = subprocess.Popen(
            [self._program, '-c', config, '-p', str(self._folder), '-e', str(self._folder / 'early.log')],
            stdin=subprocess.DEVNULL,
            preexec_fn=dies_with_parent(),
        )
        until = time.monotonic() + SECONDS
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < until, self.log_text
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(SECONDS)

    @property
    def log_text(self) -> str:
        """All that it has written down."""
        return '\n'.join(path.read_text(errors='replace') for path in self._folder.glob('*.log'))

    def _answers(self) -> bool:
        with socket.socket() as line:
            return line.connect_ex(('127.0.0.1', self.https_port)) == 0

    def _write(self, name: str, text: str, here: dict[str, str]) -> None:
        for there, ours in here.items():
            text = text.replace(there, ours)
        (self._folder / name).write_text(text)
