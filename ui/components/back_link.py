"""To where the page belongs, above its title."""

from nicegui import html
from nicegui import ui as nui

from ui.components.words import plain_text
from ui.theme import icon


def back_link(path: str, words: str) -> None:
    """A quiet link with an arrow; `path` is one of ours."""
    with html.a().classes('fy-back').props(f'href={path}'):
        nui.icon(icon('arrow-left')).props('aria-hidden=true')
        plain_text('span', words)
