"""A disk so small that a test can fill it."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.requirements import missing

BLOCK = 4_096


class Disk:
    """A folder that has room for so much and no more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / 'filler'

    def fill(self) -> None:
        """To the last byte."""
        with self._filler.open('ab', buffering=0) as file:
            for size in (64 * BLOCK, BLOCK, 1):
                try:
                    while file.write(b'x' * size) == size:
                        pass
                except OSError:
                    continue
        assert shutil.disk_usage(self.folder).free == 0

    def make_room(self) -> None:
        self._filler.unlink()


@contextmanager
def small_disk(folder: Path, size: str = '8m') -> Iterator[Disk]:
    """A file system in memory, mounted at `folder`. Skips, and says why, where that may not be done."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = shutil.which('mount')
    done = subprocess.run(
        [mount or 'mount', '-t', 'tmpfs', '-o', f'size={size},mode=0700', 'tmpfs', str(folder)],
        capture_output=True,
        text=True,
        check=False,
    ) if mount else None  # fmt: skip
    if done is None or done.returncode:
        missing('mount', f'no small disk can be mounted here: {done.stderr.strip() if done else "no mount"}')
    try:
        yield Disk(folder)
    finally:
        subprocess.run(['umount', '--lazy', str(folder)], check=True)
