"""The field that finds contacts while one types."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from nicegui import events
from nicegui import ui as nui

from domain.language import gettext as _
from ui.components.face import hue_class, initials
from ui.theme import icon as sprite

_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """One contact to pick. `detail` stands under the name, `note` at its right ('No address yet').

    An address that was typed rather than found comes back with id 0 and kind 'email'.
    """

    id: int
    name: str
    detail: str
    kind: str
    note: str = ''


class ContactPicker(nui.element, component='contact_picker.js'):
    def __init__(
        self,
        label: str,
        search: Callable[[str], Awaitable[Sequence[Choice]]],
        *,
        several: bool = False,
        free_text: bool = False,
        placeholder: str = '',
        none: str = '',
        focus: bool = False,
        on_change: Callable[[], Any] | None = None,
    ) -> None:
        """A combobox named `label`; `search` is asked on the server, once the typing pauses, also with ''.

        `several` collects chips; `free_text` lets an address stand that no contact bears. `on_change` is called when
        the picked contacts or the text changed. `none` is said where nothing was found. `focus` is for the first field
        of a dialog.
        """
        super().__init__()
        self.text = ''
        self.picked: list[Choice] = []
        self._search = search
        self._several = several
        self._free_text = free_text
        self._on_change = on_change
        self._offered: dict[int, Choice] = {}
        self._asked = 0
        self._pushes = 0
        self._props.update({'label': label, 'several': several, 'free-text': free_text, 'placeholder': placeholder})
        self._props['focus'] = focus
        self._props['icons'] = {'open': sprite('chevron-down'), 'remove': sprite('x'), 'address': sprite('mail-plus')}
        self._props['words'] = {
            'searching': _('Searching…'),
            'none': none or _('No contact found'),
            'failed': _('The search did not work. Type again to try once more.'),
            # Translators: %s is an email address
            'use': _('Use "%s"'),
            # Translators: %s is a contact's name
            'remove': _('Remove %s'),
            'list': _('Suggestions'),
            # Translators: %s is a number of search results
            'found': _('%s found'),
        }
        self._push()
        self.on('typed', self._take_text)
        self.on('ask', self._answer)
        self.on('choose', self._take_choice)
        self.on('drop', self._take_drop)

    def pick(self, choice: Choice) -> None:
        """Pick a contact as if it had been clicked."""
        if self._several:
            self.text = ''
            if choice not in self.picked:
                self.picked.append(choice)
        else:
            self.text = choice.name
            self.picked = [choice]
        self._push()

    def clear(self) -> Self:
        """Nothing typed, nothing picked."""
        self.text = ''
        self.picked = []
        self.clear_error()
        self._push()
        return self

    def show_error(self, message: str) -> None:
        """Say what is wrong, in a sentence tied to the field."""
        self._props['error'] = message

    def clear_error(self) -> None:
        """Nothing is wrong any more."""
        self._props['error'] = ''

    def _push(self) -> None:
        """Tell the browser what is picked and typed, because the server decided it."""
        self._pushes += 1
        self._props['state'] = {'n': self._pushes, 'text': self.text, 'picked': [_row(one) for one in self.picked]}

    def _keep(self) -> None:
        """Note what the browser knows already, so that a redraw shows it again."""
        with self._props.suspend_updates():
            self._props['state'] = {'n': self._pushes, 'text': self.text, 'picked': [_row(one) for one in self.picked]}

    def _changed(self) -> None:
        self._keep()
        if self._props.get('error'):
            self.clear_error()
        if self._on_change:
            self._on_change()

    def _take_text(self, event: events.GenericEventArguments) -> None:
        self.text = str(event.args)[:320]
        if not self._several:
            self.picked = []
        self._changed()

    def _take_choice(self, event: events.GenericEventArguments) -> None:
        """What the browser picked: only what we offered, or an address where one may be typed."""
        chosen = self._offered.get(event.args['id'])
        address = str(event.args.get('address', ''))[:320] if self._free_text else ''
        if self._several and (chosen or address):
            one = chosen or Choice(0, address, '', 'email')
            self.text, self.picked = '', [*(other for other in self.picked if other != one), one]
        elif chosen:
            self.text, self.picked = chosen.name, [chosen]
        elif address:
            self.text, self.picked = address, []
        else:
            self._push()
            return
        self._changed()

    def _take_drop(self, event: events.GenericEventArguments) -> None:
        self.picked = [one for one in self.picked if _key(one) != event.args]
        self._changed()

    async def _answer(self, event: events.GenericEventArguments) -> None:
        """Search, and answer unless something newer was asked meanwhile."""
        self._asked = asked = int(event.args['n'])
        try:
            choices = await self._search(str(event.args['text'])[:320])
        except Exception:
            if asked == self._asked and not self.is_deleted:
                self._props['answer'] = {'n': asked, 'failed': True, 'choices': []}
            raise
        if asked != self._asked or self.is_deleted:
            return
        self._offered = dict(list(({choice.id: choice for choice in choices} | self._offered).items())[:_REMEMBERED])
        self._props['answer'] = {'n': asked, 'failed': False, 'choices': [_row(choice) for choice in choices]}


def _key(choice: Choice) -> str:
    return str(choice.id) if choice.id else choice.name


def _row(choice: Choice) -> dict[str, Any]:
    return {
        'key': _key(choice),
        'id': choice.id,
        'name': choice.name,
        'detail': choice.detail,
        'note': choice.note,
        'initials': initials(choice.name),
        'face': f'{hue_class(choice.name)} {"org" if choice.kind == "organisation" else ""}',
    }
