"""The language of pages, doors and errors, over HTTP and on an open page."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from domain.language import catalogue
from tests.support.http import Visitor, cookies_set
from tests.support.smtp_sink import SmtpSink
from tests.support.socket import LivePage, LiveSocket
from tests.ui.portal import Portal

DOORS = ('/sign-in', '/sign-in?error=address', '/sign-in?notice=ended', '/sign-in/sent', '/forgot-password', '/nowhere')
OWN_PAGES = ('/', '/profile', '/profile/password', '/profile/two-factor')
STAFF_DOORS = ('/staff/sign-in', '/staff/forgot-password', '/setup')
OF_STAFF = ('/staff', '/staff/contacts', '/staff/settings/emails', '/staff/profile')
NAMES = {'Email', 'Name', 'Client Portal', 'Code', 'Logo', 'Menu', 'Close', 'Home', 'Personal', 'Test mail'}


@pytest.fixture(scope='module')
def speaking_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with SmtpSink() as sink, Portal(tmp_path_factory.mktemp('languages'), sink, rate_limits='off') as portal:
        yield portal
        portal.no_secret_was_logged()


def german(portal: Portal) -> Visitor:
    return portal.visitor(headers={'Accept-Language': 'de-AT, en;q=0.5'})


def english_in(page: str) -> list[str]:
    """Sentences of the catalogue that stand on a page in English, though they have others in German."""
    text = unescape(re.sub(r'\\[nt"]|\s+', ' ', page))
    known = catalogue('de')._catalog.items()  # type: ignore[attr-defined]
    sentences = (one for one, said in known if one and isinstance(one, str) and one != said and '%' not in one)
    return [one for one in sentences if re.search(rf'(?<=["“>]){re.escape(one)}(?=["”<])', text) and one not in NAMES]


def german_in(page: str) -> list[str]:
    """The other way round."""
    known = catalogue('de')._catalog.items()  # type: ignore[attr-defined]
    sentences = {str(said) for one, said in known if one and one != said and len(str(said).split()) > 2}
    return [one for one in sentences if one in unescape(page)]


def test_the_doors_speak_as_the_browser_asks(speaking_portal: Portal) -> None:
    """Every sentence of the catalogue, the language of the document, and NiceGUI's own."""
    visitor, plain = german(speaking_portal), speaking_portal.visitor()
    for path in DOORS:
        page = visitor.get(path).text
        assert '<html lang="de"' in page or 'lang="de"' in page[:200], path
        assert english_in(page) == [], path
        assert english_in(plain.get(path).text), f'{path}: it would find some'
    assert 'Anmelden' in visitor.get('/sign-in').text
    (pack,) = set(re.findall(r'src="(/_nicegui/[^"]+/lang/[^"]+)"', visitor.get('/sign-in').text))
    assert pack.endswith('/de.umd.prod.js') and visitor.get(pack).status_code == 200


def test_the_links_of_mails_land_in_it(speaking_portal: Portal) -> None:
    """Plain pages too: the landing, a dead link, a wrong address of a page."""
    visitor = german(speaking_portal)
    token = speaking_portal.link_for(speaking_portal.contact())
    for path in (f'/sign-in/link/{token}', f'/sign-in/link/{"a" * 43}', f'/reset-password/{"a" * 43}'):
        answer = visitor.get(path)
        answer = visitor.get(answer.headers['location']) if answer.status_code == 303 else answer
        assert '<html lang="de">' in answer.text and english_in(answer.text) == [], path
    assert 'expired or already used' not in answer.text and 'abgelaufen' in answer.text
    refused = visitor.post('/sign-in/link', data={'token': token}, headers={'Origin': 'https://evil.example'})
    assert refused.status_code == 403 and 'Das kam nicht von diesem Portal' in refused.text


def test_a_client_reads_its_own_language_on_every_page(speaking_portal: Portal) -> None:
    """That of the contact, whatever the browser asks for; taken away, the browser decides."""
    contact = speaking_portal.contact('Clara Weiss')
    clara = speaking_portal.visitor(headers={'Accept-Language': 'en-GB'})
    used = speaking_portal.link_for(contact)
    clara.use(used)
    assert '<html lang="en-GB"' in clara.get('/').text
    speaking_portal.change("UPDATE contact SET language = 'de' WHERE id = ?", contact)
    for path in (*OWN_PAGES, f'/sign-in/link/{used}'):
        page = clara.get(path).text
        assert '<html lang="de"' in page and english_in(page) == [], path
    speaking_portal.change("UPDATE contact SET language = '' WHERE id = ?", contact)
    assert '<html lang="en-GB"' in clara.get('/').text


