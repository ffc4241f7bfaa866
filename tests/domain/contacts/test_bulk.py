"""Something done to many: looked at in numbers, then done as a job, to each what its single deed would do."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from domain.access.login_emails import send_login_emails
from domain.access.magic_links import redeem_magic_link
from domain.access.sessions import current_client
from domain.actors import Role, StaffActor
from domain.audit import AuditKind
from domain.contacts.bulk import LEFT_ALONE, BulkKind, DryRun, Group, group_members, look_before, start_bulk
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.directory import edit_contact
from domain.contacts.invitations import Invited, invite_contact
from domain.contacts.job_kinds import register_kinds
from domain.contacts.new_contact import ContactDetails, Kind
from domain.contacts.portal_access import Revoked, give_access, revoke_access
from domain.contacts.selection import Selection
from domain.dependencies import Dependencies
from domain.errors import NobodyChosen, NotAllowed, NumberDiffers, SignInNotFresh, TextInvalid
from domain.events import ClientSessionsEnded, ClientSessionsMoved, ContactsChanged, MailChanged, MailsChanged
from domain.jobs import kinds
from domain.jobs.kinds import JobState
from domain.mail.outbox import open_body
from storage import bulk_sql
from storage.models import ClientSession, Contact, Invitation, Login, OneTimeToken, OutboxMail
from tests.domain.jobs.running import outcomes, over, running, worked_off
from tests.factories import (
    a_visitor,
    audit_rows,
    come_in,
    every_row_but_counts,
    given_contact,
    given_invited,
    given_joined_client,
    given_one_login_on_three,
    given_owner,
    given_staff,
    heard,
    later,
    link_in,
    mails_to,
    newest_mail,
    token_in,
    token_of,
)
from tests.support.clock import FixedClock

EVERYBODY = Selection(fits=ContactFilter())


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    before = dict(kinds._kinds)
    register_kinds()
    yield
    kinds._kinds.clear()
    kinds._kinds.update(before)


async def given_all_sorts(deps: Dependencies, clock: FixedClock) -> StaffActor:
    """Contacts in every state that one can be in, each called after it; and an owner."""
    await given_invited(deps, await given_owner(deps), 'Expired', 'expired@x.example')
    later(clock, days=8)
    owner = await given_owner(deps)
    await given_contact(deps, 'New', 'new@x.example', access=False)
    await given_contact(deps, 'With access', 'access@x.example')
    await given_invited(deps, owner, 'Invited', 'invited@x.example', message='Come in!')
    await given_joined_client(deps, owner, 'Joined', 'joined@x.example')
    await given_contact(deps, 'Silent', '')
    await given_contact(deps, 'Silent, no access', '', access=False)
    await given_contact(deps, 'Revoked', 'revoked@x.example', revoked_by=owner)
    await given_one_login_on_three(deps)
    return owner


async def run(deps: Dependencies, owner: StaffActor, kind: BulkKind, **how: object) -> tuple[DryRun, dict[str, str]]:
    """The dry run, and what became of everybody."""
    dry = await look_before(deps, owner, kind, EVERYBODY)
    job_id = await start_bulk(deps, owner, kind, EVERYBODY, counted=dry.affected, **how)  # type: ignore[arg-type]
    job = await worked_off(deps, owner, job_id)
    assert (job.state, job.total, job.failed) == (JobState.DONE, dry.total, 0)
    return dry, await outcomes(deps, owner, job_id)


BECOMES = {
    BulkKind.INVITE: {
        Group.TO_INVITE: 'done invited',
        Group.TO_INVITE_AGAIN: 'done invited_again',
        Group.SHARE_ADDRESS: 'done invited',
    },
    BulkKind.LOGIN_EMAIL: {Group.TO_MAIL: 'done sent', Group.SHARE_ADDRESS: 'done sent'},
    BulkKind.GIVE_ACCESS: {Group.TO_GIVE: 'done given'},
    BulkKind.REVOKE_ACCESS: {Group.TO_REVOKE: 'done revoked'},
    BulkKind.DELETE: {Group.TO_DELETE: 'done deleted', Group.TO_DELETE_WITH_ACCESS: 'done deleted'},
    BulkKind.REMINDER: {
        Group.TO_REMIND: 'done reminded',
        Group.INVITE_EXPIRED: 'done invited_again',
        Group.NOT_INVITED: 'done invited',
    },
}


@pytest.mark.parametrize('kind', list(BECOMES))
async def test_what_was_said_before_is_what_is_done(deps: Dependencies, clock: FixedClock, kind: BulkKind) -> None:
    """The dry run and the job decide alike about everybody, and each group lists who is in it."""
    owner = await given_all_sorts(deps, clock)
    listed = {
        member.name: group
        for group in await groups_of(deps, owner, kind)
        for member in await group_members(deps, owner, kind, EVERYBODY, group)
    }
    before = await every_row_but_counts()
    dry = await look_before(deps, owner, kind, EVERYBODY)
    assert await every_row_but_counts() == before, 'looking writes nothing'
    assert dict(dry.groups) == Counter(listed.values())
    assert dry.total == 11
    dry, became = await run(deps, owner, kind)
    assert became == {name: BECOMES[kind].get(group, f'skipped {group.value}') for name, group in listed.items()}
    done = sum(1 for state in became.values() if state.startswith('done'))
    assert dry.affected - dry.groups.get(Group.REVOKED, 0) == done


async def groups_of(deps: Dependencies, owner: StaffActor, kind: BulkKind) -> list[Group]:
    return list((await look_before(deps, owner, kind, EVERYBODY)).groups)


async def test_the_groups_of_an_invitation(deps: Dependencies, clock: FixedClock) -> None:
    owner = await given_all_sorts(deps, clock)
    dry = await look_before(deps, owner, BulkKind.INVITE, EVERYBODY)
    assert dict(dry.groups) == {
        Group.TO_INVITE: 2,  # new, with access
        Group.TO_INVITE_AGAIN: 2,
        Group.SHARE_ADDRESS: 3,
        Group.REVOKED: 1,
        Group.JOINED_ALREADY: 1,
        Group.NO_ADDRESS: 2,
    }
    assert dict(dry.gains) == {Group.TO_INVITE: 1}, 'of these, one has no access yet'
    assert list(dry.groups) == [group for group in Group if group in dry.groups], 'in the order they are told'
    assert LEFT_ALONE & set(dry.groups) == {Group.JOINED_ALREADY, Group.NO_ADDRESS}
    names = [one.name for one in await group_members(deps, owner, BulkKind.INVITE, EVERYBODY, Group.SHARE_ADDRESS)]
    assert names == ['Holm Bau AG', 'Holm Stiftung', 'Ines Holm']
    first = await group_members(deps, owner, BulkKind.INVITE, EVERYBODY, Group.SHARE_ADDRESS, limit=2)
    rest = await group_members(
        deps, owner, BulkKind.INVITE, EVERYBODY, Group.SHARE_ADDRESS, after=first[-1].cursor, limit=2
    )
    assert [one.name for one in rest] == ['Ines Holm']


def alike(row: object) -> dict[str, object]:
    """A row without what tells it from the row of another contact."""
    own = {'id', 'name', 'name_key', 'search_text', 'email', 'login_id', 'contact_id', 'token_hash', 'invitation_id'}
    mail = {'to_address', 'to_name', 'body', 'message_id', 'token_id', 'contact_name', 'job_id'}
    return {name: value for name, value in row.__dict__.items() if name not in own | mail and not name.startswith('_')}


@pytest.mark.parametrize('again', [False, True])
async def test_invited_with_others_or_alone_is_the_same(deps: Dependencies, clock: FixedClock, again: bool) -> None:
    """Contact, invitation, link, mail and log of one in a job are those of one that was invited by itself."""
    staff = await given_staff(deps, name='Sam Keller')
    alone = await given_contact(deps, 'Ann One', 'ann@x.example', access=again)
    ids = [(await given_contact(deps, f'Bea {one}', f'bea{one}@x.example', access=again)).id for one in range(6)]
    if again:
        for one in (alone.id, *ids):
            await invite_contact(deps, staff, one, 'The first words')
        later(clock, hours=1)
    told = heard(deps, ContactsChanged, MailChanged, MailsChanged)
    await invite_contact(deps, staff, alone.id, '' if again else ' Hello.\r\nCome in! ')
    job_id = await start_bulk(
        deps, staff, BulkKind.INVITE, Selection(ids=tuple(ids)), message='' if again else ' Hello.\r\nCome in! '
    )
    await worked_off(deps, staff, job_id)
    bea = await Contact.get(id=ids[4])
    ann = await Contact.get(id=alone.id)
    assert alike(bea) == alike(ann)
    for table in (Invitation, OneTimeToken, OutboxMail):
        theirs = [alike(row) for row in await table.filter(contact_id=bea.id).order_by('id')]
        assert theirs == [alike(row) for row in await table.filter(contact_id=ann.id).order_by('id')] != []
    rows = [row for row in await audit_rows() if row.contact_id in (bea.id, ann.id)]
    theirs, hers = ([alike(row) for row in rows if row.contact_id == one] for one in (bea.id, ann.id))
    assert theirs == hers != []
    assert {(row.contact_name, row.login_id) for row in rows} == {('Ann One', ann.login_id), ('Bea 4', bea.login_id)}
    mails = [await newest_mail(deps, address) for address in ('ann@x.example', 'bea4@x.example')]
    texts = [mail.text.replace(link_in(mail), 'LINK') for mail in mails]
    assert texts[0].replace('Ann', 'Bea') == texts[1]
    htmls = [mail.html.replace(link_in(mail), 'LINK') for mail in mails]
    assert htmls[0].replace('Ann', 'Bea') == htmls[1]
    await redeem_magic_link(deps, a_visitor(), token_in(mails[1]))
    mail_events = [event for event in told if isinstance(event, MailsChanged)]
    assert [len(event.contact_ids) for event in mail_events if event.contact_ids] == [4, 2]
    changed = [event.contact_ids for event in told if isinstance(event, ContactsChanged)]
    assert changed[:3] == [(ann.id,), tuple(ids[:4]), tuple(ids[4:])]


async def test_every_kind_of_deed_leaves_the_same_rows(deps: Dependencies, clock: FixedClock) -> None:
    """Giving, mailing and revoking: what a contact looks like afterwards does not tell whether it was alone."""
    owner = await given_owner(deps)
    pairs = [
        await given_contact(deps, name, f'{name.lower()}@x.example', access=False) for name in ('Ann', 'Bea', 'Cid')
    ]
    ann, bea, cid = (one.id for one in pairs)
    many = Selection(ids=(bea, cid))
    await give_access(deps, owner, ann)
    await worked_off(deps, owner, await start_bulk(deps, owner, BulkKind.GIVE_ACCESS, many))
    await send_login_emails(deps, owner, [ann])
    await worked_off(deps, owner, await start_bulk(deps, owner, BulkKind.LOGIN_EMAIL, many))
    clients = {one: await come_in(deps, owner, one, a_visitor(f'10.0.0.{one}')) for one in (ann, bea, cid)}
    await revoke_access(deps, owner, ann)
    await worked_off(deps, owner, await start_bulk(deps, owner, BulkKind.REVOKE_ACCESS, many, counted=2))
    assert alike(await Contact.get(id=bea)) == alike(await Contact.get(id=ann))
    for table in (OneTimeToken, OutboxMail):
        theirs, hers = [
            [alike(row) | {'next_try_at': None} for row in await table.filter(contact_id=one).order_by('id')]
            for one in (bea, ann)
        ]  # a login email that somebody sent to one goes before those of a job
        assert theirs == hers != []
    rows = [row for row in await audit_rows() if row.actor_kind == 'staff']
    theirs, hers = ([(row.kind, row.detail) for row in rows if row.contact_id == one] for one in (bea, ann))
    assert theirs == hers
    assert len(theirs) >= 4
    for client in clients.values():
        assert await current_client(deps, client.raw) is None


async def test_revoking_many_closes_every_door_at_once(deps: Dependencies) -> None:
    """R13, R36: sessions end, links die, invitations are cancelled; a login that still serves another goes on."""
    owner = await given_owner(deps)
    clients = [await given_joined_client(deps, owner, f'C{one}', f'c{one}@x.example') for one in range(6)]
    invited = await given_invited(deps, owner, 'Invited', 'invited@x.example')
    three = [one.id for one in await given_one_login_on_three(deps)]
    shared = await come_in(deps, owner, three[0])
    told = heard(deps, ClientSessionsEnded, ClientSessionsMoved)
    chosen = Selection(ids=(*(client.contact_id for client in clients), invited.contact_id, *three[:2]))
    dry = await look_before(deps, owner, BulkKind.REVOKE_ACCESS, chosen)
    assert (dict(dry.groups), dict(dry.ends)) == ({Group.TO_REVOKE: 9}, {'sessions': 6, 'invitations': 1})
    await worked_off(deps, owner, await start_bulk(deps, owner, BulkKind.REVOKE_ACCESS, chosen, counted=9))
    ended = {one for event in told if isinstance(event, ClientSessionsEnded) for one in event.session_ids}
    assert ended == {client.actor.session_id for client in clients}
    assert {event.reason for event in told if isinstance(event, ClientSessionsEnded)} == {'revoked'}
    assert ClientSessionsMoved((shared.actor.session_id,)) in told
    assert await ClientSession.all().values_list('id', flat=True) == [shared.actor.session_id]
    still = await current_client(deps, shared.raw)
    assert still and still.contact_id is None
    assert await OneTimeToken.filter(used_at=None, voided_at=None).count() == 0
    assert (await newest_mail(deps, 'invited@x.example')).row.state == 'cancelled'
    all_three = Selection(ids=tuple(three))
    assert (await look_before(deps, owner, BulkKind.REVOKE_ACCESS, all_three)).ends == {'sessions': 1, 'invitations': 0}
    await worked_off(deps, owner, await start_bulk(deps, owner, BulkKind.REVOKE_ACCESS, all_three, counted=1))
    assert await current_client(deps, shared.raw) is None


async def test_all_contacts_of_a_login_revoked_in_one_batch(deps: Dependencies) -> None:
    """What ends with the login is counted once."""
    owner = await given_owner(deps)
    three = [one.id for one in await given_one_login_on_three(deps)]
    client = await come_in(deps, owner, three[1])
    chosen = Selection(ids=tuple(three))
    await worked_off(deps, owner, await start_bulk(deps, owner, BulkKind.REVOKE_ACCESS, chosen, counted=3))
    assert await current_client(deps, client.raw) is None
    said = [row.detail['sessions'] for row in await audit_rows(AuditKind.ACCESS_REVOKED)]
    assert sorted(said) == [0, 0, 1]


async def given_revoked(deps: Dependencies, owner: StaffActor) -> None:
    """Two whose access was revoked, one of them at the address of somebody who has it; and two who never had any."""
    await given_contact(deps, 'Revoked', 'revoked@x.example', revoked_by=owner)
    await given_contact(deps, 'Revoked, shares', 'ann@x.example', revoked_by=owner)
    await given_contact(deps, 'Revoked, silent', '', revoked_by=owner)
    await given_contact(deps, 'Ann', 'ann@x.example')
    await given_contact(deps, 'New', 'new@x.example', access=False)


async def names_with_access() -> set[str]:
    return {contact.name for contact in await Contact.filter(portal_access=True)}


async def test_whose_access_was_revoked_does_not_come_back_by_the_way(deps: Dependencies) -> None:
    """Neither by an invitation of everybody nor by a reminder; by an invitation that says so."""
    owner = await given_owner(deps)
    await given_revoked(deps, owner)
    dry, became = await run(deps, owner, BulkKind.INVITE)
    assert (dry.groups[Group.REVOKED], dry.gains) == (2, {Group.TO_INVITE: 1})
    assert became == {
        'Revoked': 'skipped was_revoked',
        'Revoked, shares': 'skipped was_revoked',
        'Revoked, silent': 'skipped no_address',
        'Ann': 'done invited',
        'New': 'done invited',
    }
    assert await names_with_access() == {'Ann', 'New'}
    await run(deps, owner, BulkKind.REMINDER)
    assert await names_with_access() == {'Ann', 'New'}
    _, became = await run(deps, owner, BulkKind.INVITE, without=(Group.SHARE_ADDRESS,))
    assert (became['Revoked'], became['Revoked, shares']) == ('done invited', 'done invited')
    assert became['Ann'] == 'skipped share_address'
    assert await names_with_access() == {'Ann', 'New', 'Revoked', 'Revoked, shares'}


async def test_whose_access_is_revoked_while_the_job_waits_stays_out(deps: Dependencies, clock: FixedClock) -> None:
    """Even where others are to come back: nobody has looked at this one."""
    owner = await given_owner(deps)
    await given_contact(deps, 'Before', 'before@x.example', revoked_by=owner)
    late = await given_contact(deps, 'Late', 'late@x.example')
    job_id = await start_bulk(deps, owner, BulkKind.INVITE, EVERYBODY, without=())
    later(clock, minutes=1)
    await revoke_access(deps, await given_owner(deps), late.id)
    await worked_off(deps, owner, job_id)
    assert await outcomes(deps, owner, job_id) == {'Before': 'done invited', 'Late': 'skipped was_revoked'}
    assert await names_with_access() == {'Before'}


async def test_nobody_is_invited_when_all_were_revoked(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    await given_contact(deps, 'Revoked', 'revoked@x.example', revoked_by=owner)
    with pytest.raises(NobodyChosen):
        await start_bulk(deps, owner, BulkKind.INVITE, EVERYBODY)


async def test_those_who_share_an_address_are_invited_each_or_left_out(deps: Dependencies) -> None:
    """Each gets a mail of its own, unless staff untick them."""
    owner = await given_owner(deps)
    await given_one_login_on_three(deps)
    await given_contact(deps, 'Ann', 'ann@x.example', access=False)
    _, became = await run(deps, owner, BulkKind.INVITE, without=(Group.SHARE_ADDRESS,))
    assert Counter(became.values()) == {'skipped share_address': 3, 'done invited': 1}
    assert await mails_to(deps, 'ines@holm.example') == []
    await run(deps, owner, BulkKind.INVITE)
    mails = await mails_to(deps, 'ines@holm.example')
    assert sorted(mail.row.to_name for mail in mails) == ['Holm Bau AG', 'Holm Stiftung', 'Ines Holm']
    assert len({link_in(mail) for mail in mails}) == 3


async def test_those_who_share_an_address_get_one_login_email_together(deps: Dependencies) -> None:
    """Even where a batch would have parted them."""
    owner = await given_owner(deps)
    first = await given_one_login_on_three(deps)
    for one in range(3):
        await given_contact(deps, f'C{one}', f'c{one}@x.example')
    fourth = await given_contact(deps, 'Holm Immobilien', 'ines@holm.example', kind=Kind.ORGANISATION)
    _, became = await run(deps, owner, BulkKind.LOGIN_EMAIL)
    assert Counter(became.values()) == {'done sent': 7}
    (mail,) = await mails_to(deps, 'ines@holm.example')
    signed = await redeem_magic_link(deps, a_visitor(), token_in(mail))
    assert {one.id for one in await Contact.filter(login_id=signed.login_id)} == {one.id for one in [*first, fourth]}  # type: ignore[union-attr]


async def test_the_fourth_login_email_voids_the_first(deps: Dependencies, clock: FixedClock) -> None:
    """R8, for many at once as for one."""
    owner = await given_owner(deps)
    ids = [(await given_contact(deps, f'C{one}', f'c{one}@x.example')).id for one in range(3)]
    for _ in range(4):
        later(clock, seconds=30)
        await worked_off(deps, owner, await start_bulk(deps, owner, BulkKind.LOGIN_EMAIL, Selection(ids=tuple(ids))))
    for contact_id in ids:
        tokens = await OneTimeToken.filter(contact_id=contact_id).order_by('id')
        assert [token.void_reason for token in tokens] == ['replaced', '', '', '']


async def test_deleting_many_asks_who_sits_there_and_how_many_they_are(deps: Dependencies, clock: FixedClock) -> None:
    """R38, and the number of contacts typed by hand. The login of somebody deleted keeps no password."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    await Login.filter(email='clara@weiss.example').update(password_hash='argon2 of something')
    kept = await given_contact(deps, 'Kept', 'kept@x.example')
    chosen = Selection(fits=ContactFilter(), but=(kept.id,))
    for wrong in (None, 2):
        with pytest.raises(NumberDiffers) as refused:
            await start_bulk(deps, owner, BulkKind.DELETE, chosen, counted=wrong)
        assert refused.value.number == 1
    later(clock, minutes=16)
    with pytest.raises(SignInNotFresh):
        await start_bulk(deps, owner, BulkKind.DELETE, chosen, counted=1)
    fresh = await given_owner(deps)
    job_id = await start_bulk(deps, fresh, BulkKind.DELETE, chosen, counted=1)
    await worked_off(deps, fresh, job_id)
    assert [one.name for one in await Contact.all()] == ['Kept']
    assert await current_client(deps, client.raw) is None
    login = await Login.get(email='clara@weiss.example')
    assert login.password_hash is None
    assert await outcomes(deps, fresh, job_id) == {'Clara Weiss': 'done deleted'}
    (row,) = await audit_rows(AuditKind.CONTACT_DELETED)
    assert (row.contact_name, row.detail) == ('Clara Weiss', {'email': 'clara@weiss.example'})


