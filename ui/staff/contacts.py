"""`/staff/contacts`: everybody the firm deals with, found by typing, and what the portal is to them."""

import asyncio
from typing import Any

import structlog
from nicegui import background_tasks, context, html
from nicegui import ui as nui

from domain.activity.portal_counts import PortalCounts, portal_counts
from domain.actors import StaffActor
from domain.authorization import Permission, may
from domain.contacts.directory import PAGE_SIZE, STATUSES, ContactPage, ContactRow, find_contacts
from domain.errors import SignedOut
from domain.events import ContactsChanged, Event, SignedInEvent
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.address_bar import AddressBar
from ui.components.badge import status_words
from ui.components.basics import button, empty_state, notice, plain_text, text_field
from ui.components.chips import chips
from ui.components.live_table import Act, Badge, Cell, Column, Moment, Row, Table, Text
from ui.components.pager import page_number, pager
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page
from ui.staff.contact_dialog import open_contact_dialog
from ui.staff.contact_words import method_words, several
from ui.staff.farewell import hear_word
from ui.staff.invite_dialog import open_invite_dialog
from ui.staff.login_email_dialog import open_login_email_dialog
from ui.staff.magic_link_dialog import open_magic_link_dialog
from ui.staff.shared_counts import contacts_by_status
from ui.theme import icon

log = structlog.get_logger(__name__)

TYPING_PAUSE = 250  # milliseconds
PATIENCE = 0.3  # seconds before the list shows that it works
FIRST_LOOK = 1.5  # seconds a page waits for its rows before it shows that they are being fetched
LONGEST_SEARCH = 200


def register() -> None:
    """Register the page."""
    staff_page('/staff/contacts', title='Contacts')(contacts_page)


async def contacts_page(actor: StaffActor, search: str = '', status: str = '', page: str = '1') -> None:
    """The list, as its address has it."""
    firm_name = (await read_portal()).firm_name
    with staff_frame(actor, firm_name, here='/staff/contacts'):
        listed = ContactList(actor, search[:LONGEST_SEARCH], status if status in STATUSES else '', page_number(page))
        await listed.first_look()
    hear_word(actor)


