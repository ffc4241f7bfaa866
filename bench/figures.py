"""What a measurement says: the floor, Foyer, the limit, and whether it holds."""

import math
import os
import platform
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Figure:
    """One row of the table. `holds` is None for a figure that stands there to explain another."""

    part: str
    what: str
    floor: str
    foyer: str
    ratio: str
    limit: str
    holds: bool | None


@dataclass(frozen=True)
class Sizes:
    """How much of everything is measured."""

    quick: bool
    report_rows: int
    small_report: int
    large_report: int
    rounds: int
    links: int
    link_seconds: float
    passwords: int
    pages: int
    joins: int
    revokes: int
    anonymous: int
    settle_seconds: float
    mails: int
    invitations: int
    imported: int
    firms: tuple[int, ...]


FULL = Sizes(
    False,
    100_000,
    10_000,
    1_000_000,
    5,
    4_000,
    12.0,
    50,
    200,
    20,
    40,
    2_000,
    75.0,
    1_000,
    10_000,
    100_000,
    (100_000, 1_000_000),
)
QUICK = Sizes(True, 3_000, 500, 5_000, 2, 400, 1.5, 8, 12, 3, 3, 60, 0.0, 60, 150, 1_000, (500,))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values: Sequence[float]) -> float:
    return percentile(values, 0.5)


def ms(seconds: float) -> str:
    return f'{seconds * 1000:,.0f} ms' if seconds >= 0.01 else f'{seconds * 1000:.1f} ms'


def mb(size: float) -> str:
    return f'{size / 1_000_000:,.0f} MB'


def times(ratio: float) -> str:
    return f'{ratio:.2f} x'


def resident(pid: int) -> int:
    """Bytes of a process in memory now."""
    return int(psutil.Process(pid).memory_info().rss)


def highest_resident() -> int:
    """The most bytes this process ever had in memory; what it has now where the system does not say."""
    status = Path('/proc/self/status')
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith('VmHWM:'):
                return int(line.split()[1]) * 1024
    return resident(os.getpid())


def machine() -> str:
    """What it was measured on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1
    memory = round(psutil.virtual_memory().total / 2**30)
    return (
        f'{cores} cores of {_processor()}, {memory} GiB, {platform.system()} {platform.release()}, '
        f'Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}'
    )


def elsewhere() -> str:
    """How busy others keep this machine, before we begin; what is measured in seconds suffers from it."""
    if not hasattr(os, 'getloadavg'):
        return 'load unknown'
    return f'load {os.getloadavg()[0]:.1f} of others when it began'


def _processor() -> str:
    try:
        for line in Path('/proc/cpuinfo').read_text().splitlines():
            if line.startswith('model name'):
                return line.partition(':')[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
