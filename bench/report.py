"""The access report against Python's own sqlite3 and csv, and how much memory a long one takes in either form."""

import csv
import sqlite3
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from bench import rows, spreadsheet
from bench.away import away
from bench.figures import Figure, Sizes, highest_resident, mb, ms, times
from domain.activity.access_report import FileFormat, access_report
from domain.actors import SystemActor
from domain.dependencies import build_dependencies
from domain.house import House
from domain.settings import Settings
from storage.report_sql import COLUMNS
from tests.support.served import MAIN, Served

PART = 'report'
MOST_TIMES = 1.6
MOST_GROWTH = 40_000_000
# The same twenty columns as they stand in the tables, with nothing done to them.
FLOOR = """
    SELECT c.id, c.name, c.kind, c.organisation, c.email, l.email, c.portal_access, c.joined_at IS NOT NULL,
        c.invited_at, m.name, c.invitation_expires_at, c.joined_at, l.last_sign_in_at, l.last_sign_in_method,
        l.password_hash IS NOT NULL, 'no', '', s.number, c.email_status, c.created_at
    FROM contact c LEFT JOIN login l ON l.id = c.login_id LEFT JOIN staff_member m ON m.id = c.invited_by_id
        LEFT JOIN (SELECT login_id, count(*) AS number FROM client_session GROUP BY login_id) s
            ON s.login_id = c.login_id
    ORDER BY c.id
"""


def measure(sizes: Sizes) -> list[Figure]:
    """Time of `report_rows`, in turns with the floor; memory of a small report and a large one."""
    with tempfile.TemporaryDirectory(prefix='foyer-bench-') as folder:
        filled = rows.make(Path(folder) / 'timed')
        rows.add_contacts(filled, sizes.report_rows)
        return [*_time(filled, sizes), *spreadsheet.measure(filled, sizes, FLOOR), *_memory(Path(folder), sizes)]


def _time(filled: rows.Filled, sizes: Sizes) -> list[Figure]:
    taken: dict[str, list[float]] = {'floor': [], 'domain': [], 'http': []}
    with Served(filled.folder, program=MAIN) as served:
        for _ in range(sizes.rounds):
            taken['floor'].append(away('bench.report:floor', path=str(filled.path)))
            taken['domain'].append(away('bench.report:stream', folder=str(filled.folder))['seconds'])
            taken['http'].append(away('bench.report:download', base_url=served.base_url))
    best = {name: min(each) for name, each in taken.items()}
    what = f'Access report, {sizes.report_rows:,} contacts'
    made = []
    for name, words in (('domain', 'written to a file'), ('http', 'downloaded')):
        ratio = best[name] / best['floor']
        made.append(
            Figure(
                PART, f'{what}, {words}', f'sqlite3 + csv {ms(best["floor"])}', ms(best[name]), times(ratio),
                f'at most {times(MOST_TIMES)}', ratio <= MOST_TIMES,
            )
        )  # fmt: skip
    return made


def _memory(folder: Path, sizes: Sizes) -> list[Figure]:
    highest: dict[FileFormat, list[int]] = {one: [] for one in FileFormat}
    for number in (sizes.small_report, sizes.large_report):
        filled = rows.make(folder / f'of-{number}')
        rows.add_contacts(filled, number, to_be_found=False)
        for file_format, found in highest.items():
            said = away('bench.report:stream', folder=str(filled.folder), file_format=file_format.value)
            found.append(said['highest'])
        filled.path.unlink()
    return [_growth(sizes, file_format, *found) for file_format, found in highest.items()]


def _growth(sizes: Sizes, file_format: FileFormat, small: int, large: int) -> Figure:
    return Figure(
        PART,
        f'Most memory while writing {sizes.large_report:,} rows as {file_format.value.upper()}',
        f'{sizes.small_report:,} rows: {mb(small)}',
        mb(large),
        f'{(large - small) / 1_000_000:+.1f} MB',
        f'growth under {mb(MOST_GROWTH)}',
        large - small < MOST_GROWTH,
    )


# ── In processes of their own ────────────────────────────────────────────────


def floor(path: str) -> float:
    """Seconds that sqlite3 and csv need."""
    with tempfile.NamedTemporaryFile('w', newline='', encoding='utf-8-sig') as file:
        began = time.perf_counter()
        connection = sqlite3.connect(path)
        writer = csv.writer(file, lineterminator='\r\n')
        writer.writerow(COLUMNS)
        writer.writerows(connection.execute(FLOOR))
        file.flush()
        return time.perf_counter() - began


async def stream(folder: str, file_format: str = 'csv') -> dict[str, float]:
    """Seconds that the domain needs for the same file, and the most memory the process had."""
    deps = build_dependencies(Settings(_env_file=None, data_dir=Path(folder)))
    async with House(deps, mail=False):
        with tempfile.NamedTemporaryFile('wb') as file:
            began = time.perf_counter()
            async for part in await access_report(deps, SystemActor('bench'), FileFormat(file_format)):
                file.write(part)
            file.flush()
            seconds = time.perf_counter() - began
    return {'seconds': seconds, 'highest': highest_resident()}


def download(base_url: str) -> float:
    """Seconds from asking for the file to its last byte."""
    connection = HTTPConnection(urlsplit(base_url).netloc, timeout=120)
    began = time.perf_counter()
    connection.request('GET', '/staff/access-report.csv', headers={'Cookie': f'foyer_staff={rows.STAFF_COOKIE}'})
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f'the report answered {answer.status}')
    lines = 0
    while part := answer.read(1 << 16):
        lines += part.count(b'\n')
    if lines < 2:
        raise RuntimeError('the report is empty')
    return time.perf_counter() - began
