"""Browsers that are signed in, a line each, with a button that ends it."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import html
from nicegui import ui as nui

from domain.access.devices import SessionRow
from domain.language import gettext as _
from ui.components.basics import badge, button, plain_text
from ui.components.when import When
from ui.devices import describe
from ui.theme import icon

PHONES = ('iPhone', 'Android', 'iPad', 'Mobile')


def device_list(devices: Sequence[SessionRow], end: Callable[[SessionRow], Awaitable[None]] | None = None) -> None:
    """The lines. `end` is what `End` does; the device that is looked from is marked and has no such button."""
    for device in devices:
        _device(device, end)


def _device(device: SessionRow, end: Callable[[SessionRow], Awaitable[None]] | None) -> None:
    name = describe(device.user_agent)
    with html.div().classes('fy-device').props('role=listitem'):
        is_phone = any(word in device.user_agent for word in PHONES)
        with html.span().classes('fy-dot').props('aria-hidden=true'):
            nui.icon(icon('smartphone' if is_phone else 'monitor'))
        with html.div().classes('fy-grow'):
            with html.div().classes('fy-row wrap tight'):
                plain_text('span', name).classes('fy-strong fy-cut')
                if device.is_this_one:
                    badge('joined', _('This device'), plain=True)
            with html.div().classes('fy-sm fy-muted') as where_and_when:
                if device.online or device.is_this_one:
                    plain_text('span', _('Active now'))
                else:
                    When(device.last_seen_at, 'long', prefix=_('Last seen') + ' ')
                plain_text('span', f' · {device.ip}' if device.ip else '')
        if end is not None and not device.is_this_one:
            ends = button(_('End'), small=True, label=_('End %s') % name, on_click=lambda: end(device))
            ends.props['aria-describedby'] = where_and_when.html_id  # two devices may bear one name
