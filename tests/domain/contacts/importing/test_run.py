"""A file run as a job: what becomes of each row, and that the preview had said so (`run` compares them)."""

import pytest

from domain.audit import AuditKind
from domain.contacts.importing import preview as preview_module
from domain.contacts.importing import run as run_module
from domain.contacts.invitations import invite_contact
from domain.dependencies import Dependencies
from storage.models import Contact, ImportRefusal, Invitation, JobItem, Login, OutboxMail, PortalSettings
from tests.domain.contacts.importing.files import contacts, csv, run
from tests.domain.jobs.running import outcomes
from tests.factories import audit_rows, every_row, given_contact, given_joined_client, given_owner


async def what_is_stored() -> dict[str, list[dict[str, object]]]:
    """Every row but those about files, jobs and what was recorded."""
    left_out = ('job', 'import', 'audit_event')
    return {table: rows for table, rows in (await every_row()).items() if not table.startswith(left_out)}


async def test_new_contacts(deps: Dependencies) -> None:
    """Each row becomes a contact as if staff had made it, with the login of its address; nobody is mailed."""
    owner = await given_owner(deps)
    ran = await run(
        deps,
        owner,
        csv(
            'Clara Weiss,Clara@Weiss.example,person,Weiss & Co,yes,P-1',
            'Weiss & Co,clara@weiss.example,Organisation,,no,',
            'Ines Holm,,,,,',
        ),
    )
    assert await contacts() == [
        ('Clara Weiss', 'clara@weiss.example', 'person', 'Weiss & Co', True, 'P-1'),
        ('Weiss & Co', 'clara@weiss.example', 'organisation', '', False, ''),
        ('Ines Holm', '', 'person', '', False, ''),
    ]
    assert (ran.foretold.new, ran.foretold.with_access, ran.job.made_by_id) == (3, 1, owner.staff_id)
    clara, firm, ines = await Contact.all().order_by('id')
    login = await Login.get()
    assert (clara.login_id, firm.login_id, ines.login_id) == (login.id, login.id, None)
    by_hand = await given_contact(deps, 'Clara Weiss', 'clara@weiss.example', organisation='Weiss & Co')
    same = {'id': 0, 'external_id': None, 'facets': 0}
    assert (await Contact.filter(id=clara.id).values())[0] | same == (await Contact.filter(id=by_hand.id).values())[
        0
    ] | same
    assert await OutboxMail.all().count() == 0
    created = await audit_rows(AuditKind.CONTACT_CREATED)
    assert [(row.contact_name, row.actor_name) for row in created[:3]] == [
        ('Clara Weiss', 'Sam Keller'), ('Weiss & Co', 'Sam Keller'), ('Ines Holm', 'Sam Keller')
    ]  # fmt: skip
    assert await outcomes(deps, owner, ran.job.id) == dict.fromkeys(
        ('Clara Weiss', 'Weiss & Co', 'Ines Holm'), 'done new'
    )


async def test_the_firm_says_whether_new_contacts_get_access(deps: Dependencies) -> None:
    """An empty cell follows the firm's setting, for new contacts alone."""
    owner = await given_owner(deps)
    await given_contact(deps, 'Old One', 'old@x.example', access=False)
    await PortalSettings.filter(id=1).update(new_contacts_get_access=True)
    ran = await run(
        deps, owner, csv('New One,new@x.example,,,,', 'Old One,old@x.example,,,,', 'No One,no@x.example,,,no,')
    )
    assert [(row[0], row[4]) for row in await contacts()] == [('Old One', False), ('New One', True), ('No One', False)]
    assert (ran.foretold.with_access, ran.foretold.unchanged) == (1, 1)


async def test_the_same_file_twice_changes_nothing(deps: Dependencies) -> None:
    """Not a cell, not a line in the audit log but for the job itself; whatever the rows are."""
    owner = await given_owner(deps)
    file = csv(
        'Clara Weiss,clara@weiss.example,person,Weiss,yes,P-1',
        'Clara Weiss,clara@weiss.example,person,Weiss,yes,P-2',
        'Clara Weiss,other@weiss.example,,,,',
        'Clara Weiss,other@weiss.example,organisation,,,',
        'Nobody,,,,,',
        'Nobody,,,,,',
        "'=SUM(A1),sum@x.example,,,,",
        'Broken,not an address,,,,',
    )
    first = await run(deps, owner, file)
    before = await what_is_stored()
    log = len(await audit_rows())
    second = await run(deps, owner, file)
    assert await what_is_stored() == before
    assert len(await audit_rows()) == log + 2, 'that the job was started, and that it ended'
    assert (first.foretold.new, first.foretold.unchanged, first.foretold.refused) == (5, 1, 2)
    assert (second.foretold.new, second.foretold.changed, second.foretold.unchanged) == (0, 0, 6)
    assert second.refused == first.refused == [(5, 'name', 'repeated'), (9, 'email', 'address_no_at')]


