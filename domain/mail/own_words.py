"""The small language that a firm writes its mails in: text, `{{ contact.name }}`, `{% if message %}` … `{% endif %}`.

Jinja2 reads it, in its sandbox, and nothing is ever run: what was read is looked through against a list of what is
known, and from then on it is data. Calls, filters, loops and whatever else Jinja2 can do are refused when the text is
saved, each with its name and its line. Values are put in as they are and never read again (R51).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from domain.mail.states import MailKind
from domain.mail_errors import MergeFault, MergeFieldWrong

MAGIC_LINK, CODE, MESSAGE = 'portal.magic_link', 'portal.code', 'message'
FIELDS = (
    'contact.name', 'contact.first_name', 'contact.email', 'contact.organisation', 'firm.name', 'staff.name',
    'portal.url', MAGIC_LINK, CODE, 'link.expires_in', MESSAGE,
)  # fmt: skip
LONGEST_SUBJECT, LONGEST_BODY = 200, 10_000  # characters
DEEPEST = 20  # conditions within each other
_LONGEST_NAME = 60
_ENDED_WITHIN = 'Unexpected end of template'  # Jinja2's words for a block without an end

_reader = SandboxedEnvironment()
_tag_in_a_line_of_its_own = re.compile(r'^[ \t]*(\{%[^%\n]*)%\}[ \t]*\n', re.MULTILINE)
_sign = re.compile(r'\{\{|\}\}|\{%|%\}|\{#|#\}')
_opens = re.compile(r'\{\{|\{%|\{#')
_condition = re.compile(r'\{%[-+]?\s*(if|endif)\b[^%]*%?\}?')
_SIGNS = tuple(
    (re.compile(letters), sign) for letters, sign in ((r'\*\*', ''), (r'\s', ' '), (r'[.,;:!?)]', '.'), ('[^ .(]', 'x'))
)
_NEAR = 3  # signs that are looked at on each side of a link
_ANYTHING = 'x' * _NEAR
_apart_before, _apart_behind = re.compile(r'(?:\A| )\(?\Z'), re.compile(r'\A\.{0,2}(?: |\Z)')


@dataclass(frozen=True)
class Text:
    """What stands there as it is."""

    text: str


@dataclass(frozen=True)
class Field:
    """What differs from mail to mail. `line` is where it was written."""

    name: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Condition:
    """The first part whose field holds something; a part without a field stands for all other cases."""

    parts: tuple[tuple[str | None, tuple['Piece', ...]], ...]


Piece = Text | Field | Condition


@dataclass(frozen=True)
class Words:
    """Subject and body of one kind of mail, as the firm wrote them in one language."""

    kind: str
    subject: str
    body: str
    language: str = 'en'


def fields_of(kind: str, part: str) -> tuple[str, ...]:
    """The merge fields that this part ('subject' or 'body') of such a mail may hold.

    The code belongs to the browser that asked, so only the mail a client asked for has one. A subject is kept in plain
    text, so it holds neither the link nor the code (R2).
    """
    withheld = set() if kind == MailKind.SIGN_IN else {CODE}
    if part == 'subject':
        withheld |= {MAGIC_LINK, CODE}
    return tuple(name for name in FIELDS if name not in withheld)


@lru_cache(maxsize=200)
def read_words(source: str, kind: str, part: str) -> tuple[Piece, ...]:
    """The pieces of a text. Raises MergeFieldWrong for the first that cannot be, in the order they stand in."""
    try:
        # A line that holds a tag and nothing else is no line of the mail: its end goes into the tag, where it counts as
        # a line still.
        tree = _reader.parse(_tag_in_a_line_of_its_own.sub(r'\1\n%}', source))
    except TemplateSyntaxError as error:
        raise _endless(source, part, error) or _broken(source, part, error.lineno) from None
    except RecursionError:
        raise MergeFieldWrong(part, MergeFault.NOT_KNOWN, '{% if %}', 1) from None
    pieces = tuple(_Reading(source, kind, part).pieces(tree.body))
    _check_links_stand_apart(pieces, part)
    return pieces


def chosen(pieces: Iterable[Piece], values: Mapping[str, str]) -> Iterator[Text | Field]:
    """What of the pieces stands in the mail with these values."""
    for piece in pieces:
        if not isinstance(piece, Condition):
            yield piece
            continue
        for name, inside in piece.parts:
            if name is None or values.get(name):
                yield from chosen(inside, values)
                break


def has_field(pieces: Iterable[Piece], name: str) -> bool:
    """Whether the field stands somewhere in it."""
    return any(
        any(has_field(inside, name) for _, inside in piece.parts)
        if isinstance(piece, Condition)
        else piece == Field(name)
        for piece in pieces
    )


class _Reading:
    """Turns what Jinja2 has read into pieces, and refuses what is not among them."""

    def __init__(self, source: str, kind: str, part: str) -> None:
        self._source, self._part = source, part
        self._known = fields_of(kind, part)

    def pieces(self, tree: Iterable[nodes.Node], depth: int = 0) -> Iterator[Piece]:
        for node in tree:
            if isinstance(node, nodes.Output):
                for one in node.nodes:
                    yield self._text(one) if isinstance(one, nodes.TemplateData) else self._field(one)
            elif isinstance(node, nodes.If) and depth < DEEPEST:
                yield self._condition(node, depth)
            else:
                raise self._wrong(MergeFault.NOT_KNOWN, self._tag(node.lineno), node.lineno)

    def _text(self, node: nodes.TemplateData) -> Text:
        stray = _sign.search(node.data)
        if stray:
            line = node.lineno + node.data[: stray.start()].count('\n')
            raise self._wrong(MergeFault.BROKEN, stray.group(), line)
        return Text(node.data)

    def _field(self, node: nodes.Node) -> Field:
        name = _name(node)
        if name is None:
            raise self._wrong(MergeFault.NOT_KNOWN, self._tag(node.lineno), node.lineno)
        if name not in self._known:
            fault = MergeFault.NOT_HERE if name in FIELDS else MergeFault.UNKNOWN
            raise self._wrong(fault, name, node.lineno)
        return Field(name, node.lineno)

    def _condition(self, node: nodes.If, depth: int) -> Condition:
        parts: list[tuple[str | None, tuple[Piece, ...]]] = [
            (self._field(one.test).name, tuple(self.pieces(one.body, depth + 1))) for one in (node, *node.elif_)
        ]
        parts.append((None, tuple(self.pieces(node.else_, depth + 1))))
        return Condition(tuple(parts))

    def _tag(self, line: int) -> str:
        """The first tag in this line that is more than a field or a condition on one."""
        text = self._source.splitlines()[line - 1] if line <= len(self._source.splitlines()) else ''
        tags: list[str] = re.findall(r'\{\{.*?\}\}|\{%.*?%\}', text)
        plain = re.compile(r'\{\{[-+]?\s*[\w.]+\s*[-+]?\}\}|\{%[-+]?\s*(?:(?:el)?if\s+[\w.]+|else|endif)\s*[-+]?%\}')
        odd = [tag for tag in tags if not plain.fullmatch(tag)]
        return next(iter(odd or tags), text.strip())

    def _wrong(self, fault: MergeFault, name: str, line: int) -> MergeFieldWrong:
        return MergeFieldWrong(self._part, fault, _short(name), line)


def _name(node: nodes.Node) -> str | None:
    """`contact.name` for what is written so; None for everything else."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return f'{node.node.name}.{node.attr}'
    return None


