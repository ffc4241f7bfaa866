"""A table whose rows follow what happens: in place, and never away from under the pointer."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from nicegui import context, events
from nicegui import ui as nui

from ui.components.badge import badge_look, status_words
from ui.components.face import hue_class, initials
from ui.components.when import stamp
from ui.theme import asset
from ui.theme import icon as sprite

STYLES = f'<link rel="stylesheet" href="{asset("tables.css")}">'

Look = Literal['', 'strong', 'muted', 'faint', 'mono', 'bad']
Phone = Literal['', 'only', 'never']


@dataclass(frozen=True, slots=True)
class Text:
    """Words, perhaps a link to a page of ours. `phone` says where they show, because columns are left away there."""

    text: str
    look: Look = ''
    href: str = ''
    phone: Phone = ''

    def __post_init__(self) -> None:
        if self.href and (not self.href.startswith('/') or self.href[1:2] in ('/', '\\')):
            raise ValueError(f'not a path of ours: {self.href!r}')


@dataclass(frozen=True, slots=True)
class Badge:
    """A status, as `badge()` shows it."""

    status: str
    phone: Phone = ''


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in the reader's zone, kept fresh; a dash for None."""

    at: datetime | None
    prefix: str = ''
    look: Look = ''
    phone: Phone = ''


Piece = Text | Badge | Moment
_MOST_TICKABLE = 1_000
_SORT_ICONS = {'ascending': 'chevron-up', 'descending': 'chevron-down', 'none': 'chevrons-up-down'}


@dataclass(frozen=True, slots=True)
class Cell:
    """Lines of pieces; `face` is a name and a kind. `wraps` lets long text take several lines instead of being cut."""

    lines: tuple[tuple[Piece, ...], ...]
    face: tuple[str, str] | None = None
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """Something to do with a row: a button, or an item of its menu; with `href` it is a link."""

    key: str
    label: str
    icon: str = ''
    href: str = ''
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row that keeps its place as long as it keeps its key. `name` tells a screen reader whose menu it opens."""

    key: str
    name: str
    cells: tuple[Cell, ...]
    menu: tuple[Act, ...] = ()
    buttons: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `width` is a CSS length; without `on_phone` it is left away where there is no room.

    `hint` stands beneath the label, small. `sort` makes the label a button that sorts by this.
    """

    label: str
    width: str = ''
    on_phone: bool = True
    hidden_label: bool = False
    hint: str = ''
    sort: str = ''


