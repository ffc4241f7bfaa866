"""A field with its label above and its error beneath, tied together; good for real form posts."""

from typing import Literal

from nicegui import ui as nui
from nicegui.events import Handler, ValueChangeEventArguments

Kind = Literal['text', 'email', 'password', 'search', 'tel', 'url', 'number', 'date', 'datetime-local', 'textarea']


_LOOK = 'outlined stack-label hide-bottom-space no-error-icon'


class TextField(nui.input, component='text_field.js', default_props=_LOOK):
    def __init__(
        self,
        label: str,
        *,
        name: str | None = None,
        autocomplete: str | None = None,
        kind: Kind = 'text',
        value: str = '',
        placeholder: str = '',
        hint: str = '',
        error: str = '',
        inputmode: str | None = None,
        longest: int | None = None,
        needed: bool = False,
        read_only: bool = False,
        focus: bool = False,
        quiet: bool | None = None,
        on_change: Handler[ValueChangeEventArguments[str | None]] | None = None,
    ) -> None:
        """A field whose inner input carries `name`, `autocomplete`, `type` and the rest for the browser.

        With a `name` the field belongs to a plain form: what is typed stays in the browser until the form is posted
        (a password must not travel over the socket key by key) and `.value` does not follow. `quiet` says otherwise.
        """
        super().__init__(label, value=value, placeholder=placeholder or None, on_change=on_change)
        self._props['quiet'] = name is not None if quiet is None else quiet
        self._props['type'] = kind
        self._props.pop('_autocomplete', None)
        attributes = {'name': name, 'autocomplete': autocomplete, 'inputmode': inputmode, 'maxlength': longest}
        self._props.update({key: given for key, given in attributes.items() if given is not None})
        self._props.update({key: True for key, on in (('required', needed), ('readonly', read_only)) if on})
        if focus:
            self._props['autofocus'] = True
        if hint:
            self._props['hint'] = hint
        if kind == 'email':
            self._props.update({'inputmode': 'email', 'autocapitalize': 'none', 'spellcheck': 'false'})
        if kind == 'textarea':
            self._props['rows'] = 3
        self.show_error(error)

    def show_error(self, message: str) -> None:
        """Say what is wrong, in a sentence under the field that a screen reader hears with it; '' takes it back."""
        self.error = message or None

    def clear_error(self) -> None:
        """Nothing is wrong any more."""
        self.show_error('')
