"""Logins: one per email address, made when a contact first needs one."""

from domain.unit_of_work import Work
from storage import queries
from storage.models import Contact, Login


async def login_for(work: Work, email: str) -> Login:
    """The login of this address, made if there is none. Two that make it at once get the same."""
    login, _ = await Login.get_or_create(email=email, defaults={'created_at': work.now})
    return login


async def open_login(email: str) -> Login | None:
    """The login of this address if it may enter: at least one contact with access."""
    login = await Login.get_or_none(email=email)
    if login is None or not await queries.contacts_of_login(login.id):
        return None
    return login


async def contact_to_address(login: Login) -> Contact | None:
    """The contact by whose name a mail to the whole login is addressed."""
    contacts = await queries.contacts_of_login(login.id)
    people = [contact for contact in contacts if contact.kind == 'person']
    return next(iter(people or contacts), None)