def test_a_reader_switches_and_comes_back_to_the_page(speaking_portal: Portal) -> None:
    """The browser keeps it; nothing that is no language of ours, and no page but ours is gone to (R53)."""
    visitor = speaking_portal.visitor()
    assert re.search('"value": ?"de"', unescape(visitor.get('/sign-in').text))
    came_from = {'Referer': f'{speaking_portal.base_url}/sign-in?notice=ended'}
    answer = visitor.post('/language', data={'language': 'de'}, headers=came_from)
    assert (answer.status_code, answer.headers['location']) == (303, '/sign-in?notice=ended')
    cookie = cookies_set(answer)['foyer_language']
    assert cookie.value == 'de' and {'httponly', 'samesite', 'path'} <= cookie.attributes.keys()
    assert '<html lang="de"' in visitor.get('/sign-in').text
    for language in ('', 'fr', '../en', 'de\r\nX: y'):
        assert 'foyer_language' not in cookies_set(visitor.post('/language', data={'language': language}))
    for referer in ('https://evil.example/sign-in', '//evil.example/x', 'javascript:alert(1)', 'garbage'):
        answer = visitor.post('/language', data={'language': 'en'}, headers={'Referer': referer})
        assert answer.headers['location'] == '/', referer
    tricky = {'Referer': f'{speaking_portal.base_url}//evil.example/%5C'}
    assert visitor.post('/language', data={'language': 'en'}, headers=tricky).headers['location'].startswith('/evil')
    assert (
        visitor.post('/language', data={'language': 'de'}, headers={'Origin': 'https://evil.example'}).status_code
        == 403
    )


def test_a_cookie_that_is_none_of_ours_is_passed_over(speaking_portal: Portal) -> None:
    for value in ('xx', '../../en', 'de-AT', ''):
        visitor = speaking_portal.visitor(headers={'Cookie': f'foyer_language={value}', 'Accept-Language': 'de'})
        answer = visitor.get('/sign-in')
        assert answer.status_code == 200 and '<html lang="de"' in answer.text


def test_who_is_signed_in_keeps_it_with_the_contact(speaking_portal: Portal) -> None:
    """So that the next mail is in it too; nobody else's contact is touched."""
    contact = speaking_portal.contact('Clara Weiss')
    other = speaking_portal.contact('Ben Amsel')
    clara = speaking_portal.visitor()
    clara.use(speaking_portal.link_for(contact))
    clara.post('/language', data={'language': 'de'})
    said = dict(speaking_portal.rows('SELECT id, language FROM contact WHERE id IN (?, ?)', contact, other))
    assert said == {contact: 'de', other: ''}
    assert '<html lang="de"' in clara.get('/profile').text


def test_staff_read_english(speaking_portal: Portal) -> None:
    """Whatever their browser asks for, and though a client that reads German is signed in beside them."""
    desk = speaking_portal.staff()
    desk.headers['Accept-Language'] = 'de'
    desk.use(speaking_portal.link_for(speaking_portal.contact()))
    desk.post('/language', data={'language': 'de'})
    for visitor, paths in ((german(speaking_portal), STAFF_DOORS), (desk, OF_STAFF)):
        for path in paths:
            page = visitor.get(path).text
            assert re.search('<html lang="en(-GB)?"', page) and not german_in(page), path


def test_a_mail_that_is_asked_for_is_in_the_language_of_the_browser(speaking_portal: Portal) -> None:
    """Also though it is written after the answer has gone out."""
    address = speaking_portal.address()
    speaking_portal.contact('Clara Weiss', address)
    german(speaking_portal).ask(address)
    caught = speaking_portal.mail_to(address)
    assert 'Guten Tag Clara,' in (caught.text or '')


def test_an_open_page_goes_on_in_its_language(speaking_portal: Portal) -> None:
    """What an event of it builds, and what it reads anew when something changes elsewhere."""
    contact = speaking_portal.contact('Clara Weiss')
    clara = german(speaking_portal)
    clara.use(speaking_portal.link_for(contact))
    answer = clara.get('/profile')
    page = LivePage(answer.text)
    with LiveSocket(speaking_portal.base_url, page.client_id, cookies=clara.cookie_header) as socket:
        second = speaking_portal.visitor(headers={'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0'})
        second.use(speaking_portal.link_for(contact))
        heard = socket.listen(2.0)
        assert 'Firefox auf Linux' in str(heard)
        socket.fire(page, page.find('Alle anderen abmelden'))
        said = str(socket.listen(2.0))
    assert '1 anderes Gerät abgemeldet.' in said
    assert english_in(said.replace("'", '"')) == []


def test_staff_word_the_mail_of_each_language(speaking_portal: Portal) -> None:
    """The page begins with the words of the language that is asked for, and its preview is in that one."""
    desk = speaking_portal.staff()
    page = unescape(desk.get('/staff/settings/emails?kind=invitation&language=de').text)
    assert 'lädt Sie ins Portal ein' in page and 'Guten Tag Clara,' in page and 'Hello Clara,' not in page
    page = unescape(desk.get('/staff/settings/emails?kind=invitation&language=xx').text)
    assert 'invites you to its client portal' in page and 'Hello Clara,' in page