def _endless(source: str, part: str, error: TemplateSyntaxError) -> MergeFieldWrong | None:
    """The condition that was open still where the text ended, and its line."""
    if not (error.message or '').startswith(_ENDED_WITHIN):
        return None
    waiting: list[re.Match[str]] = []
    for tag in _condition.finditer(source):
        if tag.group(1) == 'if':
            waiting.append(tag)
        elif waiting:
            waiting.pop()
    if not waiting:
        return None
    line = source[: waiting[-1].start()].count('\n') + 1
    return MergeFieldWrong(part, MergeFault.ENDLESS, _short(waiting[-1].group()), line)


def _broken(source: str, part: str, line: int) -> MergeFieldWrong:
    """The tag that cannot be read, and its line: the last that begins before `line` is over."""
    begun = [one.start() for one in _opens.finditer(source) if source[: one.start()].count('\n') < line]
    start = begun[-1] if begun else 0
    whole = re.match(r'[^\n]*?(?:\}\}|%\}|#\}|$)', source[start:], re.MULTILINE)
    name = whole.group() if whole else ''
    return MergeFieldWrong(part, MergeFault.BROKEN, _short(name), source[:start].count('\n') + 1)


def _short(name: str) -> str:
    clean = ' '.join(name.split())
    return clean if len(clean) <= _LONGEST_NAME else f'{clean[:_LONGEST_NAME]}…'


def _check_links_stand_apart(pieces: tuple[Piece, ...], part: str) -> None:
    """A link that is glued to an address would be sent there by whoever follows it, in some mails or in all."""
    _look_before_links(pieces, frozenset({''}), part)
    _look_behind_links(pieces, frozenset({''}), part)


def _look_before_links(pieces: tuple[Piece, ...], before: frozenset[str], part: str) -> frozenset[str]:
    """The signs that may stand where the pieces end, after one of those `before` them. Raises MergeFieldWrong."""
    for piece in pieces:
        if isinstance(piece, Text):
            text = _signs(piece.text)
            before = frozenset((end + text)[-_NEAR:] for end in before)
        elif isinstance(piece, Condition):
            before = frozenset[str]().union(*(_look_before_links(inside, before, part) for _, inside in piece.parts))
        else:
            _check_apart(piece, _apart_before, before, part)
            before |= {_ANYTHING}
    return before


def _look_behind_links(pieces: tuple[Piece, ...], behind: frozenset[str], part: str) -> frozenset[str]:
    """The same from the end: the signs that may stand where the pieces begin."""
    for piece in reversed(pieces):
        if isinstance(piece, Text):
            text = _signs(piece.text)
            behind = frozenset((text + start)[:_NEAR] for start in behind)
        elif isinstance(piece, Condition):
            behind = frozenset[str]().union(*(_look_behind_links(inside, behind, part) for _, inside in piece.parts))
        else:
            _check_apart(piece, _apart_behind, behind, part)
            behind |= {_ANYTHING}
    return behind


def _check_apart(piece: Field, apart: re.Pattern[str], neighbours: frozenset[str], part: str) -> None:
    if piece.name == MAGIC_LINK and not all(map(apart.search, neighbours)):
        raise MergeFieldWrong(part, MergeFault.GLUED, MAGIC_LINK, piece.line)


def _signs(text: str) -> str:
    """What each letter is to a link beside it, without the stars that make words bold: a blank, a full stop, a bracket,
    or anything else. Four kinds, so that there are few neighbours, however many conditions there are."""
    for kind, sign in _SIGNS:
        text = kind.sub(sign, text)
    return text
