"""The first steps: ticked by what really happened, put away for good."""

from unittest.mock import AsyncMock, patch

from tortoise import connections

from domain.contacts.directory import delete_contact
from domain.contacts.portal_access import revoke_access
from domain.dependencies import Dependencies
from domain.events import MailChanged, SettingsChanged
from domain.portal.checklist import Checklist, put_checklist_away, read_checklist, send_test_mail
from domain.portal.portal_settings import Portal, change_portal, name_firm
from storage.models import OutboxMail, PortalSettings
from tests.factories import come_in, given_contact, given_invited, given_owner, heard, later, newest_mail
from tests.support.clock import FixedClock
from tests.support.databases import sqlite_only


async def test_each_step_is_ticked_by_its_deed(deps: Dependencies) -> None:
    """Name the firm, send yourself a test mail, invite the first client, watch them join."""
    owner = await given_owner(deps)
    assert await read_checklist() == Checklist(False, False, False, False, False)
    await given_contact(deps, 'Nobody', '')
    assert (await read_checklist()).done == 0
    await name_firm(deps, owner, 'Holm')
    assert await read_checklist() == Checklist(True, False, False, False, False)
    await send_test_mail(deps, owner)
    assert await read_checklist() == Checklist(True, True, False, False, False)
    invited = await given_invited(deps, owner)
    assert await read_checklist() == Checklist(True, True, True, False, False)
    await come_in(deps, owner, invited.contact_id)
    steps = await read_checklist()
    assert (steps, steps.done) == (Checklist(True, True, True, True, False), 4)
    await revoke_access(deps, owner, invited.contact_id)
    assert (await read_checklist()).done == 4


async def test_saving_settings_without_renaming_keeps_the_day(deps: Dependencies, clock: FixedClock) -> None:
    """A step that is done stays done as of the day it was."""
    owner = await given_owner(deps)
    await name_firm(deps, owner, 'Holm')
    began = clock.now()
    later(clock, hours=1)
    await change_portal(deps, owner, Portal('Holm & Partner', True, 20, 7))
    assert (await PortalSettings.get(id=1)).firm_named_at == began


async def test_it_stays_put_away(deps: Dependencies, clock: FixedClock) -> None:
    """It can be put away; a reload never starts it again, whatever happens to the first client."""
    owner = await given_owner(deps)
    told = heard(deps, SettingsChanged)
    await put_checklist_away(deps, owner)
    assert told == [SettingsChanged()]
    first = (await PortalSettings.get(id=1)).checklist_put_away_at
    later(clock, hours=1)
    await put_checklist_away(deps, owner)
    invited = await given_invited(deps, owner)
    await delete_contact(deps, owner, invited.contact_id)
    assert (await read_checklist()).put_away
    assert (await PortalSettings.get(id=1)).checklist_put_away_at == first


async def test_the_test_mail_goes_to_who_asked(deps: Dependencies) -> None:
    """Send yourself a test mail; the step's line follows what becomes of it."""
    owner = await given_owner(deps, email='olga@firm.example', name='Olga Brandt')
    told = heard(deps, MailChanged, SettingsChanged)
    mail_id = await send_test_mail(deps, owner)
    mail = await newest_mail(deps, 'olga@firm.example')
    assert (mail.row.id, mail.row.kind, mail.row.to_name) == (mail_id, 'test_mail', 'Olga Brandt')
    assert deps.settings.public_url in mail.text
    assert told == [MailChanged(mail_id), SettingsChanged()]
    assert await OutboxMail.all().count() == 1


async def test_a_test_mail_that_does_not_go_out_ticks_nothing(deps: Dependencies) -> None:
    """The step is done when the mail server took the mail, not when somebody pressed the button."""
    owner = await given_owner(deps)
    mail_id = await send_test_mail(deps, owner)
    for state, ticked in (('queued', False), ('sending', False), ('failed', False), ('sent', True), ('captured', True)):
        await OutboxMail.filter(id=mail_id).update(state=state)
        assert (await read_checklist()).test_mail_sent is ticked


@sqlite_only
async def test_no_step_looks_at_every_contact(deps: Dependencies) -> None:
    """The dashboard shows the steps, and of a million contacts it may be that nobody has joined."""
    client = connections.get('default')
    asked = AsyncMock(wraps=client.execute_query_dict)
    with patch.object(client, 'execute_query_dict', asked):
        await read_checklist()
    about_contacts = [call.args for call in asked.await_args_list if 'FROM contact' in call.args[0]]
    assert about_contacts
    for sql, values in about_contacts:
        plan = await client.execute_query_dict(f'EXPLAIN QUERY PLAN {sql}', values)
        assert all(step['detail'].startswith('SEARCH ') for step in plan), plan
