"""In which language a client reads: its pages, and the mails to it."""

from domain.actors import ClientActor
from domain.authorization import authorise_client
from domain.dependencies import Dependencies
from domain.events import ContactsChanged
from domain.unit_of_work import deed, unit_of_work
from storage import claims
from storage.models import Contact


@deed
async def choose_language(deps: Dependencies, actor: ClientActor, language: str) -> None:
    """From now on this client reads that language, as whichever of its contacts it is here. `language` is one of ours.

    Somebody who is held at the second factor has to be able to read what is asked, so that one may too. Raises
    SignedOut.
    """
    await authorise_client(deps, actor, held=True)
    async with unit_of_work(deps) as work:
        await claims.lock_login(actor.login_id)
        others = Contact.filter(login_id=actor.login_id, portal_access=True).exclude(language=language)
        changed = tuple(int(str(one)) for one in await others.values_list('id', flat=True))
        if changed:
            await others.update(language=language)
            work.tell(ContactsChanged(changed))