async def test_an_empty_cell_changes_nothing(deps: Dependencies) -> None:
    """Least of all access."""
    owner = await given_owner(deps)
    contact = await given_contact(deps, 'Clara Weiss', 'clara@weiss.example', organisation='Weiss')
    await Contact.filter(id=contact.id).update(external_id='P-1')
    before = await contacts()
    ran = await run(
        deps, owner, csv('Clara Weiss,,,,,P-1', header='name,email,kind,organisation,portal_access,external_id')
    )
    again = await run(deps, owner, csv('Clara Weiss,clara@weiss.example', header='name,email'))
    assert await contacts() == before
    assert (ran.foretold.unchanged, again.foretold.unchanged) == (1, 1)


async def test_what_a_row_says_is_changed(deps: Dependencies) -> None:
    """By external id whatever else is new; by address and name, accents and case aside; each with its line in the
    log."""
    owner = await given_owner(deps)
    await run(deps, owner, csv('Tomas Nunez,tomas@x.example,person,,no,', 'Old Name,two@x.example,,Old Org,yes,P-2'))
    ran = await run(
        deps,
        owner,
        csv('Tomás Núñez,TOMAS@x.example,organisation,Olivar,yes,P-1', 'New Name,new@x.example,,New Org,,P-2'),
    )
    assert await contacts() == [
        ('Tomás Núñez', 'tomas@x.example', 'organisation', 'Olivar', True, 'P-1'),
        ('New Name', 'new@x.example', 'person', 'New Org', True, 'P-2'),
    ]
    assert (ran.foretold.changed, ran.foretold.given, ran.foretold.moved) == (2, 1, 1)
    first, second = await Contact.all().order_by('id')
    assert (second.login_id, second.search_text) == ((await Login.get(email='new@x.example')).id, second.search_text)
    assert 'new@x.example' in second.search_text
    assert 'olivar' in first.search_text
    assert (first.name_key, first.organisation_key) == ('tomas nunez', 'olivar')
    (moved,) = await audit_rows(AuditKind.ADDRESS_CHANGED)
    assert (moved.contact_name, moved.detail) == ('New Name', {'before': 'two@x.example', 'after': 'new@x.example'})
    assert len(await audit_rows(AuditKind.CONTACT_EDITED)) == 2


async def test_an_external_id_is_adopted_and_never_taken_away(deps: Dependencies) -> None:
    """A contact without one gets it; one that has another is another contact."""
    owner = await given_owner(deps)
    await given_contact(deps, 'Clara Weiss', 'clara@weiss.example')
    await run(deps, owner, csv('Clara Weiss,clara@weiss.example,,,,P-1'))
    assert [row[5] for row in await contacts()] == ['P-1']
    await run(deps, owner, csv('Clara Weiss,clara@weiss.example,,,,P-2', 'Clara Weiss,clara@weiss.example,,,,P-1'))
    assert [row[5] for row in await contacts()] == ['P-1', 'P-2']


async def test_a_language_is_taken_and_never_taken_away(deps: Dependencies) -> None:
    """By its tag or its name, of new contacts and of those there are; one there is no catalogue of is left out, and its
    row goes in all the same."""
    owner = await given_owner(deps)
    await given_contact(deps, 'Clara Weiss', 'clara@weiss.example')
    header = 'name,email,Language'
    said = ['de', 'de-CH', ' German ', 'DEUTSCH', 'Englisch', 'en_GB', 'Français', 'fr', '']
    people = [f'P{number},p{number}@x.example,{one}' for number, one in enumerate(said)]
    ran = await run(deps, owner, csv('Clara Weiss,clara@weiss.example,de', *people, header=header))
    assert (ran.refused, ran.foretold.new, ran.foretold.changed) == ([], len(said), 1)
    assert [one.language for one in await Contact.all().order_by('id')] == ['de'] * 5 + ['en', 'en', '', '', '']
    again = await run(deps, owner, csv('Clara Weiss,clara@weiss.example,', *people, header=header))
    assert again.foretold.unchanged == len(said) + 1
    await run(deps, owner, csv('Clara Weiss,clara@weiss.example,Weiss AG', header='name,email,organisation'))
    clara = await Contact.get(email='clara@weiss.example')
    assert (clara.organisation, clara.language) == ('Weiss AG', 'de'), 'a file without the column leaves it alone'


