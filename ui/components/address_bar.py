"""The view of a list in the address of its page, so that it can be linked and Back works; and `/` for its search."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from nicegui import events
from nicegui import ui as nui

LONGEST = 2_000  # characters of a value that Back brings; a place in a list takes the most


class AddressBar(nui.element, component='address_bar.js'):
    def __init__(self, on_back: Callable[[dict[str, str]], Any], *, search: nui.element | None = None) -> None:
        """`on_back` is called with the query when the reader goes back or forward. `search` takes the focus at `/`."""
        super().__init__()
        self._search = search
        self._on_back = on_back
        self._query: dict[str, str] = {}
        self._props['field'] = search.html_id if search else ''
        self.on('back', self._went_back)

    def show(self, query: dict[str, str], *, step: bool) -> None:
        """The query the address has from now on, without what is empty. With `step`, Back comes back to the last."""
        wanted = {name: value for name, value in query.items() if value}
        if wanted != self._query:
            self._query = wanted
            self.run_method('go', f'?{urlencode(wanted)}' if wanted else '', step)

    def begin(self, query: dict[str, str]) -> None:
        """The query the page was opened with."""
        self._query = {name: value for name, value in query.items() if value}

    def _went_back(self, event: events.GenericEventArguments) -> Any:
        query = {str(name): str(value)[:LONGEST] for name, value in dict(event.args).items()}
        self.begin(query)
        return self._on_back(query)
