"""The doors of the portal's home over HTTP: who gets through, where to, what is counted, and hostile text."""

from collections.abc import Callable, Iterator

import httpx
import pyotp
import pytest

from domain.access.magic_links import make_magic_link
from domain.access.security_policy import SecurityMode
from domain.dependencies import Dependencies
from domain.portal.announcements import Announcement, save_announcement
from domain.portal.audience import EVERYBODY, Audience
from domain.portal.links import Link, save_link
from tests.domain.portal.home import for_contacts
from tests.factories import token_of
from tests.support.http import Visitor, cookies_set, words
from tests.ui.portal import Portal
from tests.ui.second_factor import SAVED, TWO_FACTOR, VERIFY, codes_on, enrolled, secret_on
from tests.ui.test_password_doors import PASSWORD, client_with_password
from tests.ui.test_session_cookies import is_guarded

URL = 'https://books.example/firm?a=b&c=d'
NASTY = '<img src=x onerror="window.hostile=1">'


@pytest.fixture(autouse=True)
def left_as_it_was(portal: Portal) -> Iterator[None]:
    """What is for all would stand on the homes of other tests."""
    yield
    for table in ('home_item_contact', 'home_item'):
        portal.change(f'DELETE FROM {table}')


def a_link(portal: Portal, *, audience: Audience = EVERYBODY, title: str = 'Invoices', text: str = '') -> int:
    async def save(deps: Dependencies) -> int:
        return await save_link(deps, await portal.owner(deps), Link(title, URL, text, audience=audience))

    return portal.inside(save)


def an_announcement(portal: Portal, title: str = 'We have moved', text: str = '') -> int:
    async def save(deps: Dependencies) -> int:
        return await save_announcement(deps, await portal.owner(deps), Announcement(title, text))

    return portal.inside(save)


def leading_link(portal: Portal, contact_id: int, item_id: int) -> str:
    """The token of a magic link that leads to it."""

    async def make(deps: Dependencies) -> str:
        made = await make_magic_link(deps, await portal.owner(deps), contact_id, leads_to_id=item_id)
        return token_of(made.url)

    token = portal.inside(make)
    portal.secrets.add(token)
    return token


def opened(portal: Portal, item_id: int) -> int:
    ((number,),) = portal.rows('SELECT opened FROM home_item WHERE id = ?', item_id)
    return int(number)


def test_a_click_goes_through_our_door_and_is_counted(portal: Portal) -> None:
    """Once each; the address of the portal is not told to where it leads (R54)."""
    item_id, client = a_link(portal), portal.client()
    home = words(client.get('/'))
    assert f'/go/{item_id}' in home and 'books.example' not in home
    for clicks in (1, 2):
        answer = client.get(f'/go/{item_id}')
        assert (answer.status_code, answer.headers['location']) == (303, URL)
        assert answer.headers['referrer-policy'] == 'no-referrer'
        assert answer.headers['cache-control'] == 'no-store'
        assert opened(portal, item_id) == clicks


@pytest.mark.parametrize('purpose', ['sec-purpose', 'purpose'])
def test_who_only_looks_is_not_counted(portal: Portal, purpose: str) -> None:
    """Neither a HEAD nor what a browser fetches beforehand."""
    item_id, client = a_link(portal), portal.client()
    assert client.head(f'/go/{item_id}').headers['location'] == URL
    assert client.get(f'/go/{item_id}', headers={purpose: 'prefetch;prerender'}).status_code == 303
    assert opened(portal, item_id) == 0


