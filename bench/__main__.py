"""`python -m bench [parts] [--quick] [--write]`: measure, print a table, and end with 1 when a limit is missed."""

import argparse
import importlib
import sys
import time
from dataclasses import replace

from bench.figures import FULL, QUICK, Figure, elsewhere, machine
from bench.page import table, write

PARTS = ('report', 'links', 'passwords', 'live', 'memory', 'mail', 'bulk', 'contact_import', 'contact_list')


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog='python -m bench', description=__doc__)
    parser.add_argument('parts', nargs='*', metavar='part', help=', '.join(PARTS))
    parser.add_argument('--quick', action='store_true', help='tiny sizes, to see that it runs; no limit is judged')
    parser.add_argument('--write', action='store_true', help='write the figures into docs/performance.md')
    wanted = parser.parse_args()
    if unknown := set(wanted.parts) - set(PARTS):
        parser.error(f'there is no part {", ".join(sorted(unknown))}')
    surroundings = f'{machine()}; {elsewhere()}'
    print(surroundings, flush=True)
    figures: list[Figure] = []
    for part in [one for one in PARTS if not wanted.parts or one in wanted.parts]:
        began = time.monotonic()
        print(f'{part} …', end=' ', flush=True)
        figures += importlib.import_module(f'bench.{part}').measure(QUICK if wanted.quick else FULL)
        print(f'{time.monotonic() - began:.0f} s', flush=True)
    if wanted.quick:
        figures = [replace(figure, holds=None) for figure in figures]
    print('\n' + table(figures))
    if wanted.write and not wanted.quick:
        write(figures, surroundings)
    missed = [figure for figure in figures if figure.holds is False]
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main())
