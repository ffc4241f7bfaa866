"""The firm's words as they stand on paper: paragraphs, lines, `**bold**`, the button, the code, the personal message.

Only what the firm typed is looked at for bold and addresses; what is put in for a field stays as it is (R51).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from textwrap import indent
from typing import Literal

from domain.mail.own_words import CODE, MAGIC_LINK, MESSAGE, Field, Piece, Text, chosen

_tokens = re.compile(r'(\n[ \t]*(?:\n[ \t]*)+|\n|\*\*)')
_address = re.compile(r'(https?://[^\s<>"*]+[^\s<>"*.,;:!?)\]])')

Form = Literal['paragraph', 'button', 'code', 'quote']
_ALONE: dict[str, Form] = {MAGIC_LINK: 'button', CODE: 'code', MESSAGE: 'quote'}


@dataclass(frozen=True)
class Run:
    """Some words in a line. `link` is what they lead to, nothing for most."""

    text: str
    is_bold: bool = False
    link: str = ''


Line = tuple[Run, ...]


@dataclass(frozen=True)
class Block:
    """What stands between two blank lines."""

    form: Form
    lines: tuple[Line, ...]

    @property
    def words(self) -> str:
        """Without anything that sets it apart."""
        return '\n'.join(''.join(run.text for run in line) for line in self.lines)

    @property
    def text(self) -> str:
        """For the part of a mail that is plain text."""
        return indent(self.words, '    ') if self.form in ('quote', 'code') else self.words


def lay_out(pieces: Iterable[Piece], values: Mapping[str, str], *, quotes: bool = True) -> tuple[Block, ...]:
    """The blocks of a mail with these values.

    Its link gets a button, and a message stands in it, whether or not the words hold them. `quotes` sets the message
    apart; without it each of its lines is a paragraph.
    """
    standing = list(chosen(pieces, values))
    blocks = [block for paragraph in _paragraphs(standing) for block in _blocks(paragraph, values)]
    if values.get(MESSAGE) and Field(MESSAGE) not in standing:
        blocks.append(_alone(MESSAGE, values[MESSAGE]))
    if values.get(MAGIC_LINK) and not any(block.form == 'button' for block in blocks):
        blocks.append(_alone(MAGIC_LINK, values[MAGIC_LINK]))
    return tuple(blocks) if quotes else tuple(_unquoted(blocks))


def _unquoted(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        if block.form == 'quote':
            yield from (Block('paragraph', (line,)) for line in block.lines)
        else:
            yield block


def on_one_line_of(pieces: Iterable[Piece], values: Mapping[str, str]) -> str:
    """The same for a subject: words and values, one after the other."""
    return ''.join(
        piece.text if isinstance(piece, Text) else values.get(piece.name, '') for piece in chosen(pieces, values)
    )


@dataclass(frozen=True)
class _Slot:
    """Where a value goes."""

    name: str
    is_bold: bool


_Atom = Run | _Slot
_TemplateLine = list[_Atom]


def _paragraphs(pieces: Iterable[Text | Field]) -> Iterator[list[_TemplateLine]]:
    """The lines of each paragraph, before anything is put in."""
    lines: list[_TemplateLine] = [[]]
    bold = _Bold()
    for piece in pieces:
        if isinstance(piece, Field):
            lines[-1].append(_Slot(piece.name, bold.is_on))
            continue
        for token in _tokens.split(piece.text):
            if token == '**':
                bold.turn(lines)
            elif token == '\n':
                lines.append([])
            elif token.startswith('\n'):
                bold.end(lines)
                yield lines
                lines = [[]]
            elif token:
                lines[-1] += _with_addresses(token, is_bold=bold.is_on)
    bold.end(lines)
    yield lines


class _Bold:
    """Two stars begin it, and two end it; a pair without a partner in its paragraph stays two stars."""

    def __init__(self) -> None:
        self._began: tuple[int, int] | None = None

    @property
    def is_on(self) -> bool:
        return self._began is not None

    def turn(self, lines: list[_TemplateLine]) -> None:
        """Two stars stand where these lines end."""
        self._began = None if self._began else (len(lines) - 1, len(lines[-1]))

    def end(self, lines: list[_TemplateLine]) -> None:
        """The paragraph is over."""
        if self._began is not None:
            (first, place), self._began = self._began, None
            plain = [[replace(one, is_bold=False) for one in line] for line in lines[first:]]
            lines[first] = [*lines[first][:place], Run('**'), *plain[0][place:]]
            lines[first + 1 :] = plain[1:]


def _with_addresses(text: str, *, is_bold: bool) -> Iterator[Run]:
    for number, part in enumerate(_address.split(text)):
        if part:
            yield Run(part, is_bold, part if number % 2 else '')


def _blocks(lines: list[_TemplateLine], values: Mapping[str, str]) -> Iterator[Block]:
    """The paragraph, or several where a field that is a block of its own stands alone in its line."""
    waiting: list[Line] = []
    for line in lines:
        name = _stands_alone(line)
        if name is None:
            waiting += [put for put in map(_trimmed, _put_in(line, values)) if put]
            continue
        if waiting:
            yield Block('paragraph', tuple(waiting))
            waiting = []
        if values.get(name):
            yield _alone(name, values[name])
    if waiting:
        yield Block('paragraph', tuple(waiting))


def _stands_alone(line: _TemplateLine) -> str | None:
    """The field that is all there is in this line, if it is one that makes a block."""
    words = [atom for atom in line if isinstance(atom, _Slot) or atom.text.strip()]
    if len(words) == 1 and isinstance(words[0], _Slot) and words[0].name in _ALONE:
        return words[0].name
    return None


def _put_in(line: _TemplateLine, values: Mapping[str, str]) -> list[list[Run]]:
    """The line with its values; a message of several lines makes several of it."""
    lines: list[list[Run]] = [[]]
    for atom in line:
        if isinstance(atom, Run):
            lines[-1].append(atom)
            continue
        value = values.get(atom.name, '')
        first, *rest = value.split('\n')
        lines[-1].append(Run(first, atom.is_bold, value if atom.name == MAGIC_LINK else ''))
        lines += [[Run(text, atom.is_bold)] for text in rest]
    return lines


def _trimmed(runs: list[Run]) -> Line:
    """Without blanks at both ends of the line; nothing where there is nothing else."""
    kept = [run for run in runs if run.text]
    while kept and not kept[0].text.strip():
        del kept[0]
    while kept and not kept[-1].text.strip():
        del kept[-1]
    if kept:
        kept[0] = replace(kept[0], text=kept[0].text.lstrip())
        kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip())
    return tuple(kept)


def _alone(name: str, value: str) -> Block:
    lines = value.split('\n') if name == MESSAGE else [value]
    return Block(_ALONE[name], tuple((Run(line),) for line in lines))
