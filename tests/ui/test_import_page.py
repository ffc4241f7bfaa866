"""The page where a file becomes contacts, and its doors, without a browser's eyes."""

import re
import socket
import time
from contextlib import suppress

import httpx
import pytest

from domain.contacts.importing.decoding import MOST_BYTES
from domain.dependencies import Dependencies
from storage.models import Job
from tests.support.clock import START
from tests.support.http import Visitor, words
from tests.ui.portal import Portal

FILE = '/staff/contacts/import/file'
PAGE = '/staff/contacts/import'
ROWS = 'name,email,portal_access\r\n{0} Weiss,{0}@x.example,yes\r\n{0} Holm,no address,yes\r\n'


@pytest.fixture(scope='session')
def owner(portal: Portal) -> Visitor:
    """The browser of the owner."""
    return portal.staff()


def hand_in(browser: Visitor, content: bytes, name: str = 'list.csv', **headers: str) -> httpx.Response:
    return browser.post(FILE, params={'name': name}, content=content, headers=headers)


def line_to(portal: Portal, browser: Visitor, name: str, header: str) -> socket.socket:
    """The beginning of an upload, its body to follow byte by byte."""
    host, port = portal.base_url.removeprefix('http://').split(':')
    line = socket.create_connection((host, int(port)), timeout=60)
    head = f'POST {FILE}?name={name} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {browser.cookie_header}\r\n{header}'
    line.sendall(f'{head}\r\n\r\n'.encode())
    return line


def files(portal: Portal) -> int:
    ((number,),) = portal.rows('SELECT count(*) FROM import_file')
    return int(number)


def test_a_file_is_taken(portal: Portal, owner: Visitor) -> None:
    """As it comes, with its name; then it is looked at, and nothing of it is a contact yet."""
    answer = hand_in(owner, ROWS.format('taken').encode(), 'Büro & Söhne.csv')
    assert answer.status_code == 201
    file_id = answer.json()['id']
    assert portal.rows('SELECT name, size FROM import_file WHERE id = ?', file_id) == [('Büro & Söhne.csv', 86)]
    page = words(owner.get(f'{PAGE}?file={file_id}'))
    for said in ('Büro & Söhne.csv', 'Start import', 'UTF-8', 'Refused rows', 'no address', 'taken Weiss'):
        assert said in page, said
    assert portal.rows("SELECT count(*) FROM contact WHERE name LIKE 'taken%'") == [(0,)]
    refused = owner.get(f'{PAGE}/refused.csv?file={file_id}')
    assert refused.headers['content-disposition'].startswith('attachment; filename="refused-rows-')
    lines = refused.content.decode('utf-8').splitlines()
    assert lines[0] == '\ufeffname,email,portal_access,reason'
    assert lines[1].startswith('taken Holm,no address,yes,"Line 3, email: ')


@pytest.mark.parametrize(
    ('content', 'status', 'said'),
    [
        (b'', 422, 'empty'),
        (b'PK\x03\x04' + bytes(500), 422, 'workbook'),
        (b'BEGIN:VCARD\r\nEND:VCARD\r\n', 422, 'vCard'),
        (bytes(range(256)) * 20, 422, 'no text'),
    ],
)
def test_what_is_refused_at_the_door(portal: Portal, owner: Visitor, content: bytes, status: int, said: str) -> None:
    """In a sentence, and nothing of it is kept."""
    before = files(portal)
    answer = hand_in(owner, content)
    assert answer.status_code == status
    assert said in answer.json()['message']
    assert files(portal) == before


