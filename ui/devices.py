"""A browser in words, from what it says of itself."""

from functools import lru_cache

from ua_parser import parse

from domain.language import gettext as _

_BROWSERS = {
    'HeadlessChrome': 'Chrome',
    'Chrome Mobile': 'Chrome',
    'Chrome Mobile iOS': 'Chrome',
    'Chrome Mobile WebView': 'Chrome',
    'Firefox Mobile': 'Firefox',
    'Firefox iOS': 'Firefox',
    'Edge Mobile': 'Edge',
    'Mobile Safari': 'Safari',
    'Mobile Safari UI/WKWebView': 'Safari',
    'Opera Mobile': 'Opera',
}
_SYSTEMS = {'Mac OS X': 'macOS', 'Chrome OS': 'ChromeOS'}
_BY_ITS_NAME = {'iPhone', 'iPad'}


def describe(user_agent: str) -> str:
    """`Firefox on macOS`, or as much of it as can be told."""
    browser, system = _read(user_agent[:400])
    if browser and system:
        # Translators: a browser and what it runs on: "Firefox on macOS"
        return _('%(browser)s on %(system)s') % {'browser': browser, 'system': system}
    return browser or system or _('Unknown device')


@lru_cache(maxsize=512)
def _read(user_agent: str) -> tuple[str, str]:
    found = parse(user_agent)
    browser = found.user_agent.family if found.user_agent else ''
    system = found.os.family if found.os else ''
    device = found.device.family if found.device else ''
    return _BROWSERS.get(browser, browser), device if device in _BY_ITS_NAME else _SYSTEMS.get(system, system)
