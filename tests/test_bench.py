"""The bench runs, in a tiny size; what it measures is judged by `make bench` alone."""

import subprocess
import sys

import pytest

from bench.__main__ import PARTS
from bench.figures import Figure, median, percentile
from bench.page import BETWEEN, PAGE, table
from tests.support.served import ROOT


@pytest.mark.load
@pytest.mark.parametrize('part', PARTS)
def test_each_part_runs_alone(part: str) -> None:
    done = subprocess.run(
        [sys.executable, '-m', 'bench', part, '--quick'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith(f'| {part} ')]
    assert rows, done.stdout
    assert all('not judged' in row for row in rows), 'a tiny size says nothing about limits'


def test_an_unknown_part_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, '-m', 'bench', 'colour'], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert 'no part colour' in done.stderr


def test_percentiles() -> None:
    assert percentile([5.0, 1.0, 3.0], 0.95) == 5.0
    assert percentile([float(one) for one in range(1, 101)], 0.95) == 95.0
    assert median([4.0, 1.0, 3.0]) == 3.0


def test_the_page_has_room_for_the_figures() -> None:
    assert len(BETWEEN.findall(PAGE.read_text(encoding='utf-8'))) == 1
    shown = table([Figure('mail', 'Mails', '1/s', '2/s', '2.00 x', 'at least 1.00 x', True)])
    assert shown.splitlines()[-1].split('|')[-2].strip() == 'holds'
