"""A menu that keys can walk: Up, Down, Home, End, Enter, Escape."""

from collections.abc import Callable
from typing import Any

from nicegui import context, events
from nicegui import ui as nui

from ui.components.words import plain_text
from ui.theme import icon as sprite

_WALK = """(event) => {
    const items = [...event.currentTarget.querySelectorAll('[role=menuitem]:not(.disabled)')];
    const at = items.indexOf(document.activeElement);
    const last = items.length - 1;
    const to = {ArrowDown: at < last ? at + 1 : 0, ArrowUp: at > 0 ? at - 1 : last, Home: 0, End: last}[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    items[to].focus();
}"""


def menu(label: str = '') -> nui.menu:
    """A menu of the button it is built in; `label` names it where the button's own name would not do."""
    button = context.slot.parent
    made = nui.menu()
    if name := label or str(button.props.get('aria-label') or button.props.get('label') or ''):
        made.props['aria-label'] = name
    made.on('keydown', js_handler=_WALK)
    if isinstance(button, nui.button):
        button.props['aria-haspopup'] = 'menu'
        button.props['aria-expanded'] = 'false'
        made.on_value_change(lambda: button.props.update({'aria-expanded': 'true' if made.value else 'false'}))
    return made


def menu_item(
    text: str,
    on_click: Callable[[], Any] | Callable[[events.ClickEventArguments], Any] | None = None,
    *,
    caption: str = '',
    icon: str | None = None,
    danger: bool = False,
) -> nui.menu_item:
    """An item named `text` and nothing else, with what it means beneath."""
    made = nui.menu_item(on_click=on_click)
    made.props['role'] = 'menuitem'
    made.props['aria-label'] = text
    if danger:
        made.classes('fy-danger')
    with made:
        if icon:
            with nui.item_section().props('avatar'):
                nui.icon(sprite(icon)).props('aria-hidden=true')
        with nui.item_section():
            plain_text('div', text).classes('q-item__label')
            if caption:
                plain_text('div', caption).classes('q-item__label q-item__label--caption')
    return made


def menu_separator() -> nui.separator:
    """A hairline between two groups of items."""
    return nui.separator()
