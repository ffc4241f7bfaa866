"""Ten thousand invitations from the list: how soon each is on disk with its mail, and how quick pages are meanwhile."""

import asyncio
import json
import sqlite3
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import rows
from bench.away import Away, away
from bench.beside import lag_beside, pages_beside
from bench.browser import Browser
from bench.figures import Figure, Sizes, times
from tests.support.served import ROOT, Served

PART = 'bulk'
LONGEST = 10.0  # seconds, for ten thousand
SLOWEST_PAGE = 0.15
LONGEST_LAG = 0.05
BATCH = 100  # of the floor, about as many as a batch of Foyer holds
STAFF = f'foyer_staff={rows.STAFF_COOKIE}'
PAGES = (('/staff/contacts', STAFF), ('/sign-in', ''))
PROGRAM = ROOT / 'bench' / 'program.py'
PER_MINUTE = 600


def measure(sizes: Sizes) -> list[Figure]:
    """One job in the process that serves the pages, with a mail server that is far too slow for it."""
    number = sizes.invitations
    with tempfile.TemporaryDirectory(prefix='foyer-bench-') as folder:
        bare = away('bench.bulk:floor', folder=str(Path(folder) / 'floor'), number=number)
        filled = rows.make(Path(folder) / 'bulk')
        rows.add_contacts(filled, number, joined_share=0)
        _ask_nobody_yet(filled)
        settings = {'rate_limits': 'off', 'smtp_url': 'smtp://127.0.0.1:9', 'mail_per_minute': str(PER_MINUTE)}
        with Served(filled.folder, settings=settings, program=PROGRAM) as served:
            quiet = away('bench.bulk:look', base_url=served.base_url, seconds=sizes.link_seconds / 2)
            looking = Away('bench.bulk:look', base_url=served.base_url, seconds=0)
            said = away('bench.bulk:invite', base_url=served.base_url, number=number)
            looked = looking.answer()
        _all_are_there(filled, number)
    return [
        _durable(bare, said, number),
        *pages_beside(PART, 'the job', quiet, looked, SLOWEST_PAGE),
        lag_beside(PART, 'the job', said, LONGEST_LAG),
    ]


def _durable(bare: float, said: dict[str, float], number: int) -> Figure:
    longest = LONGEST * number / 10_000
    return Figure(
        PART, f'{number:,} invitations from one click until the last is on disk with its mail',
        f'their rows in sqlite3, {BATCH} a commit {bare:.2f} s', f'{said["seconds"]:.2f} s',
        times(said['seconds'] / bare), f'at most {longest:g} s', said['seconds'] <= longest,
    )  # fmt: skip


def _ask_nobody_yet(filled: rows.Filled) -> None:
    connection = filled.connect()
    connection.execute(
        "UPDATE contact SET portal_access = 0, invited_at = NULL, invited_by_id = NULL, email_status = 'not_tried', "
        'invitation_expires_at = NULL, access_granted_at = NULL'
    )
    connection.close()


def _all_are_there(filled: rows.Filled, number: int) -> None:
    connection = filled.connect()
    for table in ('invitation', 'one_time_token', 'outbox_mail'):
        (found,) = connection.execute(f'SELECT count(*) FROM {table}').fetchone()
        if found != number:
            raise RuntimeError(f'{number} invitations, but {found} rows of {table}')
    connection.close()


# ── In processes of their own ────────────────────────────────────────────────


def floor(folder: str, number: int) -> float:
    """Seconds for the same rows, a hundred contacts a commit, each on disk before the next."""
    filled = rows.make(Path(folder))
    rows.add_contacts(filled, number, joined_share=0)
    _ask_nobody_yet(filled)
    connection = filled.connect()
    body = 'x' * 7_500
    began = time.perf_counter()
    for start in range(1, number + 1, BATCH):
        _invite_bare(connection, range(start, min(start + BATCH, number + 1)), body)
    return time.perf_counter() - began


