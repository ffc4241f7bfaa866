"""The house itself: rules that a linter does not know, each with its reason."""

import ast
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from tests.support import messages

ROOT = Path(__file__).parents[1]
MOST_LINES = 400
PINNED = ('requirements.txt', 'requirements-dev.txt')
PIN = re.compile(r'^([A-Za-z0-9._-]+(?:\[[a-z,]+\])?)==([^ ;]+)(?: ; [^\\]+)? \\$')
HASH = re.compile(r'^    --hash=sha256:[0-9a-f]{64}(?: \\)?$')
MARKS = {'_', 'gettext', 'ngettext', 'N_'}


def sources(*folders: str) -> list[Path]:
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob('*.py') if '__pycache__' not in path.parts
    )


def tracked() -> list[Path]:
    """What git keeps, or would."""
    listed = subprocess.run(
        ['git', 'ls-files', '--cached', '--others', '--exclude-standard'],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip('not a git checkout')
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def name_of(call: ast.Call) -> str:
    """`label` of `nui.label(...)`, `_` of `_(...)`."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ''


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Call):
            yield node


def where(path: Path, node: ast.AST) -> str:
    return f'{path.relative_to(ROOT)}:{getattr(node, "lineno", "?")}'


# R55: what a person wrote must never become markup or a script.


CHECKED_BY_HAND = {
    ('ui/theme.py', 'add_head_html'),  # the address of our own style sheet, with the digest of its file
    ('ui/brand.py', 'add_head_html'),  # a colour: `accent_css` takes six digits and nothing else
}


def is_built(node: ast.AST) -> bool:
    """Whether text is put together at run time from something that is no constant."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return is_built(node.left) or is_built(node.right) or not (is_fixed(node.left) and is_fixed(node.right))
    return isinstance(node, ast.Call) and name_of(node) in {'format', 'join', 'replace', 'format_map'}


def is_fixed(node: ast.AST) -> bool:
    """A literal, or a constant of a module by its upper-case name."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.BinOp):
        return is_fixed(node.left) and is_fixed(node.right)
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ''
    return bool(name) and name.upper() == name


def unsafe(call: ast.Call) -> str:
    """What is wrong with a call, if anything."""
    named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    text = call.args[0] if call.args else named.get('code', ast.Constant(''))

    def is_set(argument: str, value: bool) -> bool:
        given = named.get(argument)
        return isinstance(given, ast.Constant) and given.value is value

    if is_set('sanitize', False):
        return 'sanitize=False lets a script through'
    if name_of(call) == 'notify' and 'html' in named and not is_set('html', False):
        return 'notify(html=True) runs what is in the text'
    if name_of(call) in {'add_head_html', 'add_body_html'} and not is_fixed(text):
        return 'only constants go into the head or the body'
    if name_of(call) in {'run_javascript', 'run_method'} and is_built(text):
        return 'a script is a constant; values go to it as JSON through a component'
    return ''


def test_no_text_of_a_person_becomes_markup_or_script() -> None:
    """R55."""
    found = [
        f'{where(path, call)}: {fault}'
        for path in sources('ui')
        for call in calls(path)
        if (fault := unsafe(call)) and (str(path.relative_to(ROOT)), name_of(call)) not in CHECKED_BY_HAND
    ]
    assert found == []


@pytest.mark.parametrize(
    'line',
    [
        'nui.html(name, sanitize=False)',
        'nui.notify(name, html=True)',
        'nui.add_head_html(f"<title>{name}</title>")',
        'nui.add_body_html(name)',
        'nui.run_javascript(f"alert({name!r})")',
        'nui.run_javascript("alert(" + name + ")")',
        'nui.run_javascript("alert({})".format(name))',
    ],
)
def test_the_rule_sees_what_it_is_for(line: str) -> None:
    """R55."""
    (call, *_) = [node for node in ast.walk(ast.parse(line)) if isinstance(node, ast.Call)]
    assert unsafe(call)


# Every sentence a client reads comes through the catalogue.

PROSE = re.compile(r'[A-Z][a-z’\']+([ .,:!?…]|$)|(.*[a-z,] ){2}.*[a-z]')
NO_SENTENCES = {  # names of widgets, of kinds of device and of a task, and a look
    'Card', 'Dialog', 'Figure', 'Android', 'Mobile', 'refresh a page',
    'outlined stack-label hide-bottom-space no-error-icon',
}  # fmt: skip
NOT_READ = {
    'props',
    'classes',
    'style',
    'on',
    'mark',
    'getLogger',
    'get_logger',
    'page',
    'get',
    'post',
    'register',
    'compile',
}


def unmarked(tree: ast.AST, marked: bool = False) -> Iterator[ast.Constant]:
    """String constants that read like prose and do not stand in `_()`; docstrings, patterns and logs aside."""
    for child in ast.iter_child_nodes(tree):
        inside = marked
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.Raise | ast.Assert | ast.ImportFrom | ast.Subscript | ast.MatchValue | ast.Compare):
            continue
        if isinstance(child, ast.Call):
            logs = isinstance(child.func, ast.Attribute) and ast.unparse(child.func.value) in {'log', 'logger'}
            inside = inside or logs or name_of(child) in MARKS | NOT_READ
        if isinstance(child, ast.Constant) and isinstance(child.value, str) and not inside and PROSE.match(child.value):
            yield child
        if isinstance(child, ast.Dict):
            for value in child.values:
                yield from unmarked(ast.Expression(body=value), inside)
            continue
        if isinstance(child, ast.arg):
            continue  # an annotation is no sentence
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in [*child.body, *child.args.defaults, *filter(None, child.args.kw_defaults)]:
                if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)):
                    yield from unmarked(ast.Module(body=[part], type_ignores=[]) if isinstance(part, ast.stmt)
                                        else ast.Expression(body=part), inside)  # fmt: skip
            continue
        yield from unmarked(child, inside)


def widgets_of(page: Path) -> Iterator[Path]:
    """The widgets that it imports."""
    for node in ast.walk(ast.parse(page.read_text(encoding='utf-8'))):
        if isinstance(node, ast.ImportFrom) and (node.module or '').startswith('ui.components.'):
            yield ROOT / f'{str(node.module).replace(".", "/")}.py'


def read_by_clients() -> set[Path]:
    """The pages of the portal, what they are made of, and the sentences of errors."""
    found: set[Path] = set()
    wanted = [*sources('ui/portal'), ROOT / 'ui' / 'messages.py', ROOT / 'ui' / 'home_messages.py']
    while wanted:
        path = wanted.pop()
        if path not in found:
            found.add(path)
            wanted += widgets_of(path)
    return found


def test_every_sentence_a_client_reads_can_be_translated() -> None:
    paths = read_by_clients()
    assert ROOT / 'ui/components/portal_home.py' in paths and ROOT / 'ui/components/home_items.py' in paths
    found = [
        f'{where(path, text)}: {text.value!r} is not in _()'
        for path in sorted(paths)
        for text in unmarked(ast.parse(path.read_text(encoding='utf-8')))
        if text.value not in NO_SENTENCES
    ]
    assert found == []


@pytest.mark.parametrize(
    ('line', 'seen'),
    [
        ("nui.label('Sign in')", True),
        ("button('Continue', icon='arrow')", True),
        ("text = 'we sent you a mail'", True),
        ("f'Hello {name}'", True),
        ("nui.label(_('Sign in'))", False),
        ("nui.label(_('Hello {name}').format(name=name))", False),
        ("nui.label(ngettext('One session', '{n} sessions', n))", False),
        ("nui.label('x').classes('fy-row fy-wide wrap')", False),
        ("headers = {'Location': target}", False),
        ("log.info('Somebody signed in')", False),
        ("def f(x: 'Visitor') -> 'Response':\n    'Answers with a page.'", False),
    ],
)
def test_the_rule_sees_sentences_and_nothing_else(line: str, seen: bool) -> None:
    assert bool(list(unmarked(ast.parse(line)))) is seen


def test_every_sentence_of_a_template_can_be_translated() -> None:
    """Mail and the plain landing pages: outside of `{% trans %}` stand markup and values only."""
    found = []
    for path in [
        *ROOT.glob('domain/mail/templates/*'),
        *ROOT.glob('ui/templates/*'),
        *ROOT.glob('ui/portal/templates/*'),
    ]:
        if path.suffix not in {'.html', '.txt'}:
            continue
        text = re.sub(
            r'\{%[-+]?\s*trans\b.*?\{%-?\s*endtrans\s*[-+]?%\}', '', path.read_text(encoding='utf-8'), flags=re.DOTALL
        )
        text = re.sub(r'\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->', '', text, flags=re.DOTALL)
        text = re.sub(r'<(style|script)\b.*?</\1>|<[^>]*>|&#?\w+;', '', text, flags=re.DOTALL)
        found += [
            f'{path.relative_to(ROOT)}: {left.strip()}' for left in text.splitlines() if re.search(r'[^\W\d_]{2}', left)
        ]
    assert found == []


def keys(catalog: Catalog) -> set[tuple[object, str | None]]:
    return {(message.id if isinstance(message.id, str) else tuple(message.id), message.context)
            for message in catalog if message.id}  # fmt: skip


def test_the_collected_sentences_are_those_of_the_sources() -> None:
    with messages.TEMPLATE.open('rb') as file:
        collected = keys(read_po(file))
    now = keys(messages.extract())
    assert (now - collected, collected - now) == (set(), set()), 'run `make messages` and commit what it writes'


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r'\{[^}]*\}|%\(\w+\)s', text))


def faults(message: Message) -> Iterator[str]:
    said = [message.id] if isinstance(message.id, str) else list(message.id)
    meant = [message.string] if isinstance(message.string, str) else list(message.string)
    if not all(meant) or message.fuzzy:
        yield f'{said[0]!r} is not translated'
    for text in filter(None, meant):
        if placeholders(text) not in [placeholders(one) for one in said]:
            yield f'{text!r} has other placeholders than {said!r}'


def test_every_catalogue_is_complete() -> None:
    wanted = keys(messages.extract())
    found = []
    for language, _path, catalog in messages.catalogues():
        found += [f'{language}: {missing} is missing' for missing in wanted - keys(catalog)]
        found += [f'{language}: {fault}' for message in catalog if message.id for fault in faults(message)]
    assert found == [], 'run `make messages`, then translate'


# What is installed is pinned, hashed and the same for everybody.


@pytest.mark.parametrize('name', PINNED)
def test_requirements_are_pinned_and_hashed(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    assert [line for line in lines if not PIN.match(line) and not HASH.match(line)] == []
    for line, following in zip(lines, [*lines[1:], ''], strict=True):
        assert not PIN.match(line) or HASH.match(following), f'{line} has no hash'
        assert not HASH.match(line) or line.endswith('\\') == bool(HASH.match(following)), line


@pytest.mark.parametrize('name', [*PINNED, 'requirements.in', 'requirements-dev.in'])
def test_requirements_name_no_address(name: str) -> None:
    assert not re.search(r'://|--(index|extra|find|trusted)|@ ', (ROOT / name).read_text())


def test_the_tools_run_on_the_pins_of_the_program() -> None:
    """So that what is tested is what is served, and `make run` after `make test` installs nothing."""
    runtime, tools = (
        {tuple(found.groups()) for line in (ROOT / name).read_text().splitlines() if (found := PIN.match(line))}
        for name in PINNED
    )
    assert runtime <= tools


def test_foyer_is_no_package() -> None:
    project = tomllib.loads((ROOT / 'pyproject.toml').read_text())
    assert 'build-system' not in project
    assert not {'dependencies', 'scripts', 'optional-dependencies'} & project['project'].keys()


# What is committed tells nothing about the machine it was made on.

HOSTS = [
    'pypi' + '.org',
    'python' + 'hosted.org',
    'npmjs' + '.org',
    'npmjs' + '.com',
    'deb.' + 'debian.org',
    'registry.' + 'yarnpkg',
]
PLACES = ['/' + 'work/', '/' + 'root/', '/' + 'home/', '/' + 'Users/', '..' + '/shared']


def test_no_file_names_a_package_registry_or_this_machine() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding='utf-8')
        except UnicodeDecodeError:
            continue
        here = [str(ROOT) + os.sep] if len(ROOT.parts) > 2 else []
        found += [f'{path.relative_to(ROOT)} names {word}' for word in [*HOSTS, *PLACES, *here] if word in text]
    assert found == []


def test_files_stay_small() -> None:
    """Over about 300 lines a file is asking to be two; over 400 it is told."""
    found = {
        str(path.relative_to(ROOT)): lines
        for path in sources('domain', 'storage', 'ui')
        if 'migrations' not in path.parts and (lines := len(path.read_text(encoding='utf-8').splitlines())) > MOST_LINES
    }
    assert found == {}
