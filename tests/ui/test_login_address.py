"""The page behind the link that asks a new address: looked at by anybody, used once by a person's click."""

import re

import httpx

from domain.access.login_address import cancel_address_change, change_login_address
from domain.dependencies import Dependencies
from storage.models import Login
from tests.factories import newest_mail
from tests.support.http import words
from tests.ui.portal import Portal

MOST_BYTES = 6 * 1024


def asked(portal: Portal, contact_id: int) -> tuple[str, str]:
    """Staff ask for another address: it, and the token in the mail to it."""
    address = portal.address()

    async def ask(deps: Dependencies) -> str:
        await change_login_address(deps, await portal.owner(deps), contact_id, address)
        (token,) = set(re.findall(r'/login-address/([\w-]+)', (await newest_mail(deps, address)).text))
        return str(token)

    token = portal.inside(ask)
    portal.secrets.add(token)
    return address, token


def is_dead(answer: httpx.Response) -> bool:
    return (
        answer.status_code == 410
        and words(answer).count('expired or already used') == 1
        and 'set-cookie' not in answer.headers
    )


def has_login(portal: Portal, address: str) -> bool:
    async def look(_: Dependencies) -> bool:
        return await Login.filter(email=address).exists()

    return portal.inside(look)


def test_looking_never_changes_the_address(portal: Portal) -> None:
    """R10: GET and HEAD, as often as scanners like; then the person clicks, and the token leaves the address (R11)."""
    address, token = asked(portal, portal.contact())
    scanner = portal.visitor(headers={'User-Agent': 'Mozilla/5.0 (compatible; LinkScanner/1.0)'})
    for _ in range(10):
        page = scanner.get(f'/login-address/{token}')
        assert (page.status_code, address in words(page)) == (200, True)
        head = scanner.head(f'/login-address/{token}')
        assert (head.status_code, head.content) == (200, b'')
    assert 'set-cookie' not in page.headers
    assert '<script' not in page.text
    assert page.headers['referrer-policy'] == 'same-origin'
    assert page.headers['cache-control'] == 'no-store'
    assert len(page.content) < MOST_BYTES
    assert not has_login(portal, address)
    answer = portal.visitor().post('/login-address', data={'token': token})
    assert (answer.status_code, answer.headers['location']) == (303, '/login-address/done')
    assert 'set-cookie' not in answer.headers, 'it signs nobody in'
    assert has_login(portal, address)
    assert 'Your address is confirmed' in words(portal.visitor().get('/login-address/done'))


def test_the_browser_that_was_inside_is_out(portal: Portal) -> None:
    """R37: its session ended with the old address."""
    contact_id = portal.contact()
    client = portal.visitor()
    client.use(portal.link_for(contact_id))
    assert client.get('/').status_code == 200
    _, token = asked(portal, contact_id)
    portal.visitor().post('/login-address', data={'token': token})
    assert client.get('/').headers['location'] == '/sign-in'


def test_a_dead_link_says_so(portal: Portal) -> None:
    """R7, R9: used, cancelled, replaced and unknown ones, looked at and clicked, all alike 410."""
    contact_id = portal.contact()
    _, replaced = asked(portal, contact_id)
    _, cancelled = asked(portal, contact_id)

    async def cancel(deps: Dependencies) -> None:
        await cancel_address_change(deps, await portal.owner(deps), contact_id)

    portal.inside(cancel)
    _, used = asked(portal, contact_id)
    assert portal.visitor().post('/login-address', data={'token': used}).status_code == 303
    sign_in = portal.link_for(contact_id)
    for token in (replaced, cancelled, used, sign_in, 'x', 'x' * 500):
        assert is_dead(portal.visitor().get(f'/login-address/{token}')), token[:4]
        assert is_dead(portal.visitor().post('/login-address', data={'token': token})), token[:4]
    assert is_dead(portal.visitor().post('/login-address'))
    assert portal.visitor().use(sign_in).status_code == 303, 'a link of another purpose is not used up'
    assert is_dead(portal.visitor().get(f'/login-address/{used}'))


def test_a_click_from_elsewhere_is_refused(portal: Portal) -> None:
    """R40."""
    address, token = asked(portal, portal.contact())
    answer = portal.visitor().post('/login-address', data={'token': token}, headers={'Origin': 'https://evil.example'})
    assert answer.status_code == 403
    assert not has_login(portal, address)


def test_the_link_of_another_address_signs_nobody_in(portal: Portal) -> None:
    """R9: its purpose is part of the look-up at every door."""
    _, token = asked(portal, portal.contact())
    assert portal.visitor().use(token).status_code == 410
    assert portal.visitor().get(f'/sign-in/link/{token}').status_code == 410
    assert portal.visitor().get(f'/login-address/{token}').status_code == 200
