"""R2 on disk: what a thief of the database file, its log or a backup finds."""

import logging
from base64 import urlsafe_b64decode

import pytest
import structlog

from domain.access.login_emails import send_login_emails
from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.sign_in_codes import ask_for_sign_in
from domain.dependencies import Dependencies
from domain.staff.owner import open_setup
from domain.staff.staff_sign_in import sign_in_staff
from storage.database import DatabaseUrl
from storage.models import ClientSession
from tests.factories import (
    PASSWORD,
    a_visitor,
    everything_stored,
    given_contact,
    given_invited,
    given_owner,
    link_in,
    newest_mail,
    token_in,
    token_of,
)
from tests.support.databases import sqlite_only


async def every_secret(deps: Dependencies) -> list[str]:
    """One of each: set-up, invitation, made link, mailed links, session ids of client and staff, browser, password."""
    setup = await open_setup(deps)
    owner = await given_owner(deps, email='olga@firm.example')
    contact = await given_contact(deps, 'Ben Amsel', 'ben@amsel.example')
    invited = await given_invited(deps, owner)
    made = await make_magic_link(deps, owner, contact.id)
    await send_login_emails(deps, owner, [contact.id])
    by_staff = token_in(await newest_mail(deps, 'ben@amsel.example'))
    await ask_for_sign_in(deps, a_visitor(browser='the-secret-of-this-browser'), 'ben@amsel.example')
    asked = token_in(await newest_mail(deps, 'ben@amsel.example'))
    signed = await redeem_magic_link(deps, a_visitor(), token_of(made.url))
    staff = await sign_in_staff(deps, a_visitor(), 'olga@firm.example', PASSWORD)
    assert setup
    links = [token_of(invited.link), token_of(made.url), by_staff, asked]
    return [setup, *links, signed.raw_session, staff, 'the-secret-of-this-browser', PASSWORD]


async def test_no_table_and_no_log_holds_a_secret(
    deps: Dependencies, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """R2, R60: every column of every table, and everything that was logged at any level meanwhile."""
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logged:
        secrets = await every_secret(deps)
    written = capsys.readouterr()
    places = (await everything_stored(), repr(logged), caplog.text, written.out + written.err)
    for secret in secrets:
        for place in places:
            assert secret not in place
    assert (await ClientSession.get()).token_hash in places[0], 'the scan sees what is there'


@sqlite_only
async def test_no_byte_of_the_file_or_its_log_holds_a_secret(deps: Dependencies, database: DatabaseUrl) -> None:
    """R2: neither as text nor as the 32 bytes it stands for; the WAL keeps what rows held before."""
    secrets = await every_secret(deps)
    files = [path for path in database.path.parent.iterdir() if path.name.startswith(database.path.name)]
    assert {path.suffix for path in files} >= {'.sqlite3', '.sqlite3-wal'}
    content = b''.join(path.read_bytes() for path in files)
    assert (await ClientSession.get()).token_hash.encode() in content, 'the scan sees what is there'
    assert b'ben@amsel.example' in content
    for secret in secrets:
        assert secret.encode() not in content
        if len(secret) == 43:
            assert urlsafe_b64decode(secret + '=') not in content
    assert b'/sign-in/link/' not in content
    assert link_in(await newest_mail(deps, 'clara@weiss.example')).encode() not in content
