"""The tests' own tools do what tests rely on."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import asyncpg
import pytest

from storage.database import DatabaseUrl
from tests.support.browser import Browser, axe, no_overflow
from tests.support.databases import PostgresDatabases, in_a_thread
from tests.support.served import Served
from tests.support.smtp_sink import Drip, DropAfterDot, DropMidData, Hang, Refuse, RefuseData, SmtpSink

PROGRAM = """
import http.server, os, sys
if sys.argv[1] == 'create-owner':
    sys.exit(0 if sys.stdin.read() == 'correct horse battery staple\\n' else 1)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = repr(sorted(os.environ)).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
port = int(os.environ['FOYER_PORT'])
print(f'Create the owner: http://127.0.0.1:{port}/setup?token=abc-DEF_1', flush=True)
http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler).serve_forever()
"""


def a_mail(to: str = 'ann@example.org') -> EmailMessage:
    mail = EmailMessage()
    mail['From'] = 'portal@firm.example'
    mail['To'] = to
    mail['Subject'] = 'Sign in to Zoë & Söhne'
    mail.set_content('Open http://127.0.0.1:8080/sign-in/link/abc123456_-x or type 123 456.\n')
    mail.add_alternative('<p>Sign in</p>', subtype='html')
    return mail


async def send(sink: SmtpSink, to: str = 'ann@example.org', **options: object) -> None:
    await aiosmtplib.send(a_mail(to), hostname='127.0.0.1', port=sink.port, timeout=1, **options)  # type: ignore[arg-type]


async def test_the_sink_keeps_what_it_is_given(smtp_sink: SmtpSink) -> None:
    await send(smtp_sink)
    caught = await smtp_sink.wait_for('ann@example.org')
    assert (caught.to, caught.mail_from) == ('ann@example.org', 'portal@firm.example')
    assert caught.subject == 'Sign in to Zoë & Söhne'
    assert caught.link == 'http://127.0.0.1:8080/sign-in/link/abc123456_-x'
    assert caught.code == '123456'
    assert caught.html.strip() == '<p>Sign in</p>'
    with pytest.raises(AssertionError, match='waited'):
        await smtp_sink.wait_for(2, timeout=0.05)


async def test_the_sink_misbehaves_on_demand(smtp_sink: SmtpSink) -> None:
    smtp_sink.script('ann@example.org', Refuse('451 later'), RefuseData('550 never'), DropMidData(), DropAfterDot())
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await send(smtp_sink)
    with pytest.raises(aiosmtplib.SMTPDataError):
        await send(smtp_sink)
    with pytest.raises((aiosmtplib.SMTPException, OSError)):
        await send(smtp_sink)
    assert smtp_sink.messages == []
    with pytest.raises((aiosmtplib.SMTPException, OSError)):
        await send(smtp_sink)
    assert len(smtp_sink.messages) == 1
    await send(smtp_sink)
    assert (len(smtp_sink.messages), len(smtp_sink.attempts)) == (2, 5)


@pytest.mark.parametrize('step', [Hang(30), Drip(1)])
async def test_the_sink_can_keep_a_client_waiting(smtp_sink: SmtpSink, step: Hang | Drip) -> None:
    smtp_sink.script('ann@example.org', step)
    with pytest.raises((aiosmtplib.SMTPException, TimeoutError)):
        await send(smtp_sink)


async def test_the_sink_goes_away_and_comes_back(smtp_sink: SmtpSink) -> None:
    port = smtp_sink.port
    smtp_sink.stop()
    with pytest.raises((aiosmtplib.SMTPException, OSError)):
        await send(smtp_sink)
    smtp_sink.start()
    assert smtp_sink.port == port
    await send(smtp_sink)
    assert len(smtp_sink.messages) == 1


def test_the_sink_speaks_tls_and_asks_who_is_there() -> None:
    with SmtpSink(tls='starttls', users={'foyer': 'secret'}) as sink:
        assert sink.url == f'smtp://foyer:secret@127.0.0.1:{sink.port}?starttls=required'
        with smtplib.SMTP('127.0.0.1', sink.port, timeout=5) as client:
            with pytest.raises(smtplib.SMTPException):
                client.send_message(a_mail())
            client.starttls(context=ssl.create_default_context(cafile=sink.certificate))
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login('foyer', 'wrong')
            client.login('foyer', 'secret')
            client.send_message(a_mail())
        assert len(sink.messages) == 1
    with SmtpSink(tls='implicit') as sink:
        context = ssl.create_default_context(cafile=sink.certificate)
        with smtplib.SMTP_SSL('127.0.0.1', sink.port, timeout=5, context=context) as client:
            client.send_message(a_mail())
        assert len(sink.messages) == 1


def test_the_served_program_sees_a_clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('FOYER_HOST', '0.0.0.0')
    monkeypatch.setenv('NICEGUI_SCREEN_TEST_PORT', '1')
    program = tmp_path / 'stand_in.py'
    program.write_text(PROGRAM)
    served = Served(tmp_path / 'data', program=program, settings={'mail_per_minute': '600'})
    served.create_owner()
    with served:
        assert served.setup_url == f'{served.base_url}/setup?token=abc-DEF_1'
        environment = served.environment()
        assert environment['FOYER_HOST'] == '127.0.0.1'
        assert environment['FOYER_MAIL_PER_MINUTE'] == '600'
        assert not [name for name in environment if name.startswith(('NICEGUI_', 'PYTEST_'))]
        served.kill()
        served.start()
        assert served.stop() < 5
    assert not served.is_running


PAGE = '<html lang="en"><title>A page</title><main><h1>Hello</h1>{}</main>'


async def test_the_browser_finds_what_is_wrong_with_a_page(browser: Browser) -> None:
    page = await browser.new_page(390, 800, dark=True)
    await page.set_content(PAGE.format('<p>Fine</p>'))
    assert await axe(page) == []
    await no_overflow(page)
    await page.set_content(PAGE.format('<input><div style="width: 900px">wide</div>'))
    assert 'label' in ' '.join(await axe(page))
    with pytest.raises(AssertionError, match='900px'):
        await no_overflow(page)
    await page.evaluate('setTimeout(() => { console.error("on the console"); throw new Error("on the page") })')
    await asyncio.sleep(0.2)
    assert len(browser.unexpected) == 2
    browser.allow('on the (console|page)')
    assert browser.unexpected == []


WRITTEN = """
    INSERT INTO login (email, created_at, last_sign_in_method) VALUES ('ann@example.org', now(), '');
    INSERT INTO audit_event (at, kind, outcome, actor_kind, actor_name, contact_name, ip, user_agent, detail)
        VALUES (now(), '', '', '', '', '', '', '', '{}');
    UPDATE portal_settings SET firm_name = 'Holm';
