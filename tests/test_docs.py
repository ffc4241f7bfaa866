"""The documents tell the truth: settings, commands, paths, tables and links are those of the code."""

import re
import tomllib
from pathlib import Path

import pytest
import typer.main

import storage.models
from domain.settings import Settings
from ui.cli import program

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / 'README.md', ROOT / 'CHANGELOG.md', *(ROOT / 'docs').rglob('*.md')])
ARCHITECTURE = ROOT / 'docs' / 'architecture.md'
INNER_TARGETS = {'venv', 'runtime', 'tools'}  # make's own steps, not commands
LINK = re.compile(r'\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"')
PATH = re.compile(r'`((?:ui|domain|storage|tests|docs|bench|deploy|\.ci)/[\w./-]*)`')
EXCERPT = re.compile(r'```python\n *# (\S+)\n(.*?)```', re.DOTALL)


def text(path: Path) -> str:
    return path.read_text(encoding='utf-8')


def rows(page: Path, header: str) -> dict[str, str]:
    """The table under this header cell: code in the first cell, and all of the second."""
    lines = iter(text(page).splitlines())
    for line in lines:
        if line.startswith(f'| {header} |'):
            break
    next(lines, None)
    found = {}
    for line in lines:
        if not line.startswith('|'):
            break
        cells = [cell.strip() for cell in line.strip('|').split(' | ')]
        found[cells[0].strip('`')] = cells[1]
    return found


def default_of(value: object) -> str:
    """How the table writes a default."""
    return f'`{value}`' if value not in ('', ()) else 'unset'


def anchors(page: Path) -> set[str]:
    """The headings of a page as addresses within it."""
    prose = re.sub(r'```.*?```', '', text(page), flags=re.DOTALL)
    titles = re.findall(r'^#+ (.+)$', prose, flags=re.MULTILINE)
    return {re.sub(r'[^\w -]', '', title.lower()).replace(' ', '-') for title in titles}


def links(page: Path) -> list[str]:
    prose = re.sub(r'```.*?```', '', text(page), flags=re.DOTALL)
    return [one or other for one, other in LINK.findall(prose)]


def test_the_readme_lists_every_setting_with_its_default() -> None:
    expected = {f'FOYER_{name.upper()}': default_of(field.default) for name, field in Settings.model_fields.items()}
    assert rows(ROOT / 'README.md', 'setting') == expected


def test_the_example_file_lists_every_setting_and_sets_none() -> None:
    lines = text(ROOT / '.env.example').splitlines()
    assert [line for line in lines if line and not line.startswith('#')] == []
    named = re.findall(r'^#(FOYER_\w+)=', '\n'.join(lines), flags=re.MULTILINE)
    assert sorted(named) == sorted(f'FOYER_{name.upper()}' for name in Settings.model_fields)


def test_the_values_of_the_example_file_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in re.findall(r'^#(FOYER_\w+)=(.+)$', text(ROOT / '.env.example'), flags=re.MULTILINE):
        monkeypatch.setenv(name, value)
    settings = Settings(_env_file=None)
    assert settings.is_https
    assert settings.smtp_url


def test_the_readme_lists_every_sub_command() -> None:
    known = typer.main.get_command(program)
    assert set(rows(ROOT / 'README.md', '`.venv/bin/python main.py …`')) == set(getattr(known, 'commands', {}))


def test_the_readme_lists_every_target_of_make() -> None:
    (declared,) = re.findall(r'^\.PHONY: (.+)$', text(ROOT / 'Makefile'), flags=re.MULTILINE)
    listed = {name.removeprefix('make ') for name in rows(ROOT / 'README.md', '`make …`')}
    assert listed == set(declared.split()) - INNER_TARGETS


def test_what_one_page_says_of_a_command_is_true_for_make() -> None:
    """`make x` anywhere in the documents is a target."""
    (declared,) = re.findall(r'^\.PHONY: (.+)$', text(ROOT / 'Makefile'), flags=re.MULTILINE)
    used = {(page.name, name) for page in PAGES for name in re.findall(r'`make ([a-z]+)\b', text(page))}
    assert {(page, name) for page, name in used if name not in declared.split()} == set()


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        if re.match(r'[a-z]+:', link):
            continue
        path, _, anchor = link.partition('#')
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_picture_can_be_heard() -> None:
    """A picture without words is nothing to somebody who cannot see it."""
    pictures = re.findall(r'<img [^>]*>', text(ROOT / 'README.md'))
    assert pictures
    assert [picture for picture in pictures if not re.search(r'alt="[^"]{30,}"', picture)] == []


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_is_named_exists(page: Path) -> None:
    named = set(PATH.findall(text(page))) | set(re.findall(r'ARGS=\'?((?:tests)/[\w./-]+)', text(page)))
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_what_is_quoted_from_the_code_stands_there() -> None:
    excerpts = [found for page in PAGES for found in EXCERPT.findall(text(page))]
    assert excerpts
    for path, code in excerpts:
        source = [line.strip() for line in text(ROOT / path).splitlines()]
        quoted = [line.strip() for line in code.strip().splitlines()]
        here = any(source[start : start + len(quoted)] == quoted for start in range(len(source)))
        assert here, f'{path} no longer reads like its excerpt'


def test_the_architecture_names_every_table() -> None:
    tables = {getattr(storage.models, name)._meta.db_table for name in storage.models.__all__}
    assert {table for table in tables if f'`{table}`' not in text(ARCHITECTURE)} == set()


def test_the_index_lists_every_decision() -> None:
    index = ROOT / 'docs' / 'adr' / 'README.md'
    decisions = {path.name for path in index.parent.glob('[0-9]*.md')}
    assert decisions == set(links(index))
    for name in decisions:
        page = text(index.parent / name)
        assert page.startswith(f'# {name[:4]}: ')
        assert {'## Context', '## Decision', '## Consequences', '## What we saw'} <= set(page.splitlines()), name


def test_the_changelog_knows_the_version() -> None:
    version = tomllib.loads(text(ROOT / 'pyproject.toml'))['project']['version']
    assert version in text(ROOT / 'CHANGELOG.md')