async def test_what_cannot_be_begun(deps: Dependencies) -> None:
    """Nothing is written, and it is said why."""
    owner = await given_owner(deps)
    silent = await given_contact(deps, 'Silent', '')
    before = await every_row_but_counts()
    for kind, chosen in ((BulkKind.INVITE, Selection(ids=(silent.id,))), (BulkKind.DELETE, Selection(ids=(4711,)))):
        with pytest.raises(NobodyChosen):
            await start_bulk(deps, owner, kind, chosen, counted=0)
    with pytest.raises(TextInvalid):
        await start_bulk(deps, owner, BulkKind.INVITE, EVERYBODY, message='x' * 2_001)
    staff = await given_staff(deps, Role.STAFF)
    before = await every_row_but_counts()
    with pytest.raises(NotAllowed):
        await start_bulk(deps, staff, BulkKind.EXPORT, EVERYBODY)
    with pytest.raises(ValueError, match='no job'):
        await start_bulk(deps, owner, BulkKind.EXPORT, EVERYBODY)
    assert await every_row_but_counts() == before


async def test_nobody_is_left_when_those_who_share_an_address_are_left_out(deps: Dependencies) -> None:
    """No job of which every contact would be skipped; and only that group can be left out."""
    owner = await given_owner(deps)
    await given_one_login_on_three(deps)
    before = await every_row_but_counts()
    with pytest.raises(NobodyChosen):
        await start_bulk(deps, owner, BulkKind.INVITE, EVERYBODY, without=(Group.SHARE_ADDRESS,))
    with pytest.raises(ValueError, match='to_revoke'):
        await start_bulk(deps, owner, BulkKind.REVOKE_ACCESS, EVERYBODY, without=(Group.TO_REVOKE,), counted=3)
    assert await every_row_but_counts() == before