"""
HELD = """
    SELECT (SELECT count(*) FROM login), (SELECT count(*) FROM audit_event), (SELECT firm_name FROM portal_settings)
"""
NEXT_NUMBER = "INSERT INTO login (email, created_at, last_sign_in_method) VALUES ('', now(), '') RETURNING id"
NEXT_MIGRATION = "SELECT nextval('tortoise_migrations_id_seq') - count(*) FROM tortoise_migrations"


def test_a_database_that_is_used_again_is_as_new(postgres_databases: PostgresDatabases) -> None:
    """With the rows, the numbers and the guards of a new one; not used again when its tables were changed."""

    def ask(database: DatabaseUrl, *statements: str) -> list[tuple[object, ...]]:
        async def answers() -> list[tuple[object, ...]]:
            async with postgres_databases.connected(database) as connection:
                *before, last = statements
                for statement in before:
                    await connection.execute(statement)
                return [tuple(row) for row in await connection.fetch(last)]

        return in_a_thread(answers)

    used = postgres_databases.make()
    assert ask(used, WRITTEN, HELD) == [(1, 1, 'Holm')]
    postgres_databases.drop(used)
    again = postgres_databases.make()
    assert again == used
    assert ask(again, HELD) == [(0, 0, '')]
    assert ask(again, NEXT_NUMBER) == ask(again, NEXT_MIGRATION) == [(1,)]
    with pytest.raises(asyncpg.CheckViolationError):
        ask(again, WRITTEN, 'DELETE FROM audit_event RETURNING id')
    ask(again, 'ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only', HELD)
    postgres_databases.drop(again)
    new = postgres_databases.make()
    assert new != again
    postgres_databases.drop(new)
