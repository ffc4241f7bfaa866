"""What clients come in for, drawn as they see it: the firm's announcements, and links to what lives elsewhere."""

from collections.abc import Sequence

from nicegui import html
from nicegui import ui as nui

from domain.language import gettext as _
from domain.portal.own_home import ShownItem
from domain.portal.welcome import only_what_is_read, welcome_html
from ui.components.card import card
from ui.components.when import When
from ui.components.words import plain_text
from ui.theme import icon

POST_RANK = 3  # of the title of an announcement; headings in its text stand beneath


def home_items(items: Sequence[ShownItem], *, opens: bool) -> None:
    """All of them; without `opens` no link leads anywhere."""
    posts = [one for one in items if one.kind == 'announcement']
    links = [one for one in items if one.kind == 'link']
    if posts:
        with card(_('News'), rows=True):
            for one in posts:
                announcement(one)
    if links:
        with html.section().classes('fy-stack snug') as section:
            heading = plain_text('h2', _('For you'))
            section.props['aria-labelledby'] = heading.html_id
            with html.div().classes('fy-tiles'):
                for one in links:
                    tile(one, opens=opens)


def announcement(item: ShownItem) -> None:
    """One announcement. Its text has passed two gates; the second stands here once more."""
    with html.article().classes('fy-post').props('tabindex=-1') as post:
        post.props['data-item'] = item.id
        plain_text('h3', item.title).props('dir=auto')
        if item.text:
            nui.html(welcome_html(item.text, POST_RANK), sanitize=only_what_is_read).classes('fy-welcome').props(
                'dir=auto'
            )
        with html.div().classes('when'):
            When(item.since, 'date')


def tile(item: ShownItem, *, opens: bool) -> None:
    """One link, by way of our own door, in a tab of its own: the portal stays open behind it."""
    with html.a() if opens else html.div() as made:
        made.classes('fy-tile').props['data-item'] = item.id
        with html.span().classes('fy-glyph').props('aria-hidden=true'):
            nui.icon(icon(item.icon or 'link'))
        with html.div().classes('fy-grow'):
            plain_text('h3', item.title).props('dir=auto')
            if item.text:
                plain_text('p', item.text).props('dir=auto')
            if opens:
                plain_text('span', _('Opens in a new tab')).classes('fy-sr')
        nui.icon(icon('external-link')).classes('fy-faint').props('aria-hidden=true')
    if opens:
        made.props(f'href=/go/{item.id} target=_blank').props['rel'] = 'noopener noreferrer'
