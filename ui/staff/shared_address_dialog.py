"""One address and its contacts: whom the login belongs with, another address for one of them, or none."""

from collections.abc import Awaitable, Callable

from nicegui import html
from nicegui import ui as nui

from domain.access.belonging import Belonging, Why
from domain.actors import StaffActor
from domain.authorization import Permission, may
from domain.contacts.contact_filter import LONGEST_SEARCH
from domain.contacts.directory import read_contact
from domain.contacts.portal_access import look_before_revoking
from domain.contacts.shared_addresses import (
    BEARERS,
    Bearer,
    Bearers,
    choose_for_login,
    let_names_decide,
    list_bearers,
    take_address_away,
)
from domain.errors import DomainError
from domain.events import ContactsChanged, Event, LoginChanged, SignedInEvent
from ui import live
from ui.components.basics import button, dialog, notice, plain_text, text_field, toast
from ui.components.keyset_pager import KeysetPager
from ui.components.live_table import Table
from ui.components.part import Part
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.messages import say
from ui.staff.ask_first import ask_first
from ui.staff.confirm import with_fresh_sign_in
from ui.staff.contact_dialog import open_contact_dialog
from ui.staff.contact_words import did, named, several, would
from ui.staff.picking import on_page
from ui.staff.shared_address_rows import BEARER_COLUMNS, CHOOSE, EDIT, TAKE, bearer_row
from ui.staff.shared_address_words import NOBODY, contacts_path, why_sentence, why_words
from ui.theme import icon

TYPING_PAUSE = 200  # milliseconds without a key before the list is asked


async def open_shared_address_dialog(actor: StaffActor, email: str) -> None:
    """Open it. Raises NotAllowed, SignedOut."""
    SharedAddressDialog(actor, await list_bearers(deps(), actor, email))