def test_too_big_is_refused_before_it_came(portal: Portal, owner: Visitor) -> None:
    """By what it says of itself, and while it comes if it says nothing; nobody waits for the rest."""
    before = files(portal)
    for said in (f'Content-Length: {MOST_BYTES + 1}', 'Transfer-Encoding: chunked'):
        with line_to(portal, owner, 'big.csv', said) as line:
            if 'chunked' in said:
                piece = b'name\r\n' + b'x' * (2**20 - 6)
                for _ in range(MOST_BYTES // len(piece) + 2):
                    try:
                        line.sendall(b'%x\r\n%s\r\n' % (len(piece), piece))
                    except (BrokenPipeError, ConnectionResetError):
                        break
            answer = b''
            with suppress(ConnectionResetError):  # it does not wait for what we would have sent
                while part := line.recv(65_536):
                    answer += part
        assert answer.startswith(b'HTTP/1.1 413'), answer[:200]
        assert b'larger than 50 MB' in answer
    until = time.monotonic() + 10
    while files(portal) != before and time.monotonic() < until:
        time.sleep(0.05)
    assert files(portal) == before


def test_only_from_our_own_pages(portal: Portal, owner: Visitor) -> None:
    """R40: no other site hands files in by somebody's session."""
    before = files(portal)
    for headers in ({'Origin': 'https://evil.example'}, {'Sec-Fetch-Site': 'cross-site'}, {'Origin': 'null'}):
        assert hand_in(owner, b'name\r\nEve\r\n', **headers).status_code == 403
    assert files(portal) == before


def test_who_hands_files_in(portal: Portal) -> None:
    """R57: staff alone; nobody, and no client."""
    before = files(portal)
    for browser in (portal.visitor(), portal.client('Somebody Else')):
        answer = hand_in(browser, b'name\r\nEve\r\n')
        assert (answer.status_code, 'signed out' in answer.json()['message']) == (401, True)
    assert files(portal) == before
    browser, _ = portal.member('staff')
    assert hand_in(browser, b'name\r\nEve\r\n').status_code == 201


def test_a_cut_off_upload_leaves_nothing(portal: Portal, owner: Visitor) -> None:
    """A browser that goes away in the middle."""
    before = files(portal)
    with line_to(portal, owner, 'cut.csv', 'Content-Length: 3000000') as line:
        line.sendall(b'name\r\n' + b'x' * 1_000_000)
        until = time.monotonic() + 10
        while files(portal) == before and time.monotonic() < until:
            time.sleep(0.02)
        assert files(portal) == before + 1
    until = time.monotonic() + 10
    while files(portal) != before and time.monotonic() < until:
        time.sleep(0.05)
    assert files(portal) == before


@pytest.mark.parametrize(
    'query', ['file=4711', 'file=x', 'file=-1', 'job=4711', 'job=' + '9' * 30, 'file=1e9', 'job=1&file=']
)
def test_addresses_that_lead_nowhere(owner: Visitor, query: str) -> None:
    """Say so where something was meant, and offer to begin."""
    page = owner.get(f'{PAGE}?{query}')
    assert page.status_code == 200
    assert 'Choose a CSV file' in words(page)


@pytest.mark.parametrize(
    ('content', 'said'),
    [
        (b'Firma;Mail\r\nAnna;a@x.example\r\n', ['This file has no column that is called name', 'Please choose']),
        (b'name,email\r\n', ['no rows beneath']),
        (b'name,Name\r\na,b\r\n', ['Two columns of this file are called name']),
    ],
)
def test_a_file_that_cannot_be_read_says_why(owner: Visitor, content: bytes, said: list[str]) -> None:
    """And where a choice would help, the choices are there."""
    page = words(owner.get(f'{PAGE}?file={hand_in(owner, content).json()["id"]}'))
    for words_of_it in said:
        assert words_of_it in page, words_of_it


def test_choices_stand_in_the_address(owner: Visitor) -> None:
    """A view can be linked: how the file is read, column by column."""
    content = 'Vorname;Nachname;Mail\r\nÄnne;Weiß;aenne@x.example\r\n'.encode('cp1252')
    file_id = hand_in(owner, content).json()['id']
    page = words(owner.get(f'{PAGE}?file={file_id}&column_name=0%2B1&column_email=2&new_kind=organisation'))
    assert 'Änne Weiß' in page
    assert re.search(r'"import-new"[^}]*', page)
    wrong = words(owner.get(f'{PAGE}?file={file_id}&column_name=0%2B1&encoding=utf-8'))
    assert 'Refused rows' in wrong


def test_an_old_import_says_that_its_rows_are_gone(portal: Portal, owner: Visitor) -> None:
    """The numbers stay; what was wrong with which row is forgotten with the file."""

    async def make(_: Dependencies) -> int:
        job = await Job.create(
            kind='import', state='done', params={'params': {}, 'facts': {'name': 'old.csv'}, 'by': {}},
            total=2, failed=2, counts={'refused': 2}, created_at=START, finished_at=START,
        )  # fmt: skip
        return int(job.id)

    job_id = portal.inside(make)
    page = words(owner.get(f'{PAGE}?job={job_id}'))
    assert 'Which rows were refused, and why, was kept for 30 days.' in page
    assert 'Download refused rows' not in page
