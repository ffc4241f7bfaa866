"""A row that is a link as a whole: a picture, its name, and a sentence beneath it."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import html
from nicegui import ui as nui

from ui.components.words import plain_text
from ui.theme import icon


@contextmanager
def line_link(path: str, mark: str, words: str) -> Iterator[None]:
    """`with` fills the sentence. The link is called by its name alone, which the sentence describes."""
    with html.a().classes('fy-line') as link:
        with html.span().classes('fy-glyph'):
            nui.icon(icon(mark)).props('aria-hidden=true')
        with html.div().classes('fy-grow'):
            name = plain_text('h2', words)
            with html.p() as sentence:
                yield
        nui.icon(icon('chevron-right')).props('aria-hidden=true')
    link.props.update({'href': path, 'aria-labelledby': name.html_id, 'aria-describedby': sentence.html_id})