class ContactList:
    def __init__(self, actor: StaffActor, search: str, status: str, page: int) -> None:
        """Build it in the page; `first_look` fills it."""
        self.actor, self.search, self.status = actor, search, status
        self.offset = (page - 1) * PAGE_SIZE
        self._asked = 0
        self._counted = False
        self._client = context.client
        self._head()
        self._searchrow()
        self.chips = chips('Status', [('', 'All'), *((one, status_words()[one]) for one in STATUSES)], self._pick)
        self.chips.show(None, status)
        self.error = notice('bad', 'The contacts could not be read.', live=True)
        with self.error:
            button('Try again', small=True, on_click=self.load)
        self.error.set_visibility(False)
        self.card = html.section().classes('fy-card')
        with self.card:
            self.table = Table(
                'Contact list',
                [Column('Name', '52%'), Column('Status', '140px', on_phone=False),
                 Column('Last sign-in', '120px', on_phone=False), Column('By', '112px', on_phone=False)],
                on_act=self._act,
            )  # fmt: skip
            self.pager = pager(PAGE_SIZE, self._go)
        self.empty = html.section().classes('fy-card')
        self.empty.set_visibility(False)
        self.dialogs = html.div()
        self.address = AddressBar(self._back, search=self.field)
        self.address.begin(self._query())
        refresher = Refresher(lambda change: self.load(settled=False, change=change))
        live.on(ContactsChanged, refresher.ask)
        live.on(SignedInEvent, refresher.ask)
        live.on(live.CountsNow, lambda event: self._count(event.counts))

    def _head(self) -> None:
        with html.div().classes('fy-head'):
            with html.div():
                html.h1('Contacts')
                self.count = plain_text('p', '\u00a0').classes('fy-muted fy-num')
            self.new = button('New contact', icon='plus', kind='primary', on_click=self._new)
            self.new.set_visibility(may(self.actor, Permission.EDIT_CONTACTS))

    def _searchrow(self) -> None:
        with html.div().classes('fy-row fy-searchrow').props('role=search'):
            self.field = text_field(
                '', kind='search', value=self.search, placeholder='Search contacts', autocomplete='off',
                longest=LONGEST_SEARCH, on_change=self._typed,
            )  # fmt: skip
            self.field.classes('fy-bare').style('max-width: 340px')
            self.field.props(f'aria-label="Search contacts" debounce={TYPING_PAUSE} aria-keyshortcuts="/"')
            with self.field.add_slot('prepend'):
                nui.icon(icon('search')).props('aria-hidden=true')
            with self.field.add_slot('append'):
                html.span('/').classes('fy-key fy-hide-phone').props('aria-hidden=true')

    # ── What the reader does ────────────────────────────────────────────────

    async def _typed(self) -> None:
        search = (self.field.value or '')[:LONGEST_SEARCH]
        if search != self.search:
            self.search, self.offset = search, 0
            self.address.show(self._query(), step=False)
            await self.load()

    async def _pick(self, status: str) -> None:
        self.status, self.offset = status, 0
        self.address.show(self._query(), step=True)
        await self.load()

    async def _go(self, offset: int) -> None:
        self.offset = offset
        self.address.show(self._query(), step=True)
        await self.load()

    async def _back(self, query: dict[str, str]) -> None:
        status = query.get('status', '')
        self.search, self.status = query.get('search', '')[:LONGEST_SEARCH], status if status in STATUSES else ''
        self.offset = (page_number(query.get('page', '1')) - 1) * PAGE_SIZE
        self.field.value = self.search
        await self.load()

    async def _clear(self) -> None:
        self.search, self.status, self.offset = '', '', 0
        self.field.value = ''
        self.address.show(self._query(), step=True)
        await self.load()

    async def _new(self) -> None:
        with self.dialogs:
            await open_contact_dialog(self.actor, on_saved=lambda _: self.load())

    async def _act(self, row: str, act: str) -> None:
        contact_id = int(row)
        with self.dialogs:
            match act:
                case 'invite':
                    await open_invite_dialog(self.actor, contact_id)
                case 'login_email':
                    await open_login_email_dialog(self.actor, (contact_id,))
                case 'magic_link':
                    await open_magic_link_dialog(self.actor, contact_id)

    def _query(self) -> dict[str, str]:
        page = self.offset // PAGE_SIZE + 1
        return {'search': self.search, 'status': self.status, 'page': str(page) if page > 1 else ''}

    # ── What it shows ───────────────────────────────────────────────────────

    async def first_look(self) -> None:
        """Fill the page before it is sent, unless that takes long: then it is sent as it is and filled afterwards."""

        async def read() -> None:
            with self._client:
                await self.load()

        await asyncio.wait({background_tasks.create(read(), name='first look')}, timeout=FIRST_LOOK)

    async def load(self, *, settled: bool = True, change: Event | None = None) -> None:
        """Read and show. Only the newest of several readings is shown; `settled` as for `Table.show`.

        `change` is what other tabs read again for at the same time.
        """
        self._asked += 1
        asked = self._asked
        shown = asyncio.create_task(self._show_work(asked)) if settled else None
        try:
            by_status = await contacts_by_status.get(change, self.search)
            page = await find_contacts(
                deps(), self.actor, search=self.search, status=self.status, offset=self.offset, by_status=by_status
            )
            if asked == self._asked:
                self._show(page, settled=settled)
            if not self._counted:
                self._count(await portal_counts(deps()))
        except SignedOut:
            return  # the page is being closed
        except Exception:
            log.exception('the contacts could not be read')
            if asked == self._asked and settled:
                self.error.set_visibility(True)
                self.card.set_visibility(False)
                self.empty.set_visibility(False)
        finally:
            if shown:
                shown.cancel()
            if asked == self._asked:
                self.table.set_busy(False)

    async def _show_work(self, asked: int) -> None:
        await asyncio.sleep(PATIENCE)
        if asked == self._asked:
            self.table.set_busy(True)

    def _count(self, counts: PortalCounts) -> None:
        self._counted = True
        self.count.set_text(f'{several(counts.contacts, "contact")}, {counts.with_access:,} with access')

    def _show(self, page: ContactPage, *, settled: bool) -> None:
        self.error.set_visibility(False)
        if page.offset != self.offset:
            self.offset = page.offset
            self.address.show(self._query(), step=False)
        self.chips.show({'': sum(page.by_status.values()), **page.by_status}, self.status)
        self.table.show([_row(one) for one in page.rows], settled=settled)
        self.pager.show(page.offset, len(page.rows), page.total)
        self.card.set_visibility(bool(page.rows))
        self.empty.set_visibility(not page.rows)
        self.empty.clear()
        teaches = not (page.rows or self.search or self.status)  # where the empty list offers it, once is enough
        self.new.set_visibility(may(self.actor, Permission.EDIT_CONTACTS) and not teaches)
        if not page.rows:
            with self.empty:
                self._teach()

    def _teach(self) -> None:
        if self.search or self.status:
            words = f'No contact fits “{self.search}”' if self.search else 'Nobody here right now'
            with empty_state(words, 'Try fewer letters.', art=False):
                button('Show all contacts', on_click=self._clear)
            return
        with empty_state(
            'Add your first contact',
            'People and organisations you deal with stand here, each with what the portal is to them.',
        ):
            button('New contact', icon='plus', kind='primary', on_click=self._new)
            button('Invite to Client Portal', icon='user-plus', on_click=self._invite)

    async def _invite(self) -> None:
        with self.dialogs:
            await open_invite_dialog(self.actor)


def _row(contact: ContactRow) -> Row:
    about: list[Any] = [Text(contact.email or 'No address yet', phone='never')]
    if contact.organisation:
        about.append(Text(f' · {contact.organisation}', phone='never'))
    path = f'/staff/contacts/{contact.id}'
    return Row(
        key=str(contact.id),
        name=contact.name,
        cells=(
            Cell(
                ((Text(contact.name, href=path),), (Badge(contact.status, phone='only'), *about)),
                face=(contact.name, contact.kind),
            ),
            Cell(((Badge(contact.status),),)),
            Cell(((Moment(contact.last_sign_in_at, look='muted'),),)),
            Cell(((Text(method_words(contact.last_sign_in_method), 'muted'),),)),
        ),
        menu=_acts(contact, path),
    )


def _acts(contact: ContactRow, path: str) -> tuple[Act, ...]:
    acts = [Act('open', 'Open', 'arrow-right', href=path)]
    may_enter = bool(contact.email) and contact.status not in ('no_access', 'revoked')
    if contact.status != 'joined':
        acts.append(Act('invite', 'Invite to Client Portal', 'user-plus'))
    if may_enter:
        acts.append(Act('login_email', 'Send Login Email', 'mail'))
        acts.append(Act('magic_link', 'Generate Magic Link', 'link'))
    return tuple(acts)
