"""Logins: one per email address, made when a contact first needs one."""

from domain.unit_of_work import Work
from storage import claims, queries, second_factor_claims
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


async def forget_if_it_serves_nobody(work: Work, login_id: int) -> bool:
    """Inside a unit of work that holds the login: one without any contact has neither password nor second factor left,
    so that a contact that is given its address later is not entered by who bore it before. Whether it was one.

    Its sessions and links ended with the access of its last contact.
    """
    if await Contact.filter(login_id=login_id).exists():
        return False
    await Login.filter(id=login_id).update(password_hash=None, password_set_at=None)
    await second_factor_claims.forget('login', login_id)
    return True


async def login_id_of(work: Work, contact: Contact, email: str) -> int:
    """The id of the login of this contact, whose address is `email`; made if it has none.

    Whatever gives a contact an address gives it the login of that address.
    """
    return contact.login_id if contact.login_id is not None else (await held_login_for(work, email)).id


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
    contact = await Contact.get_or_none(id=contact_id)
    if contact is None or contact.login_id is None or claims.is_only_writer():
        return contact
    await claims.lock_login(contact.login_id)
    await claims.lock_contacts_of_login(contact.login_id)
    return await Contact.get_or_none(id=contact_id)


async def contact_to_address(login: Login) -> Contact | None:
    """The contact by whose name a mail to the whole login is addressed."""
    contacts = await queries.contacts_of_login(login.id)
    people = [contact for contact in contacts if contact.kind == 'person']
    return next(iter(people or contacts), None)