async def test_several_that_fit(deps: Dependencies) -> None:
    """One that already is what the row says is meant; else the one of its kind; else nobody can tell."""
    owner = await given_owner(deps)
    for organisation in ('A', 'B'):
        await given_contact(deps, 'Twin', 'twin@x.example', organisation=organisation)
    ran = await run(deps, owner, csv('Twin,twin@x.example,,B,,', 'Twin,twin@x.example,,C,,'))
    assert ran.refused == [(3, 'name', 'several_fit')]
    assert (ran.foretold.unchanged, [row[3] for row in await contacts()]) == (1, ['A', 'B'])


async def test_a_namesake_without_address_is_another_contact(deps: Dependencies) -> None:
    """Where organisation or kind do not agree. What a row leaves empty fits, unless several would; case does not
    count."""
    owner = await given_owner(deps)
    await given_contact(deps, 'John Smith', '', organisation='Acme', access=False)
    again = await run(deps, owner, csv('JOHN SMITH,,,,,', 'john smith,,person,acme,,'))
    assert (again.foretold.changed, again.refused) == (1, [(3, 'name', 'repeated')])
    await run(
        deps,
        owner,
        csv('John Smith,,person,Zenith,,', 'John Smith,,organisation,Acme,,', 'John Smith,,,Peak,,P-1'),
    )
    there = [
        ('JOHN SMITH', '', 'person', 'Acme', False, ''),
        ('John Smith', '', 'person', 'Zenith', False, ''),
        ('John Smith', '', 'organisation', 'Acme', False, ''),
        ('John Smith', '', 'person', 'Peak', False, 'P-1'),
    ]
    assert await contacts() == there
    several = await run(deps, owner, csv('John Smith,,person,,yes,'))
    assert several.refused == [(2, 'name', 'several_fit')]
    assert await contacts() == there


async def test_the_one_who_is_exactly_that_is_meant(deps: Dependencies) -> None:
    """A namesake without organisation is edited in a list of all, whatever the others are."""
    owner = await given_owner(deps)
    await given_contact(deps, 'John Smith', '', organisation='Acme', access=True)
    await given_contact(deps, 'John Smith', '', access=False)
    await run(deps, owner, csv('John Smith,,person,,yes,'))
    assert [(row[3], row[4]) for row in await contacts()] == [('Acme', True), ('', True)]


