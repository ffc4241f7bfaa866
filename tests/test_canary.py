"""The canary run bites: whoever writes a secret down is found, wherever they write it."""

import base64
import logging
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from domain.access.magic_links import make_magic_link
from domain.dependencies import Dependencies
from storage.database import DatabaseUrl
from storage.models import Contact
from tests.factories import PASSWORD, given_contact, given_owner, token_of
from tests.support.canary import Canary, file_of, rows_of
from tests.support.databases import sqlite_only
from tests.support.logged import Log, logged
from tests.support.served import ROOT, Served


async def _look(canary: Canary, database: DatabaseUrl, log: Log) -> None:
    canary.look(the_log=log.text.encode(), the_tables=await rows_of(database), the_database_file=file_of(database))


def say_by_structlog(word: str) -> None:
    structlog.get_logger('somebody').debug('made a link', token=word)


def say_to_the_standard_log(word: str) -> None:
    logging.getLogger('a.library').warning('GET /sign-in/link/%s', word)


def say_it_in_a_traceback(word: str) -> None:
    try:
        raise ValueError(word)
    except ValueError:
        logging.getLogger('a.library').exception('failed')


@pytest.mark.parametrize('say', [say_by_structlog, say_to_the_standard_log, say_it_in_a_traceback])
async def test_what_is_logged_is_found(deps: Dependencies, canary: Canary, opened: DatabaseUrl, say: Any) -> None:
    """R60: a token, a code and a password, through either kind of log, in words and in tracebacks."""
    token, code = deps.randomness.token(), deps.randomness.code()
    await deps.hasher.hash(PASSWORD)
    for secret, kind in ((token, 'a token'), (code, 'a code'), (PASSWORD, 'a password')):
        with logged() as log:
            say(secret)
        with pytest.raises(AssertionError, match=f'{kind} in the_log'):
            await _look(canary, opened, log)
    for secret in (token, code, PASSWORD):
        canary.forget(secret)  # the fixture hears of the log, too


async def test_a_log_that_is_captured_is_heard_all_the_same() -> None:
    with logged() as log, structlog.testing.capture_logs() as captured:
        say_by_structlog('a word')
    assert 'a word' in log.text
    assert captured[0]['token'] == 'a word'


