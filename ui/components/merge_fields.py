"""The merge fields that a text may hold; a click puts one where the cursor is."""

from collections.abc import Sequence

from nicegui import ui as nui

from ui.components.text_field import TextField


class MergeFields(nui.element, component='merge_fields.js'):
    def __init__(self, label: str, names: Sequence[str], fields: Sequence[TextField]) -> None:
        """They go into whichever of these fields had the cursor last, into the last one at first."""
        super().__init__()
        self._props.update(
            {'label': label, 'insert': 'Insert %s', 'fields': [field.html_id for field in fields], 'names': list(names)}
        )

    def show(self, names: Sequence[str]) -> None:
        """Other names in their place."""
        self._props['names'] = list(names)
