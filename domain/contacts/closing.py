"""Closing the doors of contacts, one or many, inside a unit of work that holds them.

Their links and open invitations are cancelled. The sessions of a login end when no contact is left that it may enter;
otherwise those that had picked one of these contacts go on and pick again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.access.logins import forget_choices, forget_those_that_serve_nobody, login_ids_of
from domain.access.one_time_tokens import void_of_contacts, void_of_logins
from domain.access.sessions import end_sessions_of_logins
from domain.actors import Actor
from domain.audit import AuditKind, record_each
from domain.contacts.inviting import cancel_open_invitations, whom
from domain.errors import DeadLink
from domain.events import ClientSessionsMoved, ContactsChanged
from domain.unit_of_work import Work
from storage import closing_sql
from storage.closing_sql import Served
from storage.models import Contact
from storage.second_factor_claims import void_pending_of_logins


@dataclass(frozen=True)
class Revoked:
    """What revoking did, or would do, in numbers. `still_serves` names those the login may enter all the same, the
    first of them; so many `more` there are."""

    sessions: int
    links: int
    invitations: int
    still_serves: tuple[str, ...] = ()
    more: int = 0


NOTHING = Revoked(0, 0, 0)


async def give_each(work: Work, actor: Actor, contacts: Sequence[Contact]) -> list[Contact]:
    """Switch access on for those who have none; which they were. Nobody is mailed."""
    given = [contact for contact in contacts if not contact.portal_access]
    if not given:
        return []
    login_ids = await login_ids_of(work, given)
    await closing_sql.switch_on([contact.id for contact in given], work.now)
    for contact in given:
        contact.portal_access, contact.access_granted_at = True, work.now
        contact.login_id = login_ids.get(contact.id)
    await record_each(work, AuditKind.ACCESS_GRANTED, actor, [whom(contact) for contact in given])
    work.tell(ContactsChanged(tuple(one.id for one in given), tuple(dict.fromkeys(login_ids.values()))))
    return given


async def revoke(work: Work, actor: Actor, contact: Contact) -> Revoked:
    """`revoke_each` for one."""
    return (await revoke_each(work, actor, [contact]))[contact.id]


async def revoke_each(work: Work, actor: Actor, contacts: Sequence[Contact]) -> dict[int, Revoked]:
    """Switch access off and close what it opened, at once and everywhere (R13); what that was, by contact."""
    revoked = [contact for contact in contacts if contact.portal_access]
    done = {contact.id: NOTHING for contact in contacts}
    if not revoked:
        return done
    await closing_sql.switch_off([contact.id for contact in revoked], work.now)
    for contact in revoked:
        contact.portal_access, contact.access_revoked_at = False, work.now
    done |= await close_doors_of_each(work, revoked)
    said = [
        whom(contact, sessions=closed.sessions, links=closed.links, invitations=closed.invitations)
        for contact, closed in ((contact, done[contact.id]) for contact in revoked)
    ]
    await record_each(work, AuditKind.ACCESS_REVOKED, actor, said)
    work.tell(ContactsChanged(tuple(contact.id for contact in revoked)))
    return done


async def delete_each(work: Work, actor: Actor, contacts: Sequence[Contact]) -> dict[int, Revoked]:
    """Revoke, then delete (R13). What happened stays in the audit log under the names they had."""
    done = await revoke_each(work, actor, contacts)
    said = [whom(contact, email=contact.email or '') for contact in contacts]
    await record_each(work, AuditKind.CONTACT_DELETED, actor, said)
    ids, logins = [contact.id for contact in contacts], {one.login_id for one in contacts if one.login_id is not None}
    await closing_sql.delete_contacts(ids)
    await forget_choices(logins, ids)
    await forget_those_that_serve_nobody(work, logins)
    work.tell(ContactsChanged(tuple(ids)))
    return done


async def close_doors(work: Work, contact: Contact) -> Revoked:
    """`close_doors_of_each` for one."""
    return (await close_doors_of_each(work, [contact]))[contact.id]


async def close_doors_of_each(work: Work, contacts: Sequence[Contact]) -> dict[int, Revoked]:
    """Void the links and end or move the sessions that these contacts no longer open. Their rows are written already.

    What ends with a login is counted with the last of its contacts.
    """
    invitations, links = await _close_links(work, contacts)
    by_login = {contact.login_id: contact.id for contact in contacts if contact.login_id is not None}  # the last stays
    if not by_login:
        return {one.id: Revoked(0, links[one.id], int(one.id in invitations)) for one in contacts}
    await void_pending_of_logins(by_login)
    others = await closing_sql.others_of_logins(list(by_login), [contact.id for contact in contacts])
    await _move(work, [one for one in by_login if one in others], contacts)
    alone = [login_id for login_id in by_login if login_id not in others]
    for link in await void_of_logins(work, DeadLink.CANCELLED, alone):
        links[by_login[link.login_id or 0]] += 1
    alive = await closing_sql.count_alive(alone, work.now)
    served = {contact.id: others.get(contact.login_id or 0, Served()) for contact in contacts}
    await end_sessions_of_logins(work, alone, reason='revoked')
    return {
        contact.id: Revoked(
            alive.get(contact.login_id or 0, 0) if by_login.get(contact.login_id or 0) == contact.id else 0,
            links[contact.id],
            int(contact.id in invitations),
            served[contact.id].names,
            served[contact.id].more,
        )
        for contact in contacts
    }


async def _close_links(work: Work, contacts: Sequence[Contact]) -> tuple[Mapping[int, int], Counter[int]]:
    """Void the sign-in links made for these contacts, by contact how many; and their open invitations with theirs."""
    ids = [contact.id for contact in contacts]
    voided = await void_of_contacts(work, DeadLink.CANCELLED, ids)
    invitations = await cancel_open_invitations(work, contacts, DeadLink.CANCELLED)
    of_invitations = set(invitations.values())
    links = Counter(one.contact_id for one in voided if one.invitation_id not in of_invitations)
    return invitations, Counter({one: links[one] for one in ids})


async def _move(work: Work, login_ids: Sequence[int], contacts: Sequence[Contact]) -> None:
    """The sessions of logins that still serve somebody else go on, and pick again what they picked of these."""
    if login_ids:
        moved = await closing_sql.unpick(login_ids, [contact.id for contact in contacts])
        work.tell(ClientSessionsMoved(tuple(moved)))