class Table(nui.element, component='live_table.js'):
    def __init__(
        self,
        label: str,
        columns: Sequence[Column],
        *,
        on_act: Callable[[str, str], Any] | None = None,
        on_tick: Callable[[Sequence[str], bool], Any] | None = None,
        on_sort: Callable[[str], Any] | None = None,
        new_words: str = '%s new',
        wide: bool = False,
    ) -> None:
        """A table named `label`. It shows that it is loading until `show` is called.

        `on_act` is called with the keys of row and act, `on_sort` with the `sort` of a column. With `on_tick` every row
        has a check box: it is called with the keys of rows and whether they were ticked or unticked, and answers by
        `show_ticks`. `wide` makes it a region that scrolls both ways, by keys too, under a header that stays.
        """
        super().__init__()
        use_styles()
        self._rows: Sequence[Row] | None = None
        self._on_act, self._on_tick, self._on_sort = on_act, on_tick, on_sort
        self._settled = self._heard = 0
        self._tickable: frozenset[str] = frozenset()
        self._props['label'] = label
        self.show_columns(columns)
        self._props.update({'rows': None, 'settled': 0, 'busy': False, 'wide': wide, 'new-words': new_words})
        if on_tick:
            self._props.update({'ticks': {'one': 'Select %s', 'all': 'Select this page'}, 'ticked': [], 'heard': 0})
            self.on('tick', self._tick)
        if on_sort:
            self._props['sort-icons'] = {way: sprite(mark) for way, mark in _SORT_ICONS.items()}
            self.on('sort', self._sort)
        self._props['more-icon'] = sprite('ellipsis')
        self._props['more-words'] = 'Actions for %s'
        self._props['acts-words'] = 'Actions'
        self.on('act', self._act)

    def show(self, rows: Sequence[Row] | None, *, settled: bool = True) -> None:
        """Other rows. `settled` shows them as they are; otherwise known rows change in place, and what would make the
        rest jump waits until the reader's pointer and focus are elsewhere. None shows that rows are being fetched.
        """
        keys = frozenset(one.key for one in rows or ())
        waiting = frozenset() if settled or len(self._tickable) > _MOST_TICKABLE else self._tickable
        self._tickable = keys | waiting  # rows that are to go once nobody looks can still be ticked
        self._rows = rows
        self._settled += settled
        self._props['settled'] = self._settled
        self._props['rows'] = None if rows is None else [_row(one) for one in rows]

    def show_columns(self, columns: Sequence[Column], sort: str = '') -> None:
        """Other columns, and by which of them the rows are sorted, with a `-` before it for descending."""
        now = [
            {
                'label': one.label,
                'width': one.width,
                'onPhone': one.on_phone,
                'quiet': one.hidden_label,
                'hint': one.hint,
                'sort': one.sort,
            }
            for one in columns
        ]
        if (self._props.get('columns'), self._props.get('sort')) != (now, sort):
            self._props.update({'columns': now, 'sort': sort})

    def show_ticks(self, ticked: Collection[str]) -> None:
        """Which of the rows are ticked; the rows themselves are not sent anew for it."""
        now = [key for key in self._tickable if key in ticked]
        with self._props.suspend_updates():
            self._props.update({'ticked': now, 'heard': self._heard})
        self.run_method('setTicks', now, self._heard)

    def to_top(self) -> None:
        """Scroll up to its first row, where that is out of sight."""
        self.run_method('toTop')

    def set_busy(self, busy: bool) -> None:
        """Other rows are on their way."""
        if self._props.get('busy') != busy:
            self._props['busy'] = busy

    def _act(self, event: events.GenericEventArguments) -> Any:
        """Only what was offered in a row that is there."""
        row = next((one for one in self._rows or () if one.key == str(event.args['row'])), None)
        act = row and next((one for one in (*row.menu, *row.buttons) if one.key == str(event.args['act'])), None)
        if row and act and self._on_act:
            return self._on_act(row.key, act.key)
        return None

    def _tick(self, event: events.GenericEventArguments) -> Any:
        told = event.args if isinstance(event.args, dict) else {}
        named = told.get('keys')
        self._heard = number if isinstance(number := told.get('n'), int) else self._heard
        listed = named if isinstance(named, list) else []
        keys = [key for key in listed if isinstance(key, str) and key in self._tickable]
        return self._on_tick(keys, told.get('on') is True) if self._on_tick else None

    def _sort(self, event: events.GenericEventArguments) -> Any:
        wanted = [one['sort'] for one in self._props['columns'] if one['sort'] and one['sort'] == event.args]
        return self._on_sort(wanted[0]) if wanted and self._on_sort else None

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        texts = [
            piece.text if isinstance(piece, Text) else status_words().get(piece.status, piece.status)
            for row in self._rows or ()
            for cell in row.cells
            for line in cell.lines
            for piece in line
            if not isinstance(piece, Moment)
        ]
        return [*super()._displayed_contents(only_visible=only_visible), *texts]


def use_styles() -> None:
    """Give the page being built the stylesheet of lists and of what stands beside them."""
    if STYLES not in context.client.head_html:
        nui.add_head_html(STYLES)


def _row(row: Row) -> dict[str, Any]:
    return {
        'key': row.key,
        'name': row.name,
        'cells': [_cell(cell) for cell in row.cells],
        'menu': [_act(act) for act in row.menu],
        'buttons': [_act(act) for act in row.buttons],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    made: dict[str, Any] = {'lines': [[_piece(piece) for piece in line] for line in cell.lines], 'wraps': cell.wraps}
    if cell.face:
        name, kind = cell.face
        made['face'] = {
            'initials': initials(name),
            'look': f'{hue_class(name)} {"org" if kind == "organisation" else ""}',
        }
    return made


def _piece(piece: Piece) -> dict[str, Any]:
    if isinstance(piece, Badge):
        word = status_words().get(piece.status, piece.status)
        return {'badge': badge_look(piece.status), 'text': word, 'phone': piece.phone}
    look = f'fy-{piece.look}' if piece.look else ''
    if isinstance(piece, Moment):
        return {
            'moment': True,
            'at': piece.at and stamp(piece.at),
            'prefix': piece.prefix,
            'look': look,
            'phone': piece.phone,
        }
    return {'text': piece.text, 'href': piece.href, 'look': look, 'phone': piece.phone}


def _act(act: Act) -> dict[str, Any]:
    return {
        'key': act.key,
        'label': act.label,
        'icon': sprite(act.icon) if act.icon else '',
        'href': act.href,
        'danger': act.danger,
    }
