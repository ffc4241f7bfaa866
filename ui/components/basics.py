"""The small pieces every page is made of."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from nicegui import events, helpers
from nicegui import ui as nui

from ui.components.badge import badge
from ui.components.card import Card, card, figures
from ui.components.dialog import Dialog, dialog
from ui.components.door_art import DoorArt
from ui.components.face import face
from ui.components.figure import Figure
from ui.components.menu import menu, menu_item, menu_separator
from ui.components.text_field import TextField
from ui.components.words import plain_text
from ui.theme import icon as sprite

__all__ = [
    'Card', 'Dialog', 'Figure', 'TextField', 'badge', 'button', 'card', 'dialog', 'empty_state', 'face', 'figure',
    'figures', 'menu', 'menu_item', 'menu_separator', 'notice', 'plain_text', 'text_field', 'toast',
]  # fmt: skip

ButtonKind = Literal['quiet', 'primary', 'ghost', 'danger', 'danger-fill', 'link']
NoticeKind = Literal['info', 'ok', 'warn', 'bad']
OnClick = Callable[[], Any] | Callable[[events.ClickEventArguments], Any]

_PATIENCE = 0.3  # seconds before a working button shows it
_NOTICE_ICONS = {'info': 'info', 'ok': 'circle-check', 'warn': 'triangle-alert', 'bad': 'circle-alert'}

_ONCE = """(event) => {
    if (window.did_handshake && !window.socket.connected) return;
    const now = {at: event.timeStamp, x: event.clientX, y: event.clientY, button: event.currentTarget};
    const last = window.foyerClick;
    if (event.detail) window.foyerClick = now;
    if (event.detail > 1) return;
    if (event.detail && last && last.button !== now.button && now.at - last.at < 700
        && Math.hypot(now.x - last.x, now.y - last.y) < 8) return;
    emit();
}"""
"""The second half of a double click is dropped, also where another button has come under the pointer meanwhile.

A key that presses a button has `detail` 0 and always counts. What is pressed while the line is cut, which the page says
then, is not kept for later: the socket would send it once the line is back (F12).
"""

figure = Figure
text_field = TextField


def button(
    text: str,
    *,
    icon: str | None = None,
    icon_right: str | None = None,
    kind: ButtonKind = 'quiet',
    small: bool = False,
    label: str = '',
    on_click: OnClick | None = None,
    submit: bool = False,
    repeats: bool = False,
) -> nui.button:
    """A button. Without `text` it is a square with an icon, and `label` is its name.

    While an async `on_click` runs, further clicks are dropped, and after 300 ms a spinner shows. A double click is one
    click, unless it `repeats`. `submit` makes it send the plain form it stands in.
    """
    made = nui.button(text, color=None, icon=sprite(icon) if icon else None)
    made.classes(f'fy-{kind} {"fy-small" if small else ""} {"" if text else "fy-square"}')
    if icon_right:
        made.props['icon-right'] = sprite(icon_right)
    if label:
        made.props['aria-label'] = label
    if submit:
        made.props['type'] = 'submit'
    if on_click:
        click = _one_at_a_time(made, on_click)
        if repeats:
            made.on_click(click)
        else:
            made.on(
                'click',
                lambda _: events.handle_event(click, events.ClickEventArguments(sender=made, client=made.client)),
                [],
                js_handler=_ONCE,
            )
    return made


def _one_at_a_time(made: nui.button, on_click: OnClick) -> Callable[[events.ClickEventArguments], Awaitable[None]]:
    takes_event = helpers.expects_arguments(on_click)
    busy = False

    async def show_work() -> None:
        await asyncio.sleep(_PATIENCE)
        _set_busy(made, True)

    async def click(event: events.ClickEventArguments) -> None:
        nonlocal busy
        if busy:
            return
        busy = True
        shown = asyncio.create_task(show_work())
        try:
            result = on_click(event) if takes_event else on_click()  # type: ignore[call-arg]
            if helpers.should_await(result):  # a dialog or a menu that a click opens is awaitable too, and not meant
                await result
        finally:
            busy = False
            shown.cancel()
            _set_busy(made, False)

    return click


def _set_busy(made: nui.button, busy: bool) -> None:
    if not made.is_deleted and bool(made.props.get('loading')) != busy:
        made.props['loading'] = busy
        made.props['aria-busy'] = 'true' if busy else 'false'


def notice(kind: NoticeKind, text: str, *, title: str = '', icon: str | None = None, live: bool = False) -> nui.element:
    """A strip with an icon and words; children (one button) stand at its right. `live` has it read out at once."""
    made = nui.element('div').classes(f'fy-notice wrap {kind}')
    if live:
        made.props['role'] = 'alert' if kind == 'bad' else 'status'
    with made:
        nui.icon(sprite(icon or _NOTICE_ICONS[kind])).props('aria-hidden=true')
        with nui.element('div').classes('fy-grow'):
            if title:
                plain_text('b', title).classes('fy-strong')
                plain_text('span', f' {text}')
            else:
                plain_text('span', text)
    return made


def empty_state(title: str, text: str, *, art: bool = True, level: int = 2) -> nui.element:
    """A drawing, what this place is for, one sentence; children are the buttons beneath."""
    with nui.element('div').classes('fy-empty'):
        if art:
            DoorArt()
        plain_text(f'h{level}', title)
        plain_text('p', text)
        return nui.element('div').classes('fy-row')


def toast(text: str, *, kind: Literal['ok', 'bad'] = 'ok') -> None:
    """A sentence at the bottom for five seconds: what happened, or why it did not."""
    mark = sprite('circle-check' if kind == 'ok' else 'circle-alert')
    nui.notify(text, position='bottom', icon=mark, classes=f'fy-{kind}', timeout=5000)
