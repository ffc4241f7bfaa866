"""Debian's Caddy with the very file of deploy/, its own authority in the place of a public one, on loopback ports."""

import base64
import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.support.processes import dies_with_parent, free_port, is_listening
from tests.support.requirements import missing
from tests.support.served import ROOT

CADDYFILE = ROOT / 'deploy' / 'Caddyfile'
BASE, FOYER = 'portal.example.com', '127.0.0.1:8080'
GLOBALS = """
	admin off
	skip_install_trust
	local_certs
	http_port {http}
	https_port {https}
	storage file_system {storage}
"""
SECONDS = 20


class Caddy:
    """As a context manager it runs in front of the Foyer at this port. Skips the test where Caddy is not installed."""

    def __init__(self, folder: Path, foyer_port: int, base_host: str = 'base.firm.test') -> None:
        found = shutil.which('caddy')
        if not found:
            missing('caddy', 'no Caddy found: apt-get install caddy')
        self._program, self._folder, self._host = found, folder, base_host
        folder.mkdir(parents=True, exist_ok=True)
        self.http_port, self.https_port = free_port(), free_port()
        ours = GLOBALS.format(http=self.http_port, https=self.https_port, storage=folder / 'storage')
        text = CADDYFILE.read_text().replace('\n{\n', '\n{' + ours, 1)
        assert BASE in text and FOYER in text, 'deploy/Caddyfile is not what this was written for'
        text = text.replace(BASE, base_host).replace(FOYER, f'127.0.0.1:{foyer_port}')
        self._config = folder / 'Caddyfile'
        self._config.write_text(text)
        self._log = (folder / 'caddy.log').open('ab')
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> 'Caddy':
        self._process = subprocess.Popen(
            [self._program, 'run', '--adapter', 'caddyfile', '--config', str(self._config)],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=self._folder,
            env={'PATH': os.environ['PATH'], 'HOME': str(self._folder), 'XDG_DATA_HOME': str(self._folder)},
            preexec_fn=dies_with_parent(),
        )
        until = time.monotonic() + SECONDS
        while not self._is_ready():
            assert self._process.poll() is None and time.monotonic() < until, self.log_text
            time.sleep(0.05)
        return self

    def _is_ready(self) -> bool:
        """Its authority and the certificate of the base host are there, and both ports take connections."""
        certificates = self._folder / 'storage' / 'certificates'
        if not self._certificate('intermediate').exists() or not any(certificates.glob(f'*/{self._host}/*.crt')):
            return False
        return all(is_listening(port) for port in (self.http_port, self.https_port))

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()

    @property
    def log_text(self) -> str:
        return (self._folder / 'caddy.log').read_text(errors='replace')

    @property
    def authority(self) -> Path:
        """The certificate that whoever trusts this Caddy trusts; there once it runs."""
        return self._certificate('root')

    @property
    def fingerprint(self) -> str:
        """The key of its certificates, as Chromium wants it: SHA-256 in base64."""
        read = x509.load_pem_x509_certificate(self._certificate('intermediate').read_bytes())
        key = read.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(hashlib.sha256(key).digest()).decode()

    def _certificate(self, which: str) -> Path:
        return self._folder / 'storage' / 'pki' / 'authorities' / 'local' / f'{which}.crt'