class SharedAddressDialog:
    def __init__(self, actor: StaffActor, bearers: Bearers) -> None:
        """Build and open; what it shows follows what happens."""
        self._actor, self._email = actor, bearers.email
        self._search = ''
        self._after: Bearer | None = None
        self._before: Bearer | None = None
        self._rows: dict[int, Bearer] = {}
        self._ground = on_page()  # for the dialogs above this one
        with dialog(bearers.email, ' ') as self.dialog:
            self._who = Part(html.div(), self._build_who)
            if bearers.number > BEARERS:
                self._build_search()
            with html.div().classes('fy-bearers'):
                self._table = Table('Contacts with this address', BEARER_COLUMNS, on_act=self._act)
                self._none = plain_text('p', 'No contact fits.').classes('fy-muted')
                self._pager = KeysetPager(self._turn)
        with self.dialog.foot:
            button('Show in contacts', kind='ghost').props['href'] = contacts_path(bearers.email)
            button('Close', on_click=self.dialog.close)
        self._refresher = Refresher(lambda _: self._load(settled=False))
        self._deaf = [live.on(kind, self._hear) for kind in (ContactsChanged, LoginChanged, SignedInEvent)]
        self._show(bearers)
        self.dialog.on('hide', self._end)
        self.dialog.open()

    def _build_search(self) -> None:
        self._field = text_field(
            '', kind='search', placeholder='Search these contacts', autocomplete='off', longest=LONGEST_SEARCH,
            on_change=self._typed,
        )  # fmt: skip
        self._field.classes('fy-bare').props(f'aria-label="Search these contacts" debounce={TYPING_PAUSE}')
        with self._field.add_slot('prepend'):
            nui.icon(icon('search')).props('aria-hidden=true')

    # ── What it shows ───────────────────────────────────────────────────────

    async def _load(self, *, settled: bool = True) -> None:
        if self.dialog.is_deleted:
            return
        asked = (self._search, self._after, self._before)
        bearers = await list_bearers(
            deps(), self._actor, self._email, search=self._search, after=self._after, before=self._before
        )
        if asked == (self._search, self._after, self._before) and not self.dialog.is_deleted:
            self._show(bearers, settled=settled)

    def _show(self, bearers: Bearers, *, settled: bool = True) -> None:
        is_shared = bearers.number > 1
        words = f'{several(bearers.number, "contact")} {"share" if is_shared else "has"} this address'
        self.dialog.set_title(self._email, words if bearers.number else 'No contact has this address any more')
        self._who.show(bearers.belongs_with, is_shared)
        self._rows = {one.id: one for one in bearers.rows}
        with_whom = bearers.belongs_with
        self._table.show(
            [
                bearer_row(
                    one,
                    belongs=is_shared and with_whom is not None and with_whom.contact_id == one.id,
                    is_chosen=with_whom is not None and with_whom.contact_id == one.id and with_whom.why is Why.CHOSEN,
                    chooses=is_shared and may(self._actor, Permission.MANAGE_LOGINS),
                    edits=may(self._actor, Permission.EDIT_CONTACTS),
                )
                for one in bearers.rows
            ],
            settled=settled,
        )
        self._table.set_visibility(bool(bearers.rows))
        self._none.set_visibility(not bearers.rows and bool(bearers.number))
        self._pager.show(previous='previous' if bearers.has_previous else '', next='next' if bearers.has_next else '')
        self._pager.say(f'{len(bearers.rows)} of {bearers.found:,}, by name')
        self._pager.strip.set_visibility(bearers.has_previous or bearers.has_next)

    def _build_who(self, with_whom: Belonging | None, is_shared: bool) -> None:
        if not is_shared:
            notice('ok', 'There is nothing left to decide.', title='This address is shared no more.', live=True)
        elif with_whom is None:
            notice('info', NOBODY)
        else:
            title = f'Mail to the login is addressed to {with_whom.name}.'
            with notice('info', why_sentence(with_whom), title=title, icon='mail'):
                if with_whom.why is Why.CHOSEN and may(self._actor, Permission.MANAGE_LOGINS):
                    button('Back to first by name', small=True, on_click=self._let_names_decide)

    def _hear(self, event: Event) -> None:
        self._refresher.ask(event)

    async def _typed(self) -> None:
        search = (self._field.value or '')[:LONGEST_SEARCH]
        if search != self._search:
            self._search, self._after, self._before = search, None, None
            await self._load()

    async def _turn(self, after: str, before: str) -> None:
        rows = list(self._rows.values())
        self._after = rows[-1] if after and rows else None
        self._before = rows[0] if before and rows else None
        await self._load()

    # ── What it does ────────────────────────────────────────────────────────

    async def _act(self, row: str, act: str) -> None:
        one = self._rows.get(int(row))
        if one is None:
            return
        if act == CHOOSE:
            await self._try(lambda: self._choose(one))
        elif act == EDIT:
            await self._try(lambda: self._edit(one))
        elif act == TAKE:
            await self._try(lambda: self._ask_before_taking(one))

    async def _choose(self, one: Bearer) -> None:
        await choose_for_login(deps(), self._actor, one.id)
        toast(f'Mail to this login is addressed to {one.name} from now on.')

    async def _let_names_decide(self) -> None:
        async def leave() -> None:
            rows = list(self._rows)
            found = await let_names_decide(deps(), self._actor, rows[0]) if rows else None
            if found:
                toast(f'Mail to this login is addressed to {found.name} again, {why_words(found)}.')

        self.dialog.focus_title()  # the button goes
        await self._try(leave)

    async def _edit(self, one: Bearer) -> None:
        contact = await read_contact(deps(), self._actor, one.id)
        with self._ground:
            await open_contact_dialog(self._actor, contact, lambda _: self._refresher.ask())

    async def _ask_before_taking(self, one: Bearer) -> None:
        before = await look_before_revoking(deps(), self._actor, one.id)
        effect = would(before)
        words = [f'Nobody can sign in for {one.name} without an address.']
        if effect:
            words.append(f'This {effect} at once.')
        words.append('The other contacts keep it. You can enter another address at any time.')
        with self._ground:
            ask_first(
                f'Take the address away from {named((one.name,))}?',
                ' '.join(words),
                'Take address away',
                lambda: self._take(one),
            )

    async def _take(self, one: Bearer) -> None:
        async def take() -> None:
            moved = await take_address_away(deps(), self._actor, one.id, self._email)
            if moved is None:
                toast(f'{one.name} has another address by now.', kind='bad')
            else:
                toast(f'{one.name} has no address any more. {did(moved.closed)}'.strip())

        await with_fresh_sign_in(self._actor, take)
        self._refresher.ask()

    async def _try(self, action: Callable[[], Awaitable[None]]) -> None:
        try:
            await action()
        except DomainError as error:
            toast(say(error), kind='bad')
        self._refresher.ask()

    def _end(self) -> None:
        for stop in self._deaf:
            stop()
        self.dialog.delete()
        self._ground.delete()
