"""Logins: one per email address, made when a contact first needs one."""

from collections.abc import Collection, Iterable

from domain.unit_of_work import Work
from storage import claims, login_rows, queries, second_factor_claims, shared_sql
from storage.models import Contact, Login


async def login_for(work: Work, email: str) -> Login:
    """The login of this address, made if there is none. Two that make it at once get the same."""
    login, _ = await Login.get_or_create(email=email, defaults={'created_at': work.now})
    return login


async def held_login_for(work: Work, email: str) -> Login:
    """The same, held until the transaction ends: a login that serves nobody may be taken away by whoever needs its
    address (domain/access/login_address.py), and is looked for again then."""
    while True:
        login = await login_for(work, email)
        await claims.lock_login(login.id)
        if await Login.filter(id=login.id, email=email).exists():
            return login


async def held_logins_for(work: Work, emails: Collection[str], login_ids: Collection[int] = ()) -> dict[str, int]:
    """The same for many addresses: the id of the login of each. Together with them `login_ids` are held."""
    wanted = sorted(set(emails))
    held = await login_rows.hold_logins(wanted, login_ids) if wanted or login_ids else {}
    while missing := [email for email in wanted if email not in held]:
        await login_rows.make_logins(missing, work.now)
        held |= await login_rows.hold_logins(missing)
    return held


async def forget_those_that_serve_nobody(work: Work, login_ids: Collection[int]) -> list[int]:
    """Inside a unit of work that holds the logins: those without any contact have neither password nor second factor
    left, so that a contact that is given such an address later is not entered by who bore it before. Which they are.

    Their sessions and links ended with the access of their last contact.
    """
    forgotten = await claims.forget_logins_that_serve_nobody(login_ids) if login_ids else []
    if forgotten:
        await second_factor_claims.forget_all('login', forgotten)
    return forgotten


async def forget_if_it_serves_nobody(work: Work, login_id: int) -> bool:
    """The same for one. Whether it serves nobody."""
    return bool(await forget_those_that_serve_nobody(work, [login_id]))


async def forget_choices(login_ids: Collection[int], contact_ids: Collection[int]) -> None:
    """Inside a unit of work that holds the logins: they serve these contacts no more, so none of these stays chosen as
    the one they belong with (domain/access/belonging.py)."""
    if login_ids and contact_ids:
        await shared_sql.forget_choices(login_ids, contact_ids)


async def login_id_of(work: Work, contact: Contact, email: str) -> int:
    """The id of the login of this contact, whose address is `email`; made if it has none.

    Whatever gives a contact an address gives it the login of that address.
    """
    return contact.login_id if contact.login_id is not None else (await held_login_for(work, email)).id


async def login_ids_of(work: Work, contacts: Iterable[Contact]) -> dict[int, int]:
    """The same for many that have an address, by the id of the contact. All of these logins are held."""
    contacts = list(contacts)
    made = await held_logins_for(work, [one.email for one in contacts if one.login_id is None and one.email])
    found = {
        one.id: one.login_id if one.login_id is not None else made[one.email]
        for one in contacts
        if one.login_id is not None or one.email
    }
    await claims.lock_logins(sorted(set(found.values())))
    return found


async def open_login(email: str) -> Login | None:
    """The login of this address if it may enter: at least one contact with access."""
    login = await Login.get_or_none(email=email)
    if login is None or not await queries.contacts_of_login(login.id):
        return None
    return login


async def held_contact(contact_id: int) -> Contact | None:
    """The contact, with its login held so that no other deed changes it before this one ends; None when it is gone.

    Every deed takes the login first, then contacts, links and mail: taken in another order, two of them deadlock.
    """
    return next(iter(await held_contacts([contact_id])), None)


async def held_contacts(contact_ids: Collection[int], columns: Collection[str] = ()) -> list[Contact]:
    """The same of many, in the order of their ids; those that are gone are left out.

    Given `columns`, no more than these are read: the rest takes most of the time that a hundred contacts take.
    """
    wanted = Contact.filter(id__in=list(contact_ids)).order_by('id')
    if columns:
        wanted = wanted.only('id', 'login_id', *columns)
    contacts = await wanted
    if not contacts or claims.is_only_writer():
        return contacts
    login_ids = _login_ids(contacts)
    await claims.lock_logins(login_ids)
    await claims.lock_contacts(contact_ids, login_ids)
    contacts = await wanted
    if came_meanwhile := _login_ids(contacts) - login_ids:  # too late for the order: two of these may be tried again
        await claims.lock_logins(came_meanwhile)
        await claims.lock_contacts_of_logins(came_meanwhile)
    return contacts


def _login_ids(contacts: Iterable[Contact]) -> set[int]:
    return {one.login_id for one in contacts if one.login_id is not None}
