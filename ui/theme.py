"""One look for every page: the assets, NiceGUI's defaults, and Quasar's own icons brought onto our sprite."""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from nicegui import Client, app
from nicegui import ui as nui
from nicegui.dependencies import register_importmap_override
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from domain.colours import ink_on, is_colour

ASSETS = Path(__file__).parent / 'assets'
FAVICON = ASSETS / 'favicon.svg'
RUN: dict[str, Any] = {'dark': None, 'tailwind': False, 'language': 'en-GB', 'favicon': FAVICON}
"""What `ui.run` is told about the look: follow the system, no Tailwind, a `lang` on every page."""

_YEAR = 365 * 24 * 3600
_QUASAR_ICONS = {
    'access_time': 'clock', 'add': 'plus', 'add_box': 'plus', 'arrow_back': 'arrow-left',
    'arrow_downward': 'arrow-down', 'arrow_drop_down': 'chevron-down', 'arrow_forward': 'arrow-right',
    'arrow_upward': 'chevron-up', 'cancel': 'x', 'check': 'check', 'check_circle': 'circle-check',
    'chevron_left': 'chevron-left', 'chevron_right': 'chevron-right', 'clear': 'x', 'clear_all': 'x', 'close': 'x',
    'cloud_upload': 'upload', 'done': 'check', 'done_all': 'check', 'edit': 'pencil', 'error': 'circle-alert',
    'first_page': 'chevrons-left', 'info': 'info', 'keyboard_arrow_down': 'chevron-down',
    'keyboard_arrow_left': 'chevron-left', 'keyboard_arrow_right': 'chevron-right',
    'keyboard_arrow_up': 'chevron-up', 'last_page': 'chevrons-right', 'menu': 'menu', 'play_arrow': 'chevron-right',
    'priority_high': 'circle-alert', 'refresh': 'refresh-cw', 'today': 'calendar', 'visibility': 'eye',
    'visibility_off': 'eye-off', 'warning': 'triangle-alert',
}  # fmt: skip


@cache
def version(name: str) -> str:
    """A short hash of one asset, computed once: the `v` its address carries."""
    return sha256((ASSETS / name).read_bytes()).hexdigest()[:10]


def asset(name: str) -> str:
    """The address of an asset, good to be cached for ever."""
    return f'/assets/{name}?v={version(name)}'


def icon(name: str) -> str:
    """An icon of the sprite, as NiceGUI's `icon=` and Quasar's `q-icon` take it."""
    return f'svguse:{asset("icons.svg")}#{name}|0 0 24 24'


def accent_css(accent: str) -> str:
    """The two custom properties that make a page the firm's, for a `style` attribute or a `:root` rule.

    Raises ValueError for anything that is not `#rrggbb`, because the answer goes into a stylesheet unescaped.
    """
    if not is_colour(accent):
        raise ValueError(f'not an accent colour: {accent!r}')
    return f'--accent: {accent}; --accent-ink: {ink_on(accent)};'


def install() -> None:
    """Serve the assets and set the defaults of every page. Call once, before the pages are registered."""
    if not any(getattr(route, 'name', None) == 'assets' for route in app.routes):
        app.mount('/assets', _Assets(directory=ASSETS), name='assets')
    for script in ('time.js', 'strength.js'):
        register_importmap_override(f'/assets/{script}', asset(script))
    link = f'<link rel="stylesheet" href="{asset("theme.css")}">'
    font = '<link rel="preload" href="/assets/inter-latin.woff2" as="font" type="font/woff2" crossorigin>'
    if link not in Client.shared_head_html:
        nui.add_head_html(font + link, shared=True)
    _set_defaults()
    _replace_icon_font()
    _remember_focus()


def _set_defaults() -> None:
    nui.button.default_props('unelevated no-caps :ripple=false')
    for field in (nui.input, nui.textarea, nui.select, nui.number):
        field.default_props('outlined stack-label hide-bottom-space no-error-icon')
    nui.menu.default_props('transition-duration=90 :offset="[0, 6]"')
    nui.table.default_props('flat hide-bottom')


def _replace_icon_font() -> None:
    """Quasar's arrows and crosses come from the sprite; a name we do not know shows a ring, and no font is fetched."""
    sprite = {ours: icon(ours) for ours in {*_QUASAR_ICONS.values(), 'circle'}}
    known = json.dumps({theirs: sprite[ours] for theirs, ours in _QUASAR_ICONS.items()})
    script = f"""
        const foyerIcons = new Map(Object.entries({known}));
        app.config.globalProperties.$q.iconMapFn = (name) =>
            foyerIcons.has(name) ? {{icon: foyerIcons.get(name)}}
            : /^[a-z0-9_]+$/.test(name) ? {{icon: {json.dumps(sprite['circle'])}}} : undefined;
    """
    if 'foyerIcons' not in app.config.vue_config_script:
        app.config.vue_config_script += script


def _remember_focus() -> None:
    """Where the focus was last in the page, for a dialog to give it back; from the start, before any dialog."""
    script = """
        document.addEventListener('focusin', ({target}) => { if (target.closest('#app')) window.foyerFocus = target; });
    """
    if 'foyerFocus' not in app.config.vue_config_script:
        app.config.vue_config_script += script


class _Assets(StaticFiles):
    """Files whose address carries the hash of what is in them never change; the rest is asked for again each time.

    A font has no hash in its address (the stylesheet names it), and none of ours will ever change under its name.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        for_ever = b'v=' in scope.get('query_string', b'') or path.endswith('.woff2')
        response.headers['Cache-Control'] = f'public, max-age={_YEAR}, immutable' if for_ever else 'no-cache'
        return response
