"""The field of the firm's colour: typed or picked, and told whether it can be seen and read."""

from collections.abc import Callable

from nicegui import events, html
from nicegui import ui as nui

from domain.colours import HOUSE_ACCENT, PAPER, SEEN, as_colour, contrast, ink_on, readable
from ui.components.basics import button, notice, text_field
from ui.components.part import Part
from ui.components.words import plain_text

LONGEST_TYPED = 60


class AccentField:
    def __init__(self, value: str, on_change: Callable[[], None]) -> None:
        """`value` is `#rrggbb`, empty for the colour of the house."""
        self._on_change = on_change
        with html.div().classes('fy-row fy-accent-field'):
            self.text = text_field(
                'Accent colour',
                value=value,
                hint='Of buttons and links, as #rrggbb. Empty for the colour of Foyer.',
                autocomplete='off',
                longest=LONGEST_TYPED,
                on_change=self._typed,
            ).classes('fy-grow')
            self._swatch = nui.element('input').props('type=color aria-label="Pick a colour"').classes('fy-swatch')
            self._swatch.on('input', self._picked, js_handler='(event) => emit(event.target.value)', throttle=0.1)
        self._told = Part(html.div().classes('fy-stack snug'), self._tell)
        self._show()

    @property
    def value(self) -> str:
        """As it is typed."""
        return self.text.value or ''

    @value.setter
    def value(self, colour: str) -> None:
        self.text.value = colour

    def _typed(self, _: events.ValueChangeEventArguments[str | None]) -> None:
        self.text.clear_error()
        self._show()
        self._on_change()

    def _picked(self, event: events.GenericEventArguments) -> None:
        if as_colour(str(event.args)):
            self.text.value = str(event.args)

    def _show(self) -> None:
        colour = as_colour(self.value) if self.value.strip() else HOUSE_ACCENT
        if colour:
            self._swatch.props['value'] = colour
        self._told.show(colour)

    def _tell(self, colour: str | None) -> None:
        if colour is None:  # it is being typed still
            return
        ink = ink_on(colour)
        words = (
            f'Text on it is {"black" if ink == "#000000" else "white"}, at a contrast of {contrast(ink, colour):.1f}.'
        )
        plain_text('p', words).classes('fy-sm fy-muted')
        if contrast(colour, PAPER) >= SEEN:
            return
        better = readable(colour, PAPER, SEEN)
        with notice(
            'warn',
            f'On white it has a contrast of {contrast(colour, PAPER):.1f}; buttons and links need {SEEN:.0f}. Their '
            f'edges and words are darkened for you. {better} would do without that.',
            live=True,
        ):
            button(f'Use {better}', small=True, on_click=lambda: self._take(better))

    def _take(self, colour: str) -> None:
        self.text.value = colour
