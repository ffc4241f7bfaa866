"""Debian's Postfix, as an instance of its own: its configuration, its queue and its port are the test's.

It wants STARTTLS with a certificate of the test's authority before it takes anything, and hands on whatever it took to
another server on this machine. The Postfix that the machine itself may run is not touched.
"""

import os
import shutil
import smtplib
import subprocess
import time
from pathlib import Path
from tempfile import mkdtemp

from tests.support.processes import dies_with_parent, free_port
from tests.support.requirements import missing

DAEMONS = Path('/usr/lib/postfix/sbin')
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {daemons}
command_directory = /usr/sbin
maillog_file_prefixes = {folder}
maillog_file = {folder}/mail.log
mail_owner = postfix
setgid_group = postdrop
myhostname = localhost
mydomain = localdomain
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{onward}
disable_dns_lookups = yes
smtp_tls_security_level = none
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {certificate}
smtpd_relay_restrictions = permit_mynetworks, reject
smtputf8_enable = yes
"""
SERVICES = (
    'pickup    unix n - n 60 1 pickup', 'cleanup   unix n - n - 0 cleanup', 'qmgr      unix n - n 300 1 qmgr',
    'tlsmgr    unix - - n 1000? 1 tlsmgr', 'rewrite   unix - - n - - trivial-rewrite',
    'bounce    unix - - n - 0 bounce', 'defer     unix - - n - 0 bounce', 'trace     unix - - n - 0 bounce',
    'verify    unix - - n - 1 verify', 'flush     unix n - n 1000? 0 flush', 'proxymap  unix - - n - - proxymap',
    'smtp      unix - - n - - smtp', 'relay     unix - - n - - smtp', 'showq     unix n - n - - showq',
    'error     unix - - n - - error', 'retry     unix - - n - - error', 'discard   unix - - n - - discard',
    'anvil     unix - - n - 1 anvil', 'scache    unix - - n - 1 scache', 'postlog   unix-dgram n - n - 1 postlogd',
)  # fmt: skip
SECONDS = 20


class Postfix:
    """As a context manager it runs, and what it takes goes on to `onward`. `port` is where it listens.

    Skips the test where Postfix is not installed, or may not be started.
    """

    def __init__(self, certificate: Path, onward: int) -> None:
        program = shutil.which('postfix') or shutil.which('/usr/sbin/postfix')
        if not program or not (DAEMONS / 'master').exists():
            missing('postfix', 'no Postfix found: apt-get install postfix')
        if os.geteuid() != 0:
            missing('postfix', 'Postfix is started by root alone: run this test as root')
        folder = Path(mkdtemp(prefix='foyer-postfix-'))  # not pytest's own, in which its users may not look
        folder.chmod(0o755)
        self._program, self._folder, self.port = program, folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None
        for name in ('queue', 'data'):
            (folder / name).mkdir()
        shutil.chown(folder / 'data', 'postfix')
        listens = f'127.0.0.1:{self.port} inet n - n - - smtpd'
        (folder / 'master.cf').write_text('\n'.join((listens, *SERVICES)) + '\n')
        chain = folder / 'chain.pem'
        chain.write_text(_key_first(certificate.read_text()))
        chain.chmod(0o600)
        (folder / 'main.cf').write_text(MAIN.format(folder=folder, daemons=DAEMONS, onward=onward, certificate=chain))

    def __enter__(self) -> 'Postfix':
        self._process = subprocess.Popen(
            [self._program, '-c', str(self._folder), 'start-fg'],
            stdin=subprocess.DEVNULL,
            stdout=(self._folder / 'start.log').open('ab'),
            stderr=subprocess.STDOUT,
            cwd=self._folder,
            env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin'},
            preexec_fn=dies_with_parent(),
        )
        until = time.monotonic() + SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                said = self.log_text
                self.__exit__()
                raise AssertionError(said)
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is None:
            return
        subprocess.run([self._program, '-c', str(self._folder), 'stop'], capture_output=True, timeout=30, check=False)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def log_text(self) -> str:
        """What it said, of its start and of each mail."""
        logs = [self._folder / name for name in ('start.log', 'mail.log')]
        return '\n'.join(log.read_text(errors='replace') for log in logs if log.exists())

    def _answers(self) -> bool:
        try:
            with smtplib.SMTP('127.0.0.1', self.port, timeout=2) as smtp:
                return smtp.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False


def _key_first(pem: str) -> str:
    """The same file in the order that Postfix wants."""
    begins = pem.index('-----BEGIN PRIVATE KEY')
    return pem[begins:] + pem[:begins]
