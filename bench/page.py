"""The figures as a table, on screen and in docs/performance.md."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from bench.figures import Figure
from tests.support.served import ROOT

PAGE = ROOT / 'docs' / 'performance.md'
BETWEEN = re.compile(r'(<!-- figures -->\n).*?(<!-- end of figures -->)', re.DOTALL)
HEAD = ('', 'What', 'Floor', 'Foyer', 'Ratio', 'Limit', '')


def table(figures: Sequence[Figure]) -> str:
    """As Markdown, which reads well on a terminal too."""
    lines = [HEAD, *(_cells(figure) for figure in figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    text = [
        '| ' + ' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + ' |' for line in lines
    ]
    text.insert(1, '|' + '|'.join('-' * (width + 2) for width in widths) + '|')
    return '\n'.join(text)


def write(figures: Sequence[Figure], surroundings: str) -> None:
    """Put them where the page has its figures. Parts that were not measured now lose theirs."""
    measured = f'Measured {datetime.now(UTC):%Y-%m-%d} on {surroundings}.\n\n{table(figures)}\n'
    page = PAGE.read_text(encoding='utf-8')
    PAGE.write_text(BETWEEN.sub(lambda found: found.group(1) + measured + found.group(2), page), encoding='utf-8')


def _cells(figure: Figure) -> tuple[str, ...]:
    verdict = {True: 'holds', False: 'MISSED', None: 'not judged'}[figure.holds]
    return (figure.part, figure.what, figure.floor, figure.foyer, figure.ratio, figure.limit, verdict)