def _invite_bare(connection: sqlite3.Connection, numbers: range, body: str) -> None:
    moment = datetime.now(UTC)
    now, later = rows.text(moment), rows.text(moment + timedelta(days=7))
    connection.execute('BEGIN IMMEDIATE')
    rows.insert(connection, 'invitation', (_invitation(one, now, later) for one in numbers))
    connection.executemany(
        'UPDATE contact SET portal_access = 1, access_granted_at = ?, invited_at = ?, invitation_expires_at = ?, '
        "email_status = 'waiting' WHERE id = ?",
        [(now, now, later, one) for one in numbers],
    )
    rows.insert(connection, 'one_time_token', (_token(one, now, later) for one in numbers))
    rows.insert(connection, 'outbox_mail', (_mail(one, now, body) for one in numbers))
    for kind in ('contacts:access:granted', 'contacts:invitation:sent'):
        rows.insert(connection, 'audit_event', (_audit(one, now, kind) for one in numbers))
    connection.execute('COMMIT')


def _invitation(one: int, now: str, later: str) -> dict[str, Any]:
    return {'id': one, 'contact_id': one, 'email': f'client{one}@example.org', 'message': 'Welcome!',
            'created_at': now, 'expires_at': later}  # fmt: skip


def _token(one: int, now: str, later: str) -> dict[str, Any]:
    return {'purpose': 'invitation', 'token_hash': rows.hashed(rows.token(one)), 'login_id': one, 'contact_id': one,
            'invitation_id': one, 'email': f'client{one}@example.org', 'created_at': now, 'expires_at': later,
            'void_reason': '', 'browser_hash': '', 'code_hash': '', 'code_tries': 0}  # fmt: skip


def _mail(one: int, now: str, body: str) -> dict[str, Any]:
    return {'kind': 'invitation', 'state': 'queued', 'to_address': f'client{one}@example.org', 'to_name': 'Client',
            'subject': 'You are invited', 'body': body, 'message_id': f'<{one}@example.org>', 'contact_id': one,
            'contact_name': 'Client', 'login_id': one, 'token_id': one, 'made_by_name': 'Olga Owner',
            'created_at': now, 'next_try_at': now, 'tries': 0, 'lease': '', 'last_answer': ''}  # fmt: skip


def _audit(one: int, now: str, kind: str) -> dict[str, Any]:
    return {'at': now, 'kind': kind, 'outcome': 'done', 'actor_kind': 'staff', 'actor_id': 1,
            'actor_name': 'Olga Owner', 'contact_id': one, 'contact_name': 'Client', 'login_id': one,
            'ip': '127.0.0.1', 'user_agent': 'bench', 'detail': '{}'}  # fmt: skip


async def invite(base_url: str, number: int) -> dict[str, float]:
    """Begin the job, as a click on the button does, and wait until it is done."""
    async with Browser(base_url) as browser:

        async def state(path: str) -> dict[str, Any]:
            _, status, body = await browser.get(path)
            if status != 200:
                raise RuntimeError(f'{path} answered {status}')
            found: dict[str, Any] = json.loads(body)
            return found

        await state('/bench/lag')
        await asyncio.sleep(1)
        before = await state('/bench/lag')
        began = time.perf_counter()
        job = await state('/bench/invite')
        while not job['over']:
            if time.perf_counter() - began > 20 * LONGEST:
                raise RuntimeError(f'the job does not end: {job}')
            await asyncio.sleep(0.05)
            job = await state(f'/bench/job/{job["id"]}')
        seconds = time.perf_counter() - began
        during = await state('/bench/lag')
    if job['done'] != number:
        raise RuntimeError(f'{number} invitations, but the job did {job["done"]}')
    return {'seconds': seconds, 'lag_before': before['lag'], 'lag': during['lag'], 'most': during['most']}


async def look(base_url: str, seconds: float) -> dict[str, list[float]]:
    """Look at the pages in turns, ten a second, so long, or until the job is over; how long each took."""
    taken: dict[str, list[float]] = {path: [] for path, _ in PAGES}
    began = time.perf_counter()
    async with Browser(base_url) as browser:
        while time.perf_counter() - began < (seconds or 20 * LONGEST):
            for path, cookie in PAGES:
                took, status, _ = await browser.get(path, cookie)
                if status != 200:
                    raise RuntimeError(f'{path} answered {status}')
                taken[path].append(took)
                await asyncio.sleep(max(0.0, 0.1 - took))
            if not seconds:
                _, _, body = await browser.get('/bench/job/1')
                if json.loads(body).get('over'):
                    break
    return taken
