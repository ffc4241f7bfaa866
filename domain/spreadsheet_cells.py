"""Cells that a spreadsheet would run, made text on the way out and turned back on the way in (R52)."""

import re

_RUNS = '=+-@\t\r\n＝＋－＠'
MAY_RUN = frozenset(f"{_RUNS}'")
"""What a cell begins with that has to be looked at."""
_TO_GUARD = re.compile(f"'*[{re.escape(_RUNS)}]")
_GUARDED = re.compile(f"'+[{re.escape(_RUNS)}]")


def harmless(cell: str) -> str:
    """A cell that a spreadsheet would run, made text by an apostrophe in front (OWASP CSV injection).

    Text that looks guarded already is guarded once more, so that `as_meant` gives back whatever there was.
    """
    return f"'{cell}" if _TO_GUARD.match(cell) else cell


def as_meant(cell: str) -> str:
    """The cell without the apostrophe that `harmless` put in front."""
    return cell[1:] if _GUARDED.match(cell) else cell
