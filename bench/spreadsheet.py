"""The access report as a spreadsheet against XlsxWriter alone, its memory, and pages read while it is put together."""

import sqlite3
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from xlsxwriter import Workbook

from bench import rows
from bench.away import Away, away
from bench.figures import Figure, Sizes, median, ms, percentile, times
from storage.report_sql import COLUMNS
from tests.support.served import MAIN, Served

PART = 'report'
MOST_TIMES = 1.4
SLOWEST_PAGE = 0.150


def measure(filled: rows.Filled, sizes: Sizes, floor_sql: str) -> list[Figure]:
    """Time of `report_rows`, in turns with the floor; then pages beside one that is downloaded."""
    path, folder = str(filled.path), str(filled.folder)
    alone, ours = [], []
    for _ in range(max(1, sizes.rounds // 2)):
        alone.append(away('bench.spreadsheet:floor', path=path, sql=floor_sql))
        ours.append(away('bench.report:stream', folder=folder, file_format='xlsx')['seconds'])
    ratio = min(ours) / min(alone)
    what = f'Access report as a spreadsheet, {sizes.report_rows:,} contacts'
    time_taken = Figure(
        PART, what, f'sqlite3 + XlsxWriter {ms(min(alone))}', ms(min(ours)), times(ratio),
        f'at most {times(MOST_TIMES)}', ratio <= MOST_TIMES,
    )  # fmt: skip
    return [time_taken, _beside(filled, sizes)]


def _beside(filled: rows.Filled, sizes: Sizes) -> Figure:
    with Served(filled.folder, program=MAIN) as served:
        away('bench.links:look', base_url=served.base_url, seconds=0.5)  # the first page takes longer
        quiet = away('bench.links:look', base_url=served.base_url, seconds=sizes.link_seconds / 4)['/staff']
        downloading = Away('bench.spreadsheet:download', base_url=served.base_url)
        looked = away('bench.links:look', base_url=served.base_url, seconds=sizes.link_seconds / 4)['/staff']
        downloading.answer()
    still, busy = percentile(quiet, 0.95), percentile(looked, 0.95)
    return Figure(
        PART, 'GET /staff while a spreadsheet is put together, 95 %', f'beside none {ms(still)}',
        f'{ms(busy)} (half: {ms(median(looked))})', times(busy / still), f'under {ms(SLOWEST_PAGE)}',
        busy < SLOWEST_PAGE,
    )  # fmt: skip


# ── In processes of their own ────────────────────────────────────────────────


def floor(path: str, sql: str) -> float:
    """Seconds that sqlite3 and XlsxWriter need for the same cells as they stand in the tables."""
    with tempfile.TemporaryDirectory(prefix='foyer-bench-') as folder:
        began = time.perf_counter()
        book = Workbook(str(Path(folder) / 'report.xlsx'), {'constant_memory': True, 'tmpdir': folder})
        sheet = book.add_worksheet()
        for at, name in enumerate(COLUMNS):
            sheet.write_string(0, at, name)
        for line, row in enumerate(sqlite3.connect(path).execute(sql), 1):
            for at, cell in enumerate(row):
                if isinstance(cell, str) and cell:
                    sheet.write_string(line, at, cell)
                elif isinstance(cell, int):
                    sheet.write_number(line, at, cell)
        book.close()
        return time.perf_counter() - began


def download(base_url: str) -> float:
    """Seconds from asking for the file to its last byte."""
    connection = HTTPConnection(urlsplit(base_url).netloc, timeout=600)
    began = time.perf_counter()
    connection.request('GET', '/staff/access-report.xlsx', headers={'Cookie': f'foyer_staff={rows.STAFF_COOKIE}'})
    answer = connection.getresponse()
    if answer.status != 200 or not answer.read().startswith(b'PK'):
        raise RuntimeError(f'the spreadsheet answered {answer.status}')
    return time.perf_counter() - began
