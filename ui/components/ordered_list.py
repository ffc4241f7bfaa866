"""A list that is put in order by dragging, by arrow keys, or by two buttons at each row."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nicegui import events
from nicegui import ui as nui

from ui.theme import icon as sprite

_WORDS = {
    'how': 'Arrow keys move it up and down. It can be dragged, too.',
    'move': 'Move %s',
    'up': 'Move up: %s',
    'down': 'Move down: %s',
    'edit': 'Edit %s',
    'remove': 'Remove %s',
    'moved': '%s is now number %1 of %2.',
}
_ICONS = {'grip': 'grip-vertical', 'up': 'arrow-up', 'down': 'arrow-down', 'edit': 'pencil', 'remove': 'trash-2'}


@dataclass(frozen=True)
class OrderedRow:
    """One row. `icon` is a name of the sprite; `count` stands at the right."""

    id: int
    title: str
    detail: str
    icon: str = ''
    count: str = ''


class OrderedList(nui.element, component='ordered_list.js'):
    def __init__(self, label: str, *, on_move: Callable[[int, int], Any], on_act: Callable[[int, str], Any]) -> None:
        """`on_move` is called with the id of a row and its new place, counted from 0; `on_act` with an id and 'edit' or
        'remove'. Only ids that are shown come back."""
        super().__init__()
        self._rows: Sequence[OrderedRow] = ()
        self._on_move, self._on_act = on_move, on_act
        icons = {name: sprite(mark) for name, mark in _ICONS.items()}
        self._props.update({'label': label, 'rows': [], 'words': _WORDS, 'icons': icons})
        self.on('move', self._take_move)
        self.on('act', self._take_act)

    def show(self, rows: Sequence[OrderedRow]) -> None:
        """These rows, in this order."""
        self._rows = tuple(rows)
        self._props['rows'] = [asdict(row) | {'icon': sprite(row.icon) if row.icon else ''} for row in rows]

    def _shows(self, told: Any) -> bool:
        return isinstance(told, int) and not isinstance(told, bool) and any(row.id == told for row in self._rows)

    def _take_move(self, event: events.GenericEventArguments) -> Any:
        told = event.args if isinstance(event.args, dict) else {}
        place = told.get('place')
        if self._shows(told.get('id')) and isinstance(place, int) and 0 <= place < len(self._rows):
            return self._on_move(told['id'], place)
        return None

    def _take_act(self, event: events.GenericEventArguments) -> Any:
        told = event.args if isinstance(event.args, dict) else {}
        if self._shows(told.get('id')) and told.get('act') in ('edit', 'remove'):
            return self._on_act(told['id'], told['act'])
        return None
