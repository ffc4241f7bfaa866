"""What happened, newest first: the dashboard's feed and a contact's timeline."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from nicegui import ui as nui

from domain.language import gettext as _
from ui.components.when import stamp
from ui.theme import icon as sprite

Tone = Literal['', 'ok', 'info', 'warn', 'bad']


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that stand out, perhaps a link to a page of ours."""

    text: str
    href: str = ''

    def __post_init__(self) -> None:
        if self.href and (not self.href.startswith('/') or self.href[1:2] in ('/', '\\')):
            raise ValueError(f'not a path of ours: {self.href!r}')


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `parts` make the sentence, `more` stands beneath it.

    `details` are names and values that show when somebody asks for them.
    """

    at: datetime
    icon: str
    tone: Tone
    parts: tuple[str | Strong, ...]
    more: str = ''
    details: tuple[tuple[str, str], ...] = ()


class Feed(nui.element, component='feed.js'):
    def __init__(
        self, lines: Sequence[Line] | None, variant: Literal['feed', 'timeline'] = 'feed', empty: str = ''
    ) -> None:
        """A list that takes news in place. None for `lines` shows that they are being fetched.

        New lines slide in; while the reader points at the list or has the focus in it they wait behind a button.
        """
        super().__init__()
        self._props['variant'] = variant
        self._props['empty'] = empty or _('Nothing has happened yet.')
        # Translators: %s is a number of lines, on a button above a list: "3 new"
        self._props['new-words'] = _('%s new')
        # Translators: %s is a sentence about what happened
        self._props['detail-words'] = {'open': _('Details: %s'), 'when': _('When')}
        self._props['detail-icon'] = sprite('chevron-down')
        self.show(lines)

    def show(self, lines: Sequence[Line] | None) -> None:
        """Replace the lines, newest first. A line that was there before stays the same row."""
        self._lines = lines
        rows = None if lines is None else _rows(tuple(lines))
        if rows is None or self._props.get('lines') != rows:
            self._props['lines'] = rows

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), *map(_sentence, self._lines or ())]


@lru_cache(maxsize=16)
def _rows(lines: tuple[Line, ...]) -> tuple[dict[str, Any], ...]:
    """Made once for all pages that show the same, as a tuple: NiceGUI watches every item of a list.

    Newest first, but numbered from the oldest: a twin that arrives later must not rename the one before it."""
    twins: Counter[str] = Counter()
    keys = []
    for line in reversed(lines):
        name = f'{stamp(line.at)} {line.icon} {_sentence(line)}'
        keys.append(f'{name} {twins[name]}')
        twins[name] += 1
    return tuple(
        {
            'key': key,
            'at': stamp(line.at),
            'icon': sprite(line.icon),
            'tone': line.tone,
            'parts': [_part(part) for part in line.parts],
            'more': line.more,
            'details': [list(pair) for pair in line.details],
        }
        for line, key in zip(lines, reversed(keys), strict=True)
    )


def _part(part: str | Strong) -> dict[str, str | bool]:
    if isinstance(part, str):
        return {'text': part, 'strong': False, 'href': ''}
    return {'text': part.text, 'strong': True, 'href': part.href}


def _sentence(line: Line) -> str:
    return ''.join(part if isinstance(part, str) else part.text for part in line.parts)