async def test_namesakes_within_a_file(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of different organisations, none among them, they are as many contacts, however far apart they stand."""
    monkeypatch.setattr(run_module, 'LEAST', 1)
    monkeypatch.setattr(preview_module, 'BATCH', 2)
    owner = await given_owner(deps)
    namesakes = ['John Smith,,person,Acme,no,', 'John Smith,,person,Zenith,no,', 'John Smith,,person,,no,']
    between = [f'Between {one},,,,,' for one in range(4)]
    file = csv(*namesakes[:2], *between, *namesakes[2:], *namesakes, 'John Smith,,,Acme,,', 'John Smith,,person,,yes,')
    ran = await run(deps, owner, file)
    assert ran.refused == [(13, 'name', 'repeated')]
    assert (ran.foretold.new, ran.foretold.repeated) == (7, 4)
    assert [row[3] for row in await contacts() if row[0] == 'John Smith'] == ['Acme', 'Zenith', '']
    second = await run(deps, owner, file)
    assert (second.foretold.unchanged, second.refused) == (11, ran.refused)


async def test_access_that_a_file_switches_off(deps: Dependencies) -> None:
    """R13: as the switch does, at once: sessions, links and the invitation end, and nobody is mailed."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    invited = await given_contact(deps, 'Ines Holm', 'ines@holm.example')
    await invite_contact(deps, owner, invited.id)
    mails = await OutboxMail.all().count()
    ran = await run(deps, owner, csv('Clara Weiss,clara@weiss.example,,,no,', 'Ines Holm,ines@holm.example,,,0,'))
    assert (ran.foretold.changed, ran.foretold.revoked) == (2, 2)
    rows = await every_row()
    assert rows['client_session'] == []
    assert [row['voided_at'] is not None or row['used_at'] is not None for row in rows['one_time_token']] == [
        True
    ] * len(rows['one_time_token'])
    assert await Invitation.filter(cancelled_at=None, accepted_at=None).count() == 0
    assert {row.contact_id for row in await audit_rows(AuditKind.ACCESS_REVOKED)} == {client.contact_id, invited.id}
    assert (await Contact.get(id=client.contact_id)).access_revoked_at is not None
    assert await OutboxMail.all().count() == mails


async def test_the_address_of_somebody_who_came_in_is_not_for_a_file(deps: Dependencies) -> None:
    """R38: it takes a fresh proof and a word to the old address; the row is refused and says so, all of it."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    await Contact.filter(id=client.contact_id).update(external_id='P-1')
    before = await Contact.filter(id=client.contact_id).values()
    ran = await run(deps, owner, csv('Clara W,evil@x.example,,,,P-1', 'Good One,good@x.example,,,,'))
    assert ran.refused == [(2, 'email', 'entered')]
    assert await Contact.filter(id=client.contact_id).values() == before
    assert (ran.foretold.new, await OutboxMail.all().count()) == (1, 1)


async def test_an_address_that_changes_ends_the_open_invitation(deps: Dependencies) -> None:
    """R9: the old address opens nothing any more. No mail goes out, so staff ask in anew; the preview counts them."""
    owner = await given_owner(deps)
    contact = await given_contact(deps, 'Ines Holm', 'ines@holm.example')
    await invite_contact(deps, owner, contact.id)
    await Contact.filter(id=contact.id).update(external_id='P-1')
    ran = await run(deps, owner, csv('Ines Holm,new@holm.example,,,,P-1'))
    assert (ran.foretold.moved, ran.foretold.withdrawn) == (1, 1)
    moved = await Contact.get(id=contact.id)
    assert (moved.email, moved.portal_access, moved.invitation_expires_at) == ('new@holm.example', True, None)
    assert (moved.email_status, moved.login_id) == ('not_tried', (await Login.get(email='new@holm.example')).id)
    assert await OutboxMail.filter(to_address='new@holm.example').count() == 0
    assert [row['voided_at'] is not None for row in (await every_row())['one_time_token']] == [True]


async def test_each_refused_row_says_line_column_and_reason(deps: Dependencies) -> None:
    """Good rows go in all the same; lines are those of the file, whatever a cell spans; headers as they stand there."""
    owner = await given_owner(deps)
    header = 'Notes;E-Mail;NAME;Kind;Portal_Access'
    ran = await run(
        deps,
        owner,
        csv(
            '"two\r\nlines";a@x.example;Good One;Person;Yes',
            ';b@x.example;;person;yes',
            ';a@x.example, b@x.example;Two;person;yes',
            f';c@x.example;{"N" * 201};person;',
            '',
            ';d@x.example;Robot;robot;maybe',
            '"open;e@x.example;Quotes;person;',
            ';f@x.example;Good Two;;TRUE',
            ';g@x.example;Too Many;;;;more',
            ';h@x.example;Nul\x00l;;',
            header=header,
        ),
    )  # fmt: skip
    assert ran.refused == [
        (4, 'NAME', 'no_name'),
        (5, 'E-Mail', 'address_several'),
        (6, 'NAME', 'too_long'),
        (8, 'Kind', 'kind'),
        (8, 'Portal_Access', 'access'),
        (9, '', 'quotes'),
        (11, '', 'quotes'),
        (12, 'NAME', 'invisible'),
    ]
    assert [row[0] for row in await contacts()] == ['Good One', 'Good Two']
    assert (ran.foretold.refused, ran.job.failed) == (7, 7)
    assert (await ImportRefusal.get(reason='kind')).detail == 'robot'


async def test_results_stand_by_contact(deps: Dependencies) -> None:
    """A result for each contact, once, however many rows are about it."""
    owner = await given_owner(deps)
    await given_contact(deps, 'Same', 'same@x.example')
    await given_contact(deps, 'Other', 'other@x.example')
    same, new = 'Same,same@x.example,,,,', 'New,,,,,'
    ran = await run(deps, owner, csv(same, same, 'Other,other@x.example,,New,,', new, new))
    assert await outcomes(deps, owner, ran.job.id) == {
        'Same': 'skipped unchanged', 'Other': 'done changed', 'New': 'done new'
    }  # fmt: skip
    assert (await JobItem.all().count(), ran.foretold.repeated) == (3, 2)


async def test_rows_far_apart_are_about_one_contact(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """What earlier batches did is known to later ones, in the preview as in the run."""
    monkeypatch.setattr(run_module, 'LEAST', 1)
    monkeypatch.setattr(preview_module, 'BATCH', 3)
    owner = await given_owner(deps)
    await given_contact(deps, 'There', 'there@x.example')
    between = [f'Between {one},b{one}@x.example,,,,' for one in range(6)]
    first = ['There,there@x.example,,Org,,P-1', 'New,new@x.example,,,,P-2', 'Nobody,,,,,']
    again = ['Moved,there@x.example,,,,P-1', 'New,new@x.example,,,,', 'New,new@x.example,,Org,,', 'Nobody,,,,,']
    ran = await run(deps, owner, csv(*first, *between, *again, between[0]))
    assert ran.refused == [(11, 'external_id', 'repeated'), (13, 'name', 'repeated')]
    assert (ran.foretold.new, ran.foretold.changed, ran.foretold.repeated) == (8, 1, 3)
    assert [(row[0], row[5]) for row in await contacts()][:3] == [('There', 'P-1'), ('New', 'P-2'), ('Nobody', '')]
    assert await Contact.all().count() == 9
