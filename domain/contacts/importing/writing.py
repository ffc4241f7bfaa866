"""Decided rows written: new contacts, changed ones, and what follows from a change, as when staff do it one by one.

A file never sends mail. Where an address changes that an open invitation went to, that invitation ends, and staff ask
the contact in anew (domain/contacts/address_move.py); the address of a contact that somebody has come in as is not for
a file to change, since its bearer has to be told and whoever changes it to prove who sits there (R38).
"""

from collections.abc import Mapping, Sequence

from domain.actors import Actor
from domain.audit import AuditKind, record_each
from domain.contacts.address_move import move_each
from domain.contacts.closing import give_each, revoke_each
from domain.contacts.importing.matching import Decision, Fate, Known
from domain.contacts.inviting import whom
from domain.contacts.new_contact import NewContact, columns_of, insert_contacts
from domain.events import ContactsChanged
from domain.unit_of_work import Work
from storage import contact_rows
from storage.models import Contact

_EDITED = ('name', 'kind', 'organisation', 'external_id', 'email', 'language')


async def write_rows(work: Work, actor: Actor, decisions: Sequence[Decision]) -> dict[int, int]:
    """Inside a unit of work that holds the contacts that are there: the contact of each row that goes in, by number.

    `decisions` are those of one batch: each contact is made or changed by one of them at most.
    """
    ids = await _insert(work, actor, [one for one in decisions if one.fate is Fate.NEW])
    await _change(work, actor, [one for one in decisions if one.fate is Fate.CHANGED])
    made = {one.after.id: ids[one.row.number] for one in decisions if one.fate is Fate.NEW and one.after}
    for one in decisions:
        if one.before is not None and one.fate is not Fate.REFUSED:
            ids[one.row.number] = made.get(one.before.id, one.before.id)
    return ids


async def _insert(work: Work, actor: Actor, decisions: Sequence[Decision]) -> dict[int, int]:
    afters = [(one.row.number, one.after) for one in decisions if one.after is not None]
    if not afters:
        return {}
    new = [NewContact(after.details(), after.access, after.external_id) for _, after in afters]
    ids = await insert_contacts(work, actor, new)
    return {number: contact_id for (number, _), contact_id in zip(afters, ids, strict=True)}


async def _change(work: Work, actor: Actor, decisions: Sequence[Decision]) -> None:
    if not decisions:
        return
    afters = {one.after.id: one.after for one in decisions if one.after is not None}
    contacts = {one.id: one for one in await Contact.filter(id__in=list(afters)).order_by('id')}
    edited = [one.before.id for one in decisions if one.before and any(one.changes(part) for part in _EDITED)]
    await _edit(work, afters, [contacts[one] for one in edited])
    switched = [contacts[one.before.id] for one in decisions if one.before and one.changes('access')]
    await revoke_each(work, actor, [one for one in switched if not afters[one.id].access])
    moved = [contacts[one.before.id] for one in decisions if one.before and one.changes('email')]
    if moved:
        await move_each(work, actor, moved, {one.id: afters[one.id].email for one in moved})
    await record_each(work, AuditKind.CONTACT_EDITED, actor, [whom(contacts[one]) for one in edited])
    await give_each(work, actor, [one for one in switched if afters[one.id].access])
    came_to = {one.login_id for one in moved if one.login_id is not None}
    work.tell(ContactsChanged(tuple(afters), tuple(sorted(came_to))))


async def _edit(work: Work, afters: Mapping[int, Known], contacts: Sequence[Contact]) -> None:
    """Write what is typed of a contact; its address moves later, but is searched for from now on."""
    rows = []
    for contact in contacts:
        after = afters[contact.id]
        columns = columns_of(after.details())
        contact.name, contact.kind, contact.organisation = after.name, after.kind, after.organisation
        typed = {'external_id': after.external_id or None, 'language': after.language}
        rows.append({'id': contact.id, **columns, **typed})
    await contact_rows.write_details(rows, work.now)
