"""Several plain selects beside each other, some of which offer the same long list."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nicegui import events
from nicegui import ui as nui

from ui.theme import icon as sprite

Options = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Pick:
    """One select. `options` are values and words; those of all follow where it is `shared`. `hint` stands beneath."""

    key: str
    label: str
    value: str
    options: Options
    hint: str = ''
    shared: bool = False


class Picks(nui.element, component='picks.js'):
    def __init__(self, on_pick: Callable[[str, str], Any]) -> None:
        """`on_pick` is called with the key of a select and the value that was chosen, which it offers."""
        super().__init__()
        self._fields: Sequence[Pick] = ()
        self._shared: Options = ()
        self._on_pick = on_pick
        self._props.update({'fields': [], 'shared': [], 'icon': sprite('chevron-down')})
        self.on('pick', self._pick)

    def show(self, fields: Sequence[Pick], shared: Options = ()) -> None:
        """These selects, as they are now."""
        self._fields, self._shared = tuple(fields), tuple(shared)
        self._props.update({'fields': [asdict(field) for field in fields], 'shared': [list(one) for one in shared]})

    def _pick(self, event: events.GenericEventArguments) -> Any:
        told = event.args if isinstance(event.args, dict) else {}
        key, value = str(told.get('key', '')), str(told.get('value', ''))
        field = next((one for one in self._fields if one.key == key), None)
        offered = [*field.options, *(self._shared if field.shared else ())] if field else []
        return self._on_pick(key, value) if value in dict(offered) else None
