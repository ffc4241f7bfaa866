"""docs/security.md tells the truth: every requirement has a place and a test, and both are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / 'docs' / 'security.md'
REQUIREMENTS = [f'R{number}' for number in range(1, 62) if number != 31]  # there is no R31
FAULTS = [f'F{number}' for number in (*range(1, 9), 10, *range(12, 16))]  # nor F9, nor F11
NAMED = re.compile(r'`(test_\w+)` in ([\w/.]+)')
TESTED_IN = {
    'ui/': ('tests/ui/', 'tests/journeys/', 'tests/test_'),
    'domain/': ('tests/domain/', 'tests/chaos/', 'tests/ui/test_elsewhere', 'tests/test_'),
    'storage/': ('tests/storage/', 'tests/domain/', 'tests/test_'),
}
CONNECTS = {'open_connection', 'open_unix_connection', 'sock_connect', 'connect_ex'}
SPEAKS_TO_OTHERS = {'aiohttp', 'requests', 'urllib3', 'http', 'httplib2', 'pycurl', 'websockets', 'httpx'}


@cache
def rows() -> dict[str, list[str]]:
    """The cells of each row, by its id."""
    found: dict[str, list[str]] = {}
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip('|').split('|')]
        if re.fullmatch(r'[RF]\d+', cells[0]) and len(cells) == 4:
            assert cells[0] not in found, f'{cells[0]} stands there twice'
            found[cells[0]] = cells
    return found


@cache
def docstring(path: str, name: str) -> str | None:
    """What a test says of itself; None when it is not there."""
    file = ROOT / path
    if not file.exists():
        return None
    for node in ast.parse(file.read_text()).body:  # what stands inside of something else is no test
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            return ast.get_docstring(node) or ''
    return None


def test_nothing_is_left_out() -> None:
    assert list(rows()) == [*REQUIREMENTS, *FAULTS]


@pytest.mark.parametrize('one', [*REQUIREMENTS, *FAULTS])
def test_a_row_names_a_place_and_a_test_that_names_it(one: str) -> None:
    _, what, where, tests = rows()[one]
    assert what
    places = re.findall(r'`([\w/.]+)`', where)
    assert places, 'no place'
    assert [place for place in places if not (ROOT / place).exists()] == []
    named = NAMED.findall(tests)
    assert named, 'no test'
    assert len(named) == len(set(named)) == len(tests.split('<br>')), 'a test stands there twice, or is not understood'
    assert [path for _, path in named if not re.fullmatch(r'tests/([\w]+/)*test_\w+\.py', path)] == []
    for inside, tested in TESTED_IN.items():
        if any(place.startswith(inside) for place in places):
            assert any(path.startswith(tested) for _, path in named), f'{inside} holds it, and no test of it is named'
    for name, path in named:
        says = docstring(path, name)
        assert says is not None, f'{name} is not in {path}'
        assert re.search(rf'\b{one}\b', says), f'{name} does not name {one}'


def test_nothing_but_mail_leaves_this_program() -> None:
    """R56: there are no webhooks, and no module of ours could call one; the firm's own domain is looked at, and that is
    all."""
    callers: dict[str, set[str]] = {}
    connects = set[str]()
    for folder in ('domain', 'storage', 'ui'):
        for file in (ROOT / folder).rglob('*.py'):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Attribute) and node.attr in CONNECTS:
                    connects.add(str(file.relative_to(ROOT)))
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [node.module]
                heads = {name.partition('.')[0] for name in names} | (set(names) & {'urllib.request'})
                if used := heads & (SPEAKS_TO_OTHERS | {'urllib.request'}):
                    callers[str(file.relative_to(ROOT))] = used
    assert callers == {}
    assert connects == {'domain/portal/domain_probe.py'}
