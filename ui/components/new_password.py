"""The field in which a password is chosen, with what it is worth beneath it, told as it is typed."""

from typing import Literal

from nicegui import ui as nui

from domain.language import gettext as _
from ui.components.text_field import TextField
from ui.messages import least_password

Who = Literal['client', 'staff']
"""Whose words are guessed first: the server takes them from the session of that kind."""


class PasswordMeter(nui.element, component='password_meter.js'):
    def __init__(self, who: Who, field: str) -> None:
        """Follows the field of this name in the form it stands in. What is typed goes to `/password/strength` alone."""
        super().__init__()
        self._props['who'] = who
        self._props['field'] = field
        self._props['show-words'] = _('Show')
        self._props['hide-words'] = _('Hide')


def new_password_field(
    label: str = '',
    *,
    who: Who,
    least: int,
    name: str = 'password',
    error: str = '',
    focus: bool = False,
) -> TextField:
    """Inside a plain form. `least` in characters; what is typed stays in the browser until the form is posted."""
    with nui.element('div').classes('fy-stack snug fy-choose'):
        field = TextField(
            label or _('New password'),
            name=name,
            kind='password',
            autocomplete='new-password',
            hint=least_password(least),
            error=error,
            focus=focus,
        )
        PasswordMeter(who, name)
    return field
