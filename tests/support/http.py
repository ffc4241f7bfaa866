"""A browser without a screen: cookies, forms, and answers that can be compared."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx

COOKIES_WITH_SECRETS = ('foyer_client', 'foyer_staff', 'foyer_browser', 'foyer_pending', 'foyer_staff_pending')
SECRET_COOKIES = (*COOKIES_WITH_SECRETS, *(f'__Host-{name}' for name in COOKIES_WITH_SECRETS))
PASSING = frozenset({'date'})  # headers whose value is the moment's, not the answer's
NONCE = re.compile(r"'nonce-[A-Za-z0-9_-]+'")


@dataclass(frozen=True)
class Cookie:
    """A cookie as the server set it; attributes by lower-case name, empty for flags."""

    name: str
    value: str
    attributes: dict[str, str]


def cookies_set(answer: httpx.Response) -> dict[str, Cookie]:
    """The cookies of an answer, by name."""
    found = {}
    for line in answer.headers.get_list('set-cookie'):
        pair, *attributes = [part.strip() for part in line.split(';')]
        name, _, value = pair.partition('=')
        pairs = (one.partition('=') for one in attributes)
        found[name] = Cookie(name, value.strip('"'), {key.lower(): value for key, _, value in pairs})
    return found


def comparable(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], str]:
    """Status, headers and body, without what differs between any two answers: date, nonce, cookie values."""
    headers = []
    for name, value in answer.headers.multi_items():
        if name == 'set-cookie':
            pair, _, attributes = value.partition(';')
            headers.append((name, f'{pair.partition("=")[0]};{attributes}'))
        elif name not in PASSING:
            headers.append((name, NONCE.sub('nonce', value)))
    return answer.status_code, sorted(headers), answer.text


class Visitor(httpx.Client):
    """One browser at one portal: keeps its cookies, follows nothing by itself, tells `heard` the secrets it gets."""

    def __init__(self, base_url: str, heard: Callable[[str], None] = lambda secret: None, **options: Any) -> None:
        super().__init__(base_url=base_url, timeout=30, follow_redirects=False, verify=False, **options)  # http only
        self._heard = heard
        self.event_hooks['response'] = [self._listen]

    def _listen(self, answer: httpx.Response) -> None:
        for name, cookie in cookies_set(answer).items():
            if name in SECRET_COOKIES and cookie.value:
                self._heard(cookie.value)

    @property
    def cookie_header(self) -> str:
        """What this browser would send, for a socket."""
        return '; '.join(f'{cookie.name}={cookie.value}' for cookie in self.cookies.jar)

    def ask(self, email: str) -> httpx.Response:
        """Ask for a sign-in mail."""
        return self.post('/sign-in/email', data={'email': email})

    def use(self, token: str) -> httpx.Response:
        """Click on Continue."""
        return self.post('/sign-in/link', data={'token': token})

    def sign_in_staff(self, email: str, password: str, **more: str) -> httpx.Response:
        return self.post('/staff/sign-in', data={'email': email, 'password': password, **more})


def words(answer: httpx.Response) -> str:
    """What a page says, markup and all, with its entities turned back."""
    return unescape(answer.text)
