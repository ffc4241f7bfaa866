"""The firm's welcome: Markdown as staff type it, HTML that can do nothing but be read.

Two gates, either of which would do: the Markdown knows neither HTML nor pictures, and what comes out of it passes a
list of tags, attributes and kinds of address.
"""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

LONGEST = 4_000  # characters as typed
TAGS = {'a', 'blockquote', 'br', 'code', 'em', 'h2', 'h3', 'h4', 'hr', 'li', 'ol', 'p', 'pre', 'strong', 'ul'}
SCHEMES = {'https', 'mailto'}

_markdown = MarkdownIt('commonmark', {'html': False, 'breaks': True, 'maxNesting': 20}).disable(
    ['image', 'html_block', 'html_inline', 'entity']
)


@lru_cache(64)
def welcome_html(markdown: str, beneath: int = 1) -> str:
    """What the portal shows. Headings stand `beneath` one of that rank, which is the page's unless said otherwise."""
    tokens = _markdown.parse(markdown[:LONGEST])
    for token in tokens:
        if token.tag in ('h1', 'h2', 'h3', 'h4', 'h5', 'h6'):
            token.tag = f'h{min(int(token.tag[1]) + beneath, 4)}'
    return only_what_is_read(_markdown.renderer.render(tokens, _markdown.options, {}))


def only_what_is_read(html: str) -> str:
    """Of any HTML what a welcome may hold; links lead to https and mail alone, and tell nobody where they were."""
    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags={'script', 'style', 'svg', 'math', 'template', 'iframe'},
        attributes={'a': {'href'}},
        url_schemes=SCHEMES,
        url_relative='deny',
        link_rel='noopener noreferrer',
    )
