"""The firm on a page: its mark and name, where it can be reached, and what it says to who comes in."""

from nicegui import html
from nicegui import ui as nui

from domain.language import gettext as _
from domain.portal.branding import Brand
from domain.portal.welcome import only_what_is_read, welcome_html
from ui.brand import logo_address, name_of
from ui.components.words import plain_text
from ui.theme import icon


def brand_mark(brand: Brand) -> None:
    """The logo, or the first letter of the name on the firm's colour. The name stands beside it, so it says nothing."""
    if brand.logo:
        html.img().classes('fy-logo').props('alt=""').props['src'] = logo_address(brand.logo)
    else:
        plain_text('span', name_of(brand.firm_name)[:1].upper()).classes('fy-mark').props('aria-hidden=true')


def firm_foot(brand: Brand) -> None:
    """Where the firm can be reached; nothing where it has not said."""
    ways = (
        ('mail', f'mailto:{brand.support_email}', brand.support_email, _('Email')),
        ('phone', f'tel:{_dialled(brand.support_phone)}', brand.support_phone, _('Telephone')),
        ('globe', brand.support_url, brand.support_url.removeprefix('https://').rstrip('/'), _('Help')),
    )
    if not (brand.address or any(words for _icon, _link, words, _name in ways)):
        return
    with html.footer().classes('fy-firm-foot'):
        if brand.address:
            with html.address():
                for line in brand.address.split('\n'):
                    plain_text('span', line)
        with html.div().classes('fy-reach'):
            for mark, link, words, name in ways:
                if words:
                    _way(mark, link, words, name)


def _way(mark: str, link: str, words: str, name: str) -> None:
    with html.a() as way:
        nui.icon(icon(mark)).props('aria-hidden=true')
        plain_text('span', words)
    way.props['href'] = link
    way.props['aria-label'] = f'{name}: {words}'
    if link.startswith('https:'):
        way.props['rel'] = 'noopener noreferrer'


def firm_welcome(markdown: str) -> None:
    """What the firm says. It has passed two gates; the second stands here once more."""
    nui.html(welcome_html(markdown), sanitize=only_what_is_read).classes('fy-welcome').props('dir=auto')


def _dialled(number: str) -> str:
    """What a telephone is given of a number as people write it; the (0) of an international one is not dialled."""
    plain = number.replace('(0)', '') if number.startswith('+') else number
    return ''.join(letter for letter in plain if letter.isdigit() or letter == '+')