async def test_only_those_are_meant_who_fitted_when_it_was_begun(deps: Dependencies, clock: FixedClock) -> None:
    """Who is added while the job waits was not in the numbers that somebody agreed to."""
    owner = await given_owner(deps)
    await given_contact(deps, 'Ann', 'ann@x.example', access=False)
    job_id = await start_bulk(deps, owner, BulkKind.INVITE, EVERYBODY)
    later(clock, seconds=1)
    await given_contact(deps, 'Late', 'late@x.example', access=False)
    job = await worked_off(deps, owner, job_id)
    assert (job.total, job.facts) == (1, {'contacts': 1})
    assert await outcomes(deps, owner, job_id) == {'Ann': 'done invited'}


async def test_the_few_who_fit_are_looked_for_a_stretch_at_a_time(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many do not fit, no transaction looks through all of them; nobody is left out or taken twice."""
    monkeypatch.setattr(bulk_sql, 'LOOKED_AT_ONCE', 3, raising=False)
    owner = await given_owner(deps)
    names = ['Otto', 'Fit A', *['Otto'] * 6, 'Fit B', 'Fit C', 'Fit D', 'Otto', 'Otto', 'Fit E']
    contacts = [await given_contact(deps, name, f'c{one}@x.example', access=False) for one, name in enumerate(names)]
    await Contact.filter(id=contacts[4].id).delete()
    job_id = await start_bulk(deps, owner, BulkKind.GIVE_ACCESS, Selection(fits=ContactFilter(search='fit')))
    totals: list[int] = []
    add_members = bulk_sql.add_members

    async def count(*asked: Any) -> Any:
        added = await add_members(*asked)
        totals.append(added[0])
        return added

    monkeypatch.setattr(bulk_sql, 'add_members', count)
    await worked_off(deps, owner, job_id)
    assert totals == [1, 0, 2, 1, 1]
    assert await outcomes(deps, owner, job_id) == {f'Fit {one}': 'done given' for one in 'ABCDE'}


async def test_a_contact_that_is_gone_when_its_turn_comes(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    ann = await given_contact(deps, 'Ann', 'ann@x.example', access=False)
    await given_contact(deps, 'Bea', 'bea@x.example', access=False)
    job_id = await start_bulk(deps, owner, BulkKind.INVITE, EVERYBODY)
    await Contact.filter(id=ann.id).delete()
    job = await worked_off(deps, owner, job_id)
    assert (job.done, job.total) == (1, 1)


async def test_the_mails_of_a_job_are_encrypted_each_for_itself(deps: Dependencies) -> None:
    """R2: bound to its Message-ID, like every other."""
    owner = await given_owner(deps)
    for one in range(5):
        await given_contact(deps, f'C{one}', f'c{one}@x.example', access=False)
    await run(deps, owner, BulkKind.INVITE)
    mails = await OutboxMail.all().order_by('id')
    assert len({token_of(link_in(await newest_mail(deps, mail.to_address))) for mail in mails}) == 5
    with pytest.raises(ValueError, match='decrypt'):
        open_body(deps.cipher, mails[0].body or '', mails[1].message_id)


async def test_single_deeds_beside_a_job(deps: Dependencies) -> None:
    """Staff invite, revoke and edit the very contacts that a job is at: nothing deadlocks, each has one open
    invitation at most, and every live link belongs to it."""
    owner, dice = await given_owner(deps), random.Random(7)
    contacts = [await given_contact(deps, f'C{one}', f'c{one}@x.example', access=False) for one in range(40)]
    await given_one_login_on_three(deps)
    ids = [contact.id for contact in contacts]
    jobs = [
        await start_bulk(deps, owner, BulkKind.INVITE, EVERYBODY),
        await start_bulk(deps, owner, BulkKind.GIVE_ACCESS, EVERYBODY),
    ]

    async def act(contact_id: int) -> None:
        await asyncio.sleep(dice.random() * 0.3)
        match dice.randrange(3):
            case 0:
                await invite_contact(deps, owner, contact_id)
            case 1:
                await revoke_access(deps, owner, contact_id)
            case 2:
                details = ContactDetails(Kind.PERSON, f'Renamed {contact_id}', f'moved{contact_id}@x.example')
                await edit_contact(deps, owner, contact_id, details)

    async with running(deps):
        answers = await asyncio.gather(*(act(one) for one in dice.sample(ids, 25)), return_exceptions=True)
        done = await over(deps, owner, *jobs)
    assert [answer for answer in answers if answer is not None and not isinstance(answer, Invited | Revoked)] == []
    assert [(job.state, job.failed) for job in done] == [(JobState.DONE, 0)] * 2
    for contact in await Contact.all():
        open_ones = await Invitation.filter(contact_id=contact.id, accepted_at=None, cancelled_at=None)
        live = OneTimeToken.filter(contact_id=contact.id, used_at=None, voided_at=None, purpose='invitation')
        assert len(open_ones) == await live.count() <= 1
        assert (contact.invitation_expires_at is not None) == bool(open_ones)
        assert all(one.email == contact.email for one in open_ones)
