"""A client with a second factor, and what its pages show of it."""

import re
import time
from dataclasses import dataclass, field

import httpx
import pyotp

from tests.support.http import Visitor, words
from tests.ui.portal import Portal

VERIFY, TWO_FACTOR = '/sign-in/verify', '/profile/two-factor'
SAVED = f'{TWO_FACTOR}/codes-saved'
SECRET = re.compile(r'secret=([A-Z2-7]{32})')
CODE = re.compile(r'[2-9A-HJ-NP-Z]{4}(?:-[2-9A-HJ-NP-Z]{4}){3}')


@dataclass
class Clara:
    """A client with a second factor, and the browser it was turned on in."""

    portal: Portal
    browser: Visitor
    contact_id: int
    email: str
    secret: str
    codes: list[str]
    used: set[str] = field(default_factory=set)

    def code(self) -> str:
        """What the app shows, a code that was not used yet: now or of the next half minute."""
        for ahead in (0, 30):
            code = pyotp.TOTP(self.secret).at(time.time() + ahead)
            if code not in self.used:
                self.used.add(code)
                return code
        time.sleep(30 - time.time() % 30)
        return self.code()

    def half_way(self, **options: object) -> Visitor:
        """A browser whose link was good, and whose second factor is asked for."""
        visitor = self.portal.visitor(**options)
        answer = visitor.use(self.portal.link_for(self.contact_id))
        assert (answer.status_code, answer.headers['location']) == (303, VERIFY)
        return visitor


def enrolled(portal: Portal) -> Clara:
    email = portal.address()
    contact_id = portal.contact('Clara Weiss', email)
    browser = portal.visitor()
    browser.use(portal.link_for(contact_id))
    clara = Clara(portal, browser, contact_id, email, '', [])
    clara.secret = secret_on(browser.get(TWO_FACTOR))
    portal.secrets.add(clara.secret)
    answer = browser.post(f'{TWO_FACTOR}/turn-on', data={'code': clara.code()})
    assert (answer.status_code, answer.headers['location']) == (303, f'{TWO_FACTOR}?notice=on')
    clara.codes = codes_on(browser.get(answer.headers['location']))
    portal.secrets.update(clara.codes)
    assert browser.post(SAVED).headers['location'] in (TWO_FACTOR, '/')
    return clara


def secret_on(answer: httpx.Response) -> str:
    """The key on the page where it is set up."""
    (secret,) = set(SECRET.findall(words(answer)))
    return str(secret)


def codes_on(answer: httpx.Response) -> list[str]:
    return list(dict.fromkeys(CODE.findall(words(answer))))
