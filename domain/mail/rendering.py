"""Turns a template and what is known into subject, text and HTML.

Everything handed in is data: values are never rendered again, HTML is escaped, and a subject is always one line (R51).
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from domain.language import catalogue

TEMPLATES = Path(__file__).parent / 'templates'
LONGEST_SUBJECT = 400  # the width of the column

_inliner = CSSInliner(load_remote_stylesheets=False)
_blank_lines = re.compile(r'\n{3,}')
_looks_like_an_address = re.compile(r'[@/:<>]|www\.|\w\.\w{2,}')
_DIRECTION_MARKS = frozenset('\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069')


@dataclass(frozen=True)
class Message:
    """What one person is to read, in the two forms a mail carries it in."""

    subject: str
    text: str
    html: str


def render(kind: str, language: str, values: dict[str, Any]) -> Message:
    """The mail of this kind in this language. Raises jinja2.UndefinedError for a value that a template needs."""
    templates = _environment(language)
    subject = on_one_line(templates.get_template(f'{kind}.subject.txt').render(values))
    return put_on_paper(kind, subject, language, values)


def put_on_paper(template: str, subject: str, language: str, values: dict[str, Any]) -> Message:
    """The mail with this subject, from a template that has both parts. Raises jinja2.UndefinedError."""
    subject = subject[:LONGEST_SUBJECT]
    templates = _environment(language)
    text = templates.get_template(f'{template}.txt').render(values)
    html = templates.get_template(f'{template}.html').render(values, subject=subject, language=language)
    return Message(subject, _blank_lines.sub('\n\n', text).strip() + '\n', _inliner.inline(html))


def plain_words(kind: str, language: str, values: dict[str, Any]) -> tuple[str, str]:
    """Subject and text of this kind, without what the paper adds around them."""
    templates = _environment(language)
    subject = templates.get_template(f'{kind}.subject.txt').render(values)
    paper, words = templates.get_template('_layout.txt'), templates.get_template(f'{kind}.txt')
    text = ''.join(
        (
            *paper.blocks['greeting'](paper.new_context(values)),
            '\n',
            *words.blocks['content'](words.new_context(values)),
        )
    )
    return on_one_line(subject), _blank_lines.sub('\n\n', text).strip()


def on_one_line(text: str) -> str:
    """Without line breaks, control characters and direction overrides; for headers and for names (R51)."""
    if text.isprintable():  # then none of them is in it
        return ' '.join(text.split())
    kept = (
        ' ' if unicodedata.category(letter) in ('Cc', 'Zl', 'Zp', 'Cs') else letter
        for letter in text
        if letter not in _DIRECTION_MARKS
    )
    return ' '.join(''.join(kept).split())


def to_greet_by(first_name: str) -> str:
    """The name as it stands after "Hello"; nothing when a mail program would make a link of it."""
    name = on_one_line(first_name)
    return '' if _looks_like_an_address.search(name) else name


def in_words(span: timedelta, language: str) -> str:
    """A lifetime as a person says it: "15 minutes", "1 hour", "7 days". Rounds down, to one minute at least."""
    words = catalogue(language)
    minutes = max(1, int(span.total_seconds() // 60))
    if minutes % (24 * 60) == 0:
        number = minutes // (24 * 60)
        return str(words.ungettext('%(number)d day', '%(number)d days', number)) % {'number': number}
    if minutes % 60 == 0:
        number = minutes // 60
        return str(words.ungettext('%(number)d hour', '%(number)d hours', number)) % {'number': number}
    return str(words.ungettext('%(number)d minute', '%(number)d minutes', minutes)) % {'number': minutes}


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(['html']),
        undefined=StrictUndefined,
        extensions=['jinja2.ext.i18n'],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.policies['ext.i18n.trimmed'] = True
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    return environment