def test_what_is_not_theirs_is_as_unknown_as_what_never_was(portal: Portal) -> None:
    """R57: another's link, an announcement, no number at all: the same page, letter for letter, and nothing counted."""
    client = portal.client()
    theirs = a_link(portal, audience=for_contacts(portal.contact('Bert Boll')))
    answers = [
        client.get(f'/go/{one}') for one in (theirs, an_announcement(portal), 999_999, 'x', '1' * 40, '-1', '%C2%B2')
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert len({answer.text for answer in answers}) == 1
    assert opened(portal, theirs) == 0


def test_nobody_gets_through_without_a_session(portal: Portal) -> None:
    """R29, R57: neither a stranger nor staff."""
    item_id = a_link(portal)
    for who in (portal.visitor(), portal.staff()):
        for path in (f'/go/{item_id}', f'/to/{item_id}'):
            answer = who.get(path)
            assert (answer.status_code, answer.headers['location']) == (303, '/sign-in')
    assert opened(portal, item_id) == 0


def test_who_is_held_sets_up_the_second_factor_first(portal: Portal) -> None:
    """R30."""
    item_id, client = a_link(portal), portal.client()
    portal.change("UPDATE portal_settings SET security_mode = 'link_and_password_2fa'")
    try:
        for path in (f'/go/{item_id}', f'/to/{item_id}'):
            assert client.get(path).headers['location'] == '/profile/two-factor'
    finally:
        portal.change("UPDATE portal_settings SET security_mode = 'link_and_password'")


def by_link(portal: Portal, visitor: Visitor) -> httpx.Response:
    return visitor.use(portal.link_for(portal.contact()))


def by_password(portal: Portal, visitor: Visitor) -> httpx.Response:
    data = {'email': client_with_password(portal), 'password': PASSWORD}
    return visitor.post('/sign-in/password', data=data)


def by_link_and_app(portal: Portal, visitor: Visitor) -> httpx.Response:
    clara = enrolled(portal)
    assert visitor.use(portal.link_for(clara.contact_id)).headers['location'] == VERIFY
    return visitor.post(VERIFY, data={'code': clara.code()})


@pytest.mark.parametrize('come_in', [by_link, by_password, by_link_and_app])
@pytest.mark.parametrize('door', ['go', 'to'])
def test_who_is_not_in_yet_goes_on_to_it_by_whichever_way(
    portal: Portal, come_in: Callable[[Portal, Visitor], httpx.Response], door: str
) -> None:
    """R33, R53: what was asked for is kept in the browser, as a number, until it is there; then it is forgotten."""
    item_id, client = a_link(portal), portal.visitor()
    kept = cookies_set(client.get(f'/{door}/{item_id}'))['foyer_way']
    assert kept.value == str(item_id) and is_guarded(kept, secure=False)
    assert come_in(portal, client).headers['location'] == f'/to/{item_id}'
    assert client.get(f'/to/{item_id}').headers['refresh'] == f'0;url=/go/{item_id}'
    assert come_in(portal, client).headers['location'] == '/', 'once'


def test_setting_up_the_second_factor_leads_on_to_it(portal: Portal) -> None:
    """R30: what a link was made for waits until the second factor is set up that the firm asks for."""
    item_id, client = a_link(portal), portal.visitor()
    token = leading_link(portal, portal.contact(), item_id)
    with portal.in_mode(SecurityMode.LINK_AND_PASSWORD_2FA):
        assert client.use(token).headers['location'] == f'/to/{item_id}'
        assert client.get(f'/to/{item_id}').headers['location'] == TWO_FACTOR
        secret = secret_on(client.get(TWO_FACTOR))
        portal.secrets.add(secret)
        client.post(f'{TWO_FACTOR}/turn-on', data={'code': pyotp.TOTP(secret).now()})
        portal.secrets.update(codes_on(client.get(TWO_FACTOR)))
        assert client.post(SAVED).headers['location'] == f'/to/{item_id}'
        assert client.get(f'/to/{item_id}').status_code == 200


@pytest.mark.parametrize('kept', ['x', '%C2%B2', '1' * 5_000, 'https://evil.example', '-1', '', '//evil.example'])
def test_what_is_no_number_leads_home(portal: Portal, kept: str) -> None:
    """R53: a cookie is input."""
    client = portal.visitor(headers={'Cookie': f'foyer_way={kept}'})
    assert client.use(portal.link_for(portal.contact())).headers['location'] == '/'


def test_what_a_link_was_made_for_comes_first(portal: Portal) -> None:
    """And what was asked for is not theirs leads home, as if it had never been."""
    item_id, other, client = a_link(portal), a_link(portal, title='Papers'), portal.visitor()
    client.get(f'/go/{other}')
    token = leading_link(portal, portal.contact(), item_id)
    assert client.use(token).headers['location'] == f'/to/{item_id}'
    stranger = portal.visitor()
    theirs = a_link(portal, audience=for_contacts(portal.contact('Bert Boll')))
    assert 'foyer_way' in cookies_set(stranger.get(f'/go/{theirs}')), 'nothing is told of whose it is'
    assert stranger.use(portal.link_for(portal.contact())).headers['location'] == f'/to/{theirs}'
    assert stranger.get(f'/to/{theirs}').headers['location'] == '/'


def test_a_link_that_was_used_still_leads_those_there_who_are_in(portal: Portal) -> None:
    """People click on the button of a mail again: it opens no door, but who is in already gets where it led."""
    item_id, contact_id, client = a_link(portal), portal.contact(), portal.visitor()
    token = leading_link(portal, contact_id, item_id)
    client.use(token)
    page = client.get(f'/sign-in/link/{token}')
    assert page.status_code == 410 and f'class="button" href="/to/{item_id}"' in page.text
    assert f'/to/{item_id}' not in portal.visitor().get(f'/sign-in/link/{token}').text
    assert 'class="button" href="/"' in client.get(f'/sign-in/link/{"a" * 43}').text


def test_a_sign_in_leads_to_a_link_by_a_page_of_ours(portal: Portal) -> None:
    """A form must not lead to another site, so the way there begins anew on a page; looking at that counts nothing."""
    item_id, contact_id, client = a_link(portal), portal.contact(), portal.visitor()
    token = leading_link(portal, contact_id, item_id)
    landing = client.get(f'/sign-in/link/{token}').text
    assert '/go/' not in landing and '/to/' not in landing and 'Invoices' not in landing
    assert client.use(token).headers['location'] == f'/to/{item_id}'
    page = client.get(f'/to/{item_id}')
    assert (page.status_code, page.headers['refresh']) == (200, f'0;url=/go/{item_id}')
    assert f'href="/go/{item_id}"' in page.text
    assert opened(portal, item_id) == 0


def test_a_sign_in_leads_to_an_announcement_on_the_home(portal: Portal) -> None:
    item_id, client = an_announcement(portal), portal.visitor()
    assert client.use(leading_link(portal, portal.contact(), item_id)).headers['location'] == f'/to/{item_id}'
    assert client.get(f'/to/{item_id}').headers['location'] == f'/?to={item_id}'
    assert client.get(f'/?to={item_id}').status_code == 200
    for nonsense in ('x', '²', '1' * 5_000, "1';alert(1)"):
        assert client.get('/', params={'to': nonsense}).status_code == 200


def test_the_second_factor_leads_on_to_it_too(portal: Portal) -> None:
    """R53: to what is kept with the half-finished sign-in, not to what the address says."""
    item_id, clara, client = a_link(portal), enrolled(portal), portal.visitor()
    assert client.use(leading_link(portal, clara.contact_id, item_id)).headers['location'] == '/sign-in/verify'
    answer = client.post('/sign-in/verify', data={'code': clara.code(), 'to': '/evil', 'next': 'https://evil.example'})
    assert answer.headers['location'] == f'/to/{item_id}'


def test_what_was_removed_meanwhile_leads_home(portal: Portal) -> None:
    item_id, client = a_link(portal), portal.visitor()
    token = leading_link(portal, portal.contact(), item_id)
    portal.change('DELETE FROM home_item WHERE id = ?', item_id)
    assert client.use(token).headers['location'] == f'/to/{item_id}'
    assert client.get(f'/to/{item_id}').headers['location'] == '/'


def test_hostile_text_is_text(portal: Portal) -> None:
    """R51, R55: in titles, descriptions and Markdown, on the client's home, on the page of staff and on the way."""
    item_id = a_link(portal, title=f'{NASTY}A', text=f'{NASTY}B {{{{ 7*7 }}}}')
    an_announcement(portal, f'{NASTY}C', f'{NASTY}D [x](javascript:alert(1)) ![y](https://evil.example/pixel.png)')
    contact_id, client, staff = portal.contact(), portal.visitor(), portal.staff()
    client.use(portal.link_for(contact_id))
    pages = [
        client.get('/'), client.get(f'/to/{item_id}'), staff.get('/staff/home'),
        staff.get(f'/staff/contacts/{contact_id}/portal'),
    ]  # fmt: skip
    for page in pages:
        assert page.status_code == 200
        assert '<img src=x' not in page.text, page.url
    for page in (pages[0], pages[3]):
        text = words(page)
        assert 'href=\\"https://evil.example/pixel.png\\"' in text, 'a picture becomes a link, which fetches nothing'
        assert 'href=\\"javascript:' not in text and 'src=\\"https:' not in text, page.url


def test_staff_who_look_open_nothing(portal: Portal) -> None:
    """What they see leads nowhere."""
    item_id, contact_id = a_link(portal), portal.contact()
    page = words(portal.staff().get(f'/staff/contacts/{contact_id}/portal'))
    assert 'Invoices' in page and f'/go/{item_id}' not in page
