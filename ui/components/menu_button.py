"""A button with a menu whose items are data: one element, however many items there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import events
from nicegui import ui as nui

from ui.theme import icon as sprite


@dataclass(frozen=True, slots=True)
class Item:
    """Something to pick. `chosen` makes it one of several of which one holds; `off` says that it cannot be picked."""

    key: str
    label: str
    icon: str = ''
    caption: str = ''
    danger: bool = False
    chosen: bool | None = None
    off: bool = False


@dataclass(frozen=True, slots=True)
class Title:
    """Words above the items that follow."""

    text: str


LINE = None
"""A hairline between two groups of items."""

Entry = Item | Title | None


class MenuButton(nui.element, component='menu_button.js'):
    def __init__(
        self,
        label: str,
        items: Sequence[Entry],
        on_pick: Callable[[str], Any],
        *,
        icon: str = '',
        arrow: bool = True,
        up: bool = False,
    ) -> None:
        """A button named `label`; `on_pick` is called with the key of an item. `up` opens the menu above it."""
        super().__init__()
        self._on_pick = on_pick
        self._keys: frozenset[str] = frozenset()
        self._items: Sequence[Entry] | None = None
        self._props.update({'label': label, 'icon': sprite(icon) if icon else '', 'check': sprite('check'), 'up': up})
        self._props['arrow'] = sprite('chevron-down') if arrow else ''
        self.show(items)
        self.on('pick', self._pick)

    def show(self, items: Sequence[Entry]) -> None:
        """Other items."""
        if items == self._items:
            return
        self._items = list(items)
        self._keys = frozenset(one.key for one in items if isinstance(one, Item) and not one.off)
        self._props['items'] = [_entry(one) for one in items]

    def _pick(self, event: events.GenericEventArguments) -> Any:
        """Only what was offered."""
        return self._on_pick(event.args) if isinstance(event.args, str) and event.args in self._keys else None


def _entry(one: Entry) -> dict[str, Any]:
    if one is None:
        return {'line': True}
    if isinstance(one, Title):
        return {'title': one.text}
    return {
        'key': one.key,
        'label': one.label,
        'icon': sprite(one.icon) if one.icon else '',
        'caption': one.caption,
        'danger': one.danger,
        'chosen': one.chosen,
        'off': one.off,
    }
