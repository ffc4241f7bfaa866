"""Addresses that several contacts share: which they are, whom the login of each belongs with; and putting it right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain.access.belonging import Belonging, belonging_of, belongings_of
from domain.access.login_details import WITHOUT_ACCESS
from domain.access.logins import held_contact
from domain.actors import StaffActor, SystemActor
from domain.addresses import LONGEST
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.contacts.address_move import AddressMoved
from domain.contacts.directory import write_details
from domain.contacts.new_contact import ContactDetails, Kind
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound, NoAccess, NoAddress, NoLogin
from domain.events import LoginChanged
from domain.texts import search_pattern, search_words
from domain.unit_of_work import Work, deed, unit_of_work
from storage import shared_sql
from storage.models import Contact, Login

PAGE_SIZE = 25
MOST_ROWS = 200
NAMED = 4  # contacts that the row of an address names
BEARERS = 8  # contacts on a page of those of one address


@dataclass(frozen=True)
class Bearer:
    """A contact that bears an address. `name_key` is what it is sorted by."""

    id: int
    kind: str
    name: str
    name_key: str
    organisation: str
    status: str

    @property
    def has_access(self) -> bool:
        """Whether the login may enter it, and can so belong with it."""
        return self.status not in WITHOUT_ACCESS


@dataclass(frozen=True)
class SharedAddress:
    """An address in the list: how many contacts bear it, some of them, and whom its login belongs with.

    `belongs_with` is None where none of them has access.
    """

    email: str
    number: int
    some: tuple[Bearer, ...]
    belongs_with: Belonging | None


@dataclass(frozen=True)
class SharedPage:
    """Some of the addresses. `next` and `previous`: where the pages beside it begin; empty where there is none."""

    rows: tuple[SharedAddress, ...]
    next: str = ''
    previous: str = ''


@dataclass(frozen=True)
class SharedTotals:
    """How many addresses are shared, and by how many contacts (of a search, by how many that it finds)."""

    addresses: int
    contacts: int


@dataclass(frozen=True)
class Bearers:
    """The contacts of one address, or those that a search finds: `number` bear it, `found` fit, `rows` are shown.

    An address that `number` 1 or 0 bear is shared no more.
    """

    email: str
    number: int
    found: int
    belongs_with: Belonging | None
    rows: tuple[Bearer, ...]
    has_next: bool = False
    has_previous: bool = False


async def list_shared(
    deps: Dependencies,
    actor: StaffActor,
    *,
    search: str = '',
    after: str = '',
    before: str = '',
    limit: int = PAGE_SIZE,
) -> SharedPage:
    """A page of the shared addresses, A to Z. Of a search, an address is there when one of its contacts has every word;
    that contact is then among `some`.

    `after` and `before` are `next` and `previous` of another page. One that no address can be is the beginning; one
    behind the last row is the last page. Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    words, limit = _patterns(search), max(1, min(limit, MOST_ROWS))
    after, before = _place(after), _place(before)
    if before and (page := await _page_before(words, before, limit)):
        return await _filled(deps, page, words)
    page = await _page_after(words, after, limit)
    if after and not page.emails:
        page = await _page_before(words, after, limit) or await _page_after(words, '', limit)
    return await _filled(deps, page, words)


async def count_shared(deps: Dependencies, actor: StaffActor | SystemActor, search: str = '') -> SharedTotals:
    """How many there are, exactly. Read beside everything else; cancelling the caller ends it in the database.

    Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    return SharedTotals(*await shared_sql.count_addresses(_patterns(search)))


async def list_bearers(
    deps: Dependencies,
    actor: StaffActor,
    email: str,
    *,
    search: str = '',
    after: Bearer | None = None,
    before: Bearer | None = None,
    limit: int = BEARERS,
) -> Bearers:
    """The contacts of one address by name: those behind `after`, or the last ones in front of `before`.

    Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    words, now, limit = _patterns(search), deps.clock.now(), max(1, min(limit, MOST_ROWS))
    number = (await shared_sql.count_bearers([email])).get(email, 0)
    found = await shared_sql.count_bearers_with(email, words) if words else number
    edge, backwards = (before, True) if before else (after, False)
    place = (edge.name_key, edge.id) if edge else None
    rows = await shared_sql.list_bearers(email, words, now, beyond=place, backwards=backwards, limit=limit + 1)
    if edge and (len(rows) <= limit if backwards else not rows):  # the beginning, or behind the end
        edge, backwards = None, False
        rows = await shared_sql.list_bearers(email, words, now, limit=limit + 1)
    more, shown = len(rows) > limit, [_bearer(row) for row in rows[:limit]]
    return Bearers(
        email,
        number,
        found,
        await belonging_of(email),
        tuple(shown[::-1] if backwards else shown),
        has_next=more or backwards,
        has_previous=more if backwards else edge is not None,
    )


