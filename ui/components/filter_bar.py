"""Filters that unfold above a list, and beneath them what is in force, each to be taken away by a click."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import events
from nicegui import ui as nui

from ui.theme import icon as sprite


@dataclass(frozen=True, slots=True)
class Field:
    """Something to filter by: one of `options` (value and words; the first is '' for any), or a day without them."""

    key: str
    label: str
    options: tuple[tuple[str, str], ...] = ()


class FilterBar(nui.element, component='filter_bar.js'):
    def __init__(
        self,
        label: str,
        fields: Sequence[Field],
        *,
        toggle: nui.element,
        on_change: Callable[[str, str], Any],
        on_drop: Callable[[str], Any],
        on_clear: Callable[[], Any],
    ) -> None:
        """`on_change` is called with the key of a field and its value, a day as `YYYY-MM-DD`; `on_drop` with the key of
        what is no longer to hold. `toggle` is the button that `unfold`s it. `with` adds fields of another kind.
        """
        super().__init__()
        self._options = {one.key: {value for value, _ in one.options} for one in fields}
        self._on_change, self._on_drop = on_change, on_drop
        self._dropped: frozenset[str] = frozenset()
        self._toggle = toggle
        self._props.update({'label': label, 'values': {}, 'chips': [], 'open': False, 'toggle': toggle.html_id})
        self._props['fields'] = [
            {'key': one.key, 'label': one.label, 'options': list(one.options) or None} for one in fields
        ]
        self._props['words'] = {'active': 'In force', 'drop': '%s, remove', 'clear': 'Clear filters'}
        self._props['icons'] = {'open': sprite('chevron-down'), 'drop': sprite('x')}
        toggle.props.update({'aria-expanded': 'false', 'aria-controls': f'{self.html_id}-panel'})
        self.on('change', self._changed)
        self.on('drop', self._drop)
        self.on('clear', lambda _: on_clear(), [])

    def show(self, values: Mapping[str, str], chips: Sequence[tuple[str, str]]) -> None:
        """What each field has, and what is in force: keys and words."""
        self._dropped = frozenset(key for key, _ in chips)
        now = {'values': dict(values), 'chips': [{'key': key, 'words': words} for key, words in chips]}
        if any(self._props[name] != value for name, value in now.items()):
            self._props.update(now)

    def unfold(self) -> None:
        """Show the fields, or put them away."""
        now = not self._props['open']
        self._props['open'] = now
        self._toggle.props['aria-expanded'] = 'true' if now else 'false'

    def _changed(self, event: events.GenericEventArguments) -> Any:
        told = event.args if isinstance(event.args, dict) else {}
        key, value = str(told.get('key')), str(told.get('value'))[:200]
        options = self._options.get(key)
        if options is None or (options and value not in options):
            return None
        with self._props.suspend_updates():  # the browser shows it already
            self._props['values'] = {**self._props['values'], key: value}
        return self._on_change(key, value)

    def _drop(self, event: events.GenericEventArguments) -> Any:
        return self._on_drop(event.args) if isinstance(event.args, str) and event.args in self._dropped else None
