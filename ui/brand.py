"""The firm's look, worn by every page: its name, its colour, its logo and what stands in the tab of the browser.

The files of a logo are public, served under the digest of what is in them, so that they are fetched once and for good.
"""

from dataclasses import dataclass
from urllib.parse import urlencode
from weakref import WeakKeyDictionary
from xml.sax.saxutils import escape

from fastapi import Request
from nicegui import Client, app, context
from nicegui import ui as nui
from starlette.responses import FileResponse, Response

from domain.brand_errors import LogoNotFound
from domain.colours import HOUSE_ACCENT, NIGHT, PAPER, SEEN, ink_on, is_colour, mix, readable
from domain.language import gettext as _
from domain.portal.branding import Brand, StoredImage, read_brand, read_icon, read_logo_file
from ui import live
from ui.components.brand_wear import BrandWear
from ui.computed import BrandNow
from ui.theme import FAVICON, accent_css, asset

FOR_EVER = 'public, max-age=31536000, immutable'
CSP_IMAGE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
"""For a drawing that somebody opens by itself: it may be looked at, and that is all."""
_worn: WeakKeyDictionary[Client, Brand] = WeakKeyDictionary()
_lately: Brand | None = None


def register() -> None:
    """Register the addresses of the files."""
    app.get('/brand/mark.svg')(mark_file)
    app.get('/brand/{digest}/logo')(logo_file)
    app.get('/brand/{digest}/icon')(icon_file)
    app.get('/favicon.ico')(favicon)


def name_of(firm_name: str) -> str:
    """What the portal is called: as the firm, once it has a name."""
    return firm_name or _('Client Portal')


def logo_address(digest: str) -> str:
    """Where the logo of this digest is served."""
    return f'/brand/{digest}/logo'


def icon_address(brand: Brand) -> str:
    """Where what stands in the tab is served: the logo, else the firm's letter on its colour, else the house's door."""
    if brand.logo:
        return f'/brand/{brand.logo}/icon'
    if brand.accent:
        return f'/brand/mark.svg?{urlencode({"colour": brand.accent, "letter": _letter(brand)})}'
    return asset(FAVICON.name)


def _letter(brand: Brand) -> str:
    return name_of(brand.firm_name)[:1].upper()[:1]


# ── On a page that people work in ────────────────────────────────────────────


def wear(brand: Brand, title: str) -> None:
    """Dress the page that is being built, before anything is shown; from then on it follows what is saved."""
    client = context.client
    _put_on(client, brand)
    if brand.accent:
        nui.add_head_html(f'<style>:root {{ {accent_css(brand.accent)} }}</style>')
    look = BrandWear(brand.colour, ink_on(brand.colour), icon_address(brand))
    titled = f'{title} · {name_of(brand.firm_name)}'
    nui.page_title(titled)

    def follow(event: BrandNow) -> None:
        nonlocal titled
        now = event.brand
        _put_on(client, now)
        look.show(now.colour, ink_on(now.colour), icon_address(now))
        if client.title == titled:  # a page that has named itself otherwise keeps its name
            titled = f'{title} · {name_of(now.firm_name)}'
            if client.title != titled:
                nui.page_title(titled)

    live.on(BrandNow, follow)


def worn() -> Brand:
    """What the page that is being built wears."""
    return _worn.get(context.client, Brand())


def worn_lately() -> Brand | None:
    """What a page of this process wore last, if any did: for pages that tell of a fault, for which nothing is read."""
    return _lately


def _put_on(client: Client, brand: Brand) -> None:
    global _lately
    _worn[client] = _lately = brand


# ── On a plain page ──────────────────────────────────────────────────────────


@dataclass(frozen=True)
class PlainLook:
    """The same for pages without a stylesheet of their own: colours that are good as they stand."""

    name: str
    firm_name: str
    logo: str
    icon: str
    fill: str
    on: str
    dark_fill: str
    dark_on: str
    glow: str
    dark_glow: str


def plain_look(brand: Brand) -> PlainLook:
    """How a plain page shows this brand."""
    dark = readable(brand.colour, NIGHT, SEEN)
    return PlainLook(
        name=name_of(brand.firm_name),
        firm_name=brand.firm_name,
        logo=logo_address(brand.logo) if brand.logo else '',
        icon=icon_address(brand),
        fill=brand.colour,
        on=ink_on(brand.colour),
        dark_fill=dark,
        dark_on=ink_on(dark),
        glow=mix(brand.colour, PAPER, 0.08),
        dark_glow=mix(dark, NIGHT, 0.12),
    )


# ── Files ────────────────────────────────────────────────────────────────────


async def logo_file(digest: str) -> Response:
    """The logo. Public, as the sign-in page is."""
    try:
        return _image(await read_logo_file(digest))
    except LogoNotFound:
        return _nothing()


async def icon_file(digest: str) -> Response:
    """What stands in the tab."""
    try:
        return _image(await read_icon(digest))
    except LogoNotFound:
        return _nothing()


async def mark_file(colour: str = '', letter: str = '') -> Response:
    """A letter on a colour. The address says all of it, and nothing else goes in."""
    if not is_colour(colour) or len(letter) != 1 or not letter.isalnum():
        colour, letter = colour if is_colour(colour) else HOUSE_ACCENT, ''
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{colour}"/>'
        f'<text x="16" y="22.500" text-anchor="middle" font-family="system-ui,sans-serif" font-weight="650" '
        f'font-size="18" fill="{ink_on(colour)}">{escape(letter)}</text></svg>'
    )
    return _image(StoredImage('image/svg+xml', drawn.encode()))


async def favicon(request: Request) -> Response:
    """For whoever asks without having read a page."""
    brand = await read_brand()
    if brand.logo:
        found = await icon_file(brand.logo)
    elif brand.accent:
        found = await mark_file(brand.accent, _letter(brand))
    else:
        return FileResponse(FAVICON)
    found.headers['Cache-Control'] = 'no-store'
    return found


def _image(image: StoredImage) -> Response:
    headers = {'Cache-Control': FOR_EVER, 'Content-Security-Policy': CSP_IMAGE, 'Content-Disposition': 'inline'}
    return Response(image.content, media_type=image.media_type, headers=headers)


def _nothing() -> Response:
    return Response(status_code=404, headers={'Cache-Control': 'no-store'})
