"""A question in front of the page: a card on a desk, a sheet from the bottom on a phone."""

from types import TracebackType
from typing import Self

from nicegui import ui as nui

from domain.language import gettext as _
from ui.components.words import plain_text
from ui.theme import icon as sprite

_KEEP_FOCUS = """(event) => {
    if (event.key !== 'Tab') return;
    const stops = [...event.currentTarget.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')]
        .filter((stop) => !stop.disabled && stop.tabIndex >= 0 && stop.getClientRects().length);
    const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
    if (document.activeElement !== from) return;
    event.preventDefault();
    to.focus();
}"""


class Dialog(nui.dialog, component='modal.js'):
    def __init__(self, title: str, subtitle: str = '', *, closable: bool = True, has_fields: bool = False) -> None:
        """`with` enters the body; `.foot` is the row of buttons. Escape and the cross close it, if it is `closable`;
        so does a click beside it, unless it `has_fields`: what was typed is not lost by a slip.

        Build it closed and `open()` it: the focus moves in, stays in, and goes back to where it was.
        """
        super().__init__()
        if not closable:
            self._props['persistent'] = True
        if has_fields:
            self._props['no-backdrop-dismiss'] = True
        self._foot: nui.element | None = None
        with self.default_slot:
            self._card = nui.card().on('keydown', js_handler=_KEEP_FOCUS)
        with self._card:
            with nui.element('div').classes('fy-dhead'):
                with nui.element('div'):
                    self._title = plain_text('h2', title)
                    self._subtitle = plain_text('p', subtitle)
                    self._subtitle.set_visibility(bool(subtitle))
                if closable:
                    cross = nui.button(color=None, icon=sprite('x'), on_click=self.close)
                    cross.classes('fy-ghost fy-square fy-small').props['aria-label'] = _('Close')
            self.body = nui.element('div').classes('fy-dbody')
        self._props['aria-labelledby'] = self._title.html_id

    @property
    def foot(self) -> nui.element:
        """The row of buttons at the bottom: the quiet one first, the primary one last."""
        if self._foot is None:
            with self._card:
                self._foot = nui.element('div').classes('fy-dfoot')
        return self._foot

    def set_title(self, title: str, subtitle: str = '') -> None:
        """Other words at the top, when the dialog goes on to another step."""
        self._title.set_text(title)
        self._subtitle.set_text(subtitle)
        self._subtitle.set_visibility(bool(subtitle))

    def focus_title(self) -> None:
        """Put the focus where the dialog begins, when what had it is going."""
        self._title.props['tabindex'] = '-1'
        self._title.run_method('focus')

    def __enter__(self) -> Self:
        self.body.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.body.__exit__(kind, error, trace)


def dialog(title: str, subtitle: str = '', *, closable: bool = True, has_fields: bool = False) -> Dialog:
    """`with dialog('Invite') as asked:` fills it; `asked.open()` shows it."""
    return Dialog(title, subtitle, closable=closable, has_fields=has_fields)
