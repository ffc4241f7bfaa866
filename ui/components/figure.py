"""A number that carries its meaning: what it counts, and what changed."""

from typing import Any

from nicegui import ui as nui


class Figure(nui.element, component='figure.js'):
    def __init__(
        self,
        label: str,
        value: int | None,
        testid: str,
        note: str = '',
        *,
        rise: str = '',
        live: bool = False,
        href: str = '',
    ) -> None:
        """One of the cells of a `figures()` row; None for `value` shows that it is being counted.

        The element marked `testid` holds the bare number, whose thousands are parted for the eye alone. `rise` stands
        green before the note ('+14'); `live` puts the breathing dot before the label; children (faces) stand where the
        note is.
        """
        super().__init__()
        self._props.update({'label': label, 'testid': testid, 'live': live, 'href': href})
        self.mark(testid)
        self.show(value, note, rise=rise)

    def show(self, value: int | None, note: str | None = None, *, rise: str | None = None) -> None:
        """Another number in its place, which glows once; None leaves the note or the rise as it is."""
        for name, shown in (('value', value), ('note', note), ('rise', rise)):
            if (shown is not None or name == 'value') and self._props.get(name, self) != shown:
                self._props[name] = shown

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [
            *super()._displayed_contents(only_visible=only_visible),
            self._props.get('value'),
            self._props.get('note'),
        ]