# ── Putting it right ─────────────────────────────────────────────────────────


@deed
async def choose_for_login(deps: Dependencies, actor: StaffActor, contact_id: int) -> Belonging | None:
    """Have the login of this contact belong with it: mail to the whole login is addressed by its name from now on.

    Raises ContactNotFound, NoAddress, NoLogin, NoAccess for a contact the login may not enter, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_LOGINS)
    async with unit_of_work(deps) as work:
        contact = await _held(contact_id)
        if not contact.portal_access:
            raise NoAccess(contact.id, contact.name)
        return await _choose(work, actor, contact, contact.id)


@deed
async def let_names_decide(deps: Dependencies, actor: StaffActor, contact_id: int) -> Belonging | None:
    """Take back what staff chose for the login of this contact: it belongs with the first person by name again.

    Raises ContactNotFound, NoAddress, NoLogin, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_LOGINS)
    async with unit_of_work(deps) as work:
        contact = await _held(contact_id)
        return await _choose(work, actor, contact, None)


@deed
async def take_address_away(deps: Dependencies, actor: StaffActor, contact_id: int, email: str) -> AddressMoved | None:
    """The contact bears no address any more, with all that a change of address does (`edit_contact`).

    None, and nothing is done, when it does not bear this one (any more). Raises ContactNotFound, SignInNotFresh where
    somebody came in as this contact (R38), NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    async with unit_of_work(deps) as work:
        contact = await held_contact(contact_id)
        if contact is None:
            raise ContactNotFound(contact_id)
        if not email or contact.email != email:
            return None
        details = ContactDetails(Kind(contact.kind), contact.name, '', contact.organisation, contact.language)
        return await write_details(work, actor, contact, details)


async def _held(contact_id: int) -> Contact:
    contact = await held_contact(contact_id)
    if contact is None:
        raise ContactNotFound(contact_id)
    if contact.email is None:
        raise NoAddress(contact.id, contact.name)
    if contact.login_id is None:
        raise NoLogin(contact.id, contact.name)
    return contact


async def _choose(work: Work, actor: StaffActor, contact: Contact, chosen_id: int | None) -> Belonging | None:
    """Nothing is written where nothing changes."""
    email, login_id = contact.email or '', contact.login_id or 0
    login, before = await Login.get(id=login_id), await belonging_of(email)
    if login.belongs_with_id == chosen_id:
        return before
    await Login.filter(id=login_id).update(belongs_with_id=chosen_id)
    after = await belonging_of(email)
    await record(
        work,
        AuditKind.LOGIN_BELONGS_WITH,
        actor,
        login_id=login_id,
        contact_name=after.name if after else '',
        address=email,
        before=before.name if before else '',
        after=after.name if after else '',
        chosen=chosen_id is not None,
    )
    work.tell(LoginChanged(login_id))
    return after


# ── Pages ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Page:
    emails: Sequence[str]
    more_before: bool
    more_after: bool


async def _page_after(words: Sequence[str], place: str, limit: int) -> _Page:
    found = await shared_sql.list_addresses(words, beyond=place, limit=limit + 1)
    return _Page(found[:limit], bool(place), len(found) > limit)


async def _page_before(words: Sequence[str], place: str, limit: int) -> _Page | None:
    """None when there is not a whole page before it: then it is the first one."""
    found = await shared_sql.list_addresses(words, beyond=place, backwards=True, limit=limit + 1)
    return _Page(found[:limit][::-1], len(found) > limit, more_after=True) if len(found) >= limit else None


async def _filled(deps: Dependencies, page: _Page, words: Sequence[str]) -> SharedPage:
    numbers = await shared_sql.count_bearers(page.emails) if page.emails else {}
    rows = await shared_sql.first_bearers(page.emails, words, deps.clock.now(), NAMED)
    belongings = await belongings_of(page.emails)
    shared = tuple(
        SharedAddress(
            email,
            numbers[email],
            tuple(_bearer(row) for row in rows if row['email'] == email),
            belongings.get(email),
        )
        for email in page.emails
        if numbers.get(email, 0) > 1  # one may have changed since the addresses were read
    )
    return SharedPage(
        shared,
        next=page.emails[-1] if page.more_after else '',
        previous=page.emails[0] if page.more_before and page.emails else '',
    )


def _bearer(row: dict[str, Any]) -> Bearer:
    return Bearer(int(row['id']), row['kind'], row['name'], row['name_key'], row['organisation'] or '', row['status'])


def _patterns(search: str) -> tuple[str, ...]:
    return tuple(search_pattern(word) for word in search_words(search))


def _place(cursor: str) -> str:
    """Nothing in it is believed: what no address can be is no place."""
    return cursor if cursor.isprintable() and len(cursor) <= LONGEST else ''
