"""One mail to many readers: put into words once, and then only what differs is put in, a hundred times as fast.

What comes out is, letter for letter, what putting it into words for one reader gives. Where that is not certain (a name
with letters that HTML writes otherwise), it is put into words for that reader.
"""

import re
from collections.abc import Callable, Hashable
from typing import Any

from domain.mail.rendering import LONGEST_SUBJECT, Message, to_greet_by

NAME, TOKEN = 'Qnamezqzreaderq', 'Qtokenzqzlinkq'  # stand where the reader's own will
_written_as_it_is = re.compile(r'[^&<>"\'\u00a0\x00-\x1f\x7f%]*')
_link = re.compile(r'(.*/)([A-Za-z0-9_-]+)')


class Merge:
    def __init__(self, write: Callable[..., Message], **alike: Any) -> None:
        """`write` is a function of domain/mail/messages.py that takes `first_name` and `link`, and what is `alike`."""
        self._write, self._alike = write, alike
        self._written: dict[Hashable, Message | None] = {}

    def to(self, *, first_name: str, link: str, **own: Hashable) -> Message:
        """The mail for one reader. `own` is what more differs; readers of whom it is the same share one text."""
        name, parts = to_greet_by(first_name), _link.fullmatch(link)
        if parts is None or not _written_as_it_is.fullmatch(name) or _holds_a_mark(name + link):
            return self._write(first_name=first_name, link=link, **self._alike, **own)
        key = (bool(name), parts[1], *own.values())
        if key not in self._written:
            self._written[key] = self._put_into_words(parts[1], own, greets=bool(name))
        pattern = self._written[key]
        if pattern is None:
            return self._write(first_name=first_name, link=link, **self._alike, **own)
        subject, text, html = (
            one.replace(NAME, name).replace(TOKEN, parts[2]) for one in (pattern.subject, pattern.text, pattern.html)
        )
        return Message(subject[:LONGEST_SUBJECT], text, html)

    def _put_into_words(self, before: str, own: dict[str, Hashable], *, greets: bool) -> Message | None:
        """The mail with marks in it; None where somebody else's words hold one."""
        if _holds_a_mark(' '.join(map(str, (*self._alike.values(), *own.values())))):
            return None
        written = self._write(first_name=NAME if greets else '', link=f'{before}{TOKEN}', **self._alike, **own)
        return None if NAME in written.subject or TOKEN in written.subject else written


def _holds_a_mark(text: str) -> bool:
    return NAME in text or TOKEN in text