async def test_what_is_stored_is_found(deps: Dependencies, canary: Canary, opened: DatabaseUrl) -> None:
    """R2: a link as it was handed out, in a row, on either engine."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    token = token_of((await make_magic_link(deps, owner, contact.id)).url)
    await Contact.filter(id=contact.id).update(organisation=f'came by {token}')
    with logged() as log, pytest.raises(AssertionError, match='a token in the_tables'):
        await _look(canary, opened, log)
    await Contact.filter(id=contact.id).update(organisation=deps.randomness.code())
    with logged() as log, pytest.raises(AssertionError, match='a code in the_tables'):
        await _look(canary, opened, log)
    for secret in [one for one, kind in canary.secrets.items() if kind == 'a code' or one == token]:
        canary.forget(secret)


@sqlite_only
async def test_what_a_row_held_before_is_found_on_disk(deps: Dependencies, canary: Canary, opened: DatabaseUrl) -> None:
    """R2: the log of the database still has what was overwritten at once."""
    contact = await given_contact(deps)
    token = deps.randomness.token()
    await Contact.filter(id=contact.id).update(organisation=token)
    await Contact.filter(id=contact.id).update(organisation='')
    with logged() as log, pytest.raises(AssertionError, match='a token in the_database_file') as found:
        await _look(canary, opened, log)
    assert 'the_tables' not in str(found.value)
    canary.forget(token)


TOKEN = 'Zm9vYmFyLWZvb2Jhci1mb29iYXItZm9vYmFyLWZvb2J'


@pytest.mark.parametrize(
    ('secret', 'content'),
    [
        ('482913', b'the code is 482913.'),
        ('482913', b'"code": "482913"'),
        (TOKEN, b'GET /' + TOKEN.encode() + b'/x'),
        (TOKEN, b'\x00' + base64.urlsafe_b64decode(TOKEN + '=') + b'\x00'),
        ('pass word & more', b'?password=pass+word+%26+more'),
        ('pass word & more', b'value="pass word &amp; more"'),
        ('pass "word" é', b'{"typed": "pass \\"word\\" \\u00e9"}'),
        ('hunter-22', b'typed hunter-22 and left'),
    ],
)
def test_a_secret_is_found_in_every_dress(secret: str, content: bytes) -> None:
    """As it is, in an address, on a page, in JSON, and a token as its bytes."""
    canary = Canary()
    canary.note('a secret', secret)
    with pytest.raises(AssertionError, match='a secret in place'):
        canary.look(place=content)


@pytest.mark.parametrize('content', [b'2026-03-02 09:00:00.482913+00:00', b'color:#482913', b'x482913', b'14829137'])
def test_six_digits_within_something_else_are_no_find(content: bytes) -> None:
    canary = Canary()
    canary.note('a code', '482913')
    canary.look(place=content)


async def test_what_is_sealed_and_what_is_hashed_with_the_key_are_secrets(deps: Dependencies, canary: Canary) -> None:
    """What a browser alone may see, and recovery codes; the body of a mail is not one secret but holds some."""
    deps.cipher.encrypt('{"codes": "7QK2-M9RD-XW4P-3TLV 2222-3333-4444-5555"}', bound_to='client_session:1:sealed')
    deps.cipher.encrypt('{"text": "Good morning to everybody"}', bound_to='<a@b>')
    deps.cipher.keyed_hashes('9999-8888-7777-6666', bound_to='login:1:totp')
    raw = deps.randomness.secret(20)
    assert set(canary.secrets) == {
        *('7QK2-M9RD-XW4P-3TLV', '2222-3333-4444-5555', '9999-8888-7777-6666'),
        *(base64.b32encode(raw).decode(), raw.hex()),
    }


LEAKY = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import structlog
from nicegui import app
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from storage.sql import change
from tests.programs import watched
from ui import web

register = web.register

def register_leaks(deps):
    register(deps)

    async def log():
        structlog.get_logger('leak').info('made', token=deps.randomness.token())

    async def table():
        await change('UPDATE portal_settings SET firm_name = $1', deps.randomness.token())

    async def page():
        return PlainTextResponse('not ' + deps.randomness.code(), 400)

    async def away():
        return RedirectResponse('/?token=' + deps.randomness.token(), 303)

    async def typed(request: Request):
        return PlainTextResponse('wrong: ' + (await request.form())['password'], 422)

    for leak in (log, table, page, away):
        app.get('/leak/' + leak.__name__)(leak)
    app.post('/leak/typed')(typed)

web.register = register_leaks
watched.main()
"""


def test_a_served_program_is_searched_when_it_ends(tmp_path: Path) -> None:
    """R2, R60: what a program logs, stores, answers with an error or puts into an address is found; once."""
    program = tmp_path / 'leaky.py'
    program.write_text(LEAKY)
    served = Served(tmp_path / 'leaky', program=program).start()
    try:
        httpx.get(f'{served.base_url}/sign-in')
        served.look_for_secrets()
        for leak in ('log', 'table', 'page', 'away'):
            httpx.get(f'{served.base_url}/leak/{leak}')
        said = httpx.post(f'{served.base_url}/leak/typed', data={'password': 'a wrong password'})
        assert said.status_code == 422, said.text
        with pytest.raises(AssertionError) as found:
            served.look_for_secrets()
    finally:
        served.kill()
    assert set(re.findall(r'^(.+? in \w+):', str(found.value), re.MULTILINE)) == {
        'a token in the_log',
        'a token in the_tables',
        'a token in the_database_file',
        'a code in the_error_pages',
        'a token in the_error_pages',
        'what was typed in the_error_pages',
    }


def test_the_link_of_a_request_may_stand_on_its_dead_page_and_nowhere_else(tmp_path: Path) -> None:
    """R10: the page of a dead link asks for a new one with the token it was opened with."""
    served = Served(tmp_path / 'served').start()
    try:
        token = served.setup_url.partition('token=')[2]
        dead = httpx.get(f'{served.base_url}/sign-in/link/{token}')
        assert (dead.status_code, token in dead.text) == (410, True)
    finally:
        served.close()
    assert 'a token' in served.canary.secrets.values()
