"""What stands above the list of contacts: how many there are, the search, and the menus beside it."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.authorization import Permission, may
from domain.contacts.contact_filter import LONGEST_SEARCH, ContactFilter
from ui.components.basics import button, empty_state, plain_text, text_field
from ui.components.menu_button import MenuButton
from ui.staff.contact_filters import in_force
from ui.staff.contact_list_bulk import SelectButton
from ui.staff.contact_list_counts import Known
from ui.staff.contact_list_rows import orders
from ui.staff.contact_list_view import PATH, ListView
from ui.staff.contact_list_words import total_words
from ui.theme import icon

TYPING_PAUSE = 200  # milliseconds without a key before the list is asked
Does = Callable[[], Awaitable[None]]


class ListHead:
    def __init__(self, actor: StaffActor, new: Does) -> None:
        """Title, numbers, and the ways in: `new` asks for a contact."""
        self._edits = may(actor, Permission.EDIT_CONTACTS)
        self._heard = ''
        with html.div().classes('fy-head'):
            with html.div():
                html.h1('Contacts')
                with html.p().classes('fy-muted fy-num'):
                    self._count = plain_text('span', '\u00a0')
                    html.span(' · ').props('aria-hidden=true')
                    html.a('Shared addresses').classes('fy-aside').props(f'href={PATH}/shared')
            self._import = import_button()
            self._new = button('New contact', icon='plus', kind='primary', on_click=new)
        self._said = plain_text('div', '').classes('fy-sr').props('role=status')
        self.offer(True)

    def offer(self, offered: bool) -> None:
        """The ways in, where the empty list does not offer them itself."""
        for one in (self._import, self._new):
            one.set_visibility(offered and self._edits)

    def show(self, known: Known, fits: ContactFilter) -> None:
        """How many there are. What fits a search is told to who cannot see it, once it is known."""
        self._count.set_text(total_words(known, fits))
        if known.number(fits.status) is not None:
            said = '' if fits.is_empty else total_words(known, fits)
            if said != self._heard:
                self._heard = said
                self._said.set_text(said)


class SearchRow:
    def __init__(
        self,
        actor: StaffActor,
        view: ListView,
        *,
        on_type: Callable[[str], Awaitable[None]],
        on_sort: Callable[[str], Awaitable[None]],
        on_select: Callable[[str], Any],
    ) -> None:
        """The search field and what stands beside it; `menus` is where more of that goes."""
        self._on_type = on_type
        with html.div().classes('fy-row fy-searchrow'):
            with html.div().classes('fy-searchbox').props('role=search'):
                self.field = text_field(
                    '', kind='search', value=view.fits.search, placeholder='Search contacts', autocomplete='off',
                    longest=LONGEST_SEARCH, on_change=self._typed,
                )  # fmt: skip
                self.field.classes('fy-bare')
                self.field.props(f'aria-label="Search contacts" debounce={TYPING_PAUSE} aria-keyshortcuts="/"')
                with self.field.add_slot('prepend'):
                    nui.icon(icon('search')).props('aria-hidden=true')
                with self.field.add_slot('append'):
                    html.span('/').classes('fy-key fy-hide-phone').props('aria-hidden=true')
            with html.div().classes('fy-tools'):
                self.select = SelectButton(actor, on_select)
                self._orders = MenuButton('Sort', orders(view.sort), on_sort, icon='chevrons-up-down', arrow=False)
                self.filter = button('Filter', icon='list-filter')
                self.menus = html.div().classes('fy-hug')

    def type(self, search: str) -> None:
        """This stands in the search field, whoever decided it."""
        self.field.value = search

    def follow(self, view: ListView) -> None:
        """What the list shows now."""
        self._orders.show(orders(view.sort))
        self.filter.set_text(f'Filter · {number}' if (number := len(in_force(view.fits))) else 'Filter')

    async def _typed(self) -> None:
        await self._on_type((self.field.value or '')[:LONGEST_SEARCH])


def import_button() -> nui.button:
    """To the page where a file becomes contacts."""
    return button('Import contacts', icon='upload', on_click=lambda: nui.navigate.to(f'{PATH}/import'))


def teach(actor: StaffActor, fits: ContactFilter, *, new: Does, invite: Does, clear: Does) -> None:
    """What an empty list says, and what can be done about it."""
    if not fits.is_empty:
        words = f'No contact fits “{fits.search}”' if fits.search else 'Nobody here right now'
        with empty_state(words, _why_nobody(fits), art=False):
            button('Show all contacts', on_click=clear)
        return
    with empty_state(
        'Add your first contact',
        'People and organisations you deal with stand here, each with what the portal is to them.',
    ):
        if may(actor, Permission.EDIT_CONTACTS):
            button('New contact', icon='plus', kind='primary', on_click=new)
            import_button()
        if may(actor, Permission.GIVE_ACCESS):
            button('Invite to Client Portal', icon='user-plus', on_click=invite)


def _why_nobody(fits: ContactFilter) -> str:
    if fits.signed_in_after and fits.signed_in_before and fits.signed_in_after >= fits.signed_in_before:
        return 'No day lies between the two days of the last sign-in.'
    return 'Try fewer letters, or fewer filters.' if fits.search else 'No contact fits what is asked for.'
