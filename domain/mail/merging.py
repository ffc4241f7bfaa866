"""One mail to many readers: put into words once, and then only what differs is put in, a hundred times as fast.

What comes out is, letter for letter, what putting it into words for one reader gives. Where that is not certain (a name
with letters that HTML writes otherwise), it is put into words for that reader.
"""

import re
from collections.abc import Callable, Hashable
from dataclasses import fields
from typing import Any

from domain.mail.messages import NOBODY, Reader, shown
from domain.mail.rendering import LONGEST_SUBJECT, Message, to_greet_by

NAME, TOKEN = 'Qnamezqzreaderq', 'Qtokenzqzlinkq'  # stand where the reader's own will
MARKS = {field.name: f'Q{field.name}zqzownq' for field in fields(Reader)} | {'first_name': NAME, 'token': TOKEN}
_written_as_it_is = re.compile(r'[^&<>"\'\u00a0\x00-\x1f\x7f%]*')
_link = re.compile(r'(.*/)([A-Za-z0-9_-]+)')


class Merge:
    def __init__(self, write: Callable[..., Message], **alike: Any) -> None:
        """`write` is a function of domain/mail/messages.py that takes `first_name` and `link`, and what is `alike`."""
        self._write, self._alike = write, alike
        self._written: dict[Hashable, _Pattern | None] = {}

    def to(self, *, first_name: str, link: str, reader: Reader = NOBODY, **own: Hashable) -> Message:
        """The mail for one reader. `own` is what more differs; readers of whom it is the same share one text."""
        parts = _link.fullmatch(link)
        values = _values_of(first_name, reader)
        if parts is None or _holds_a_mark(' '.join(values.values()) + link):
            return self._one_by_one(first_name, link, reader, own)
        key = (*map(bool, values.values()), parts[1], *own.values())
        if key not in self._written:
            self._written[key] = self._put_into_words(parts[1], own, values)
        pattern = self._written[key]
        merged = pattern.filled({**values, 'token': parts[2]}) if pattern and pattern.takes(values) else None
        if merged is None or len(merged.subject) > LONGEST_SUBJECT:  # which is cut in the title of the HTML too
            return self._one_by_one(first_name, link, reader, own)
        return merged

    def _one_by_one(self, first_name: str, link: str, reader: Reader, own: dict[str, Hashable]) -> Message:
        return self._write(first_name=first_name, link=link, **_of(reader), **self._alike, **own)

    def _put_into_words(self, before: str, own: dict[str, Hashable], values: dict[str, str]) -> '_Pattern | None':
        """The mail with marks in it; None where somebody else's words hold one, or the subject is cut."""
        if _holds_a_mark(' '.join(map(str, (*self._alike.values(), *own.values())))):
            return None
        marks = {name: MARKS[name] if value else '' for name, value in values.items()}
        first_name = marks.pop('first_name')
        link = f'{before}{TOKEN}'
        written = self._write(first_name=first_name, link=link, **_of(Reader(**marks)), **self._alike, **own)
        return None if len(written.subject) >= LONGEST_SUBJECT else _Pattern(written)


class _Pattern:
    """A mail with marks, and which of them it holds."""

    def __init__(self, written: Message) -> None:
        self._written = written
        whole = ' '.join((written.subject, written.text, written.html))
        self._holds = {name: mark for name, mark in MARKS.items() if mark in whole}

    def takes(self, values: dict[str, str]) -> bool:
        """Whether these stand in HTML as they stand here, as far as they stand in it at all."""
        return all(_written_as_it_is.fullmatch(value) for name, value in values.items() if name in self._holds)

    def filled(self, values: dict[str, str]) -> Message:
        """The mail with these in the place of the marks."""
        subject, text, html = self._written.subject, self._written.text, self._written.html
        for name, mark in self._holds.items():
            subject, text, html = (one.replace(mark, values[name]) for one in (subject, text, html))
        return Message(subject, text, html)


def _values_of(first_name: str, reader: Reader) -> dict[str, str]:
    """What stands in the mail for this reader; a name that would be left out there is empty here too."""
    return {'first_name': to_greet_by(first_name), **vars(shown(reader))}


def _of(reader: Reader) -> dict[str, Reader]:
    """Nobody is left out: what writes the mail may not know of readers."""
    return {} if reader == NOBODY else {'reader': reader}


def _holds_a_mark(text: str) -> bool:
    return any(mark in text for mark in MARKS.values())
