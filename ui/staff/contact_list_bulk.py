"""What is done with those who are ticked: the bar at the bottom of the list, there only while somebody is."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import html

from domain.actors import StaffActor
from domain.authorization import may
from domain.contacts.bulk import PERMISSIONS, BulkKind
from ui.components.basics import button, plain_text
from ui.components.menu_button import LINE, Entry, Item, MenuButton, Title
from ui.staff.contact_list_ticks import Ticks
from ui.staff.contact_words import several

WORDS = {
    BulkKind.INVITE: ('Invite to Client Portal', 'user-plus'),
    BulkKind.LOGIN_EMAIL: ('Send Login Email', 'mail'),
    BulkKind.REMINDER: ('Send reminder', 'bell'),
    BulkKind.GIVE_ACCESS: ('Give access', 'lock-open'),
    BulkKind.REVOKE_ACCESS: ('Revoke access', 'ban'),
    BulkKind.EXPORT: ('Export', 'download'),
    BulkKind.DELETE: ('Delete', 'trash-2'),
}
_GROUPS = (
    (BulkKind.INVITE, BulkKind.LOGIN_EMAIL, BulkKind.REMINDER),
    (BulkKind.GIVE_ACCESS, BulkKind.REVOKE_ACCESS),
    (BulkKind.EXPORT,),
    (BulkKind.DELETE,),
)
_AT_HAND = ((BulkKind.INVITE, 'Invite'), (BulkKind.LOGIN_EMAIL, 'Send Login Email'))
_DESTROYS = (BulkKind.REVOKE_ACCESS, BulkKind.DELETE)
NAME = 'Bulk actions'
PAGE, ALL = 'page', 'all'


def offered(actor: StaffActor) -> list[Entry]:
    """What this member may do to many, as items of a menu."""
    entries: list[Entry] = []
    for group in _GROUPS:
        items = [
            Item(kind, WORDS[kind][0], WORDS[kind][1], danger=kind in _DESTROYS)
            for kind in group
            if may(actor, PERMISSIONS[kind])
        ]
        entries += [LINE, *items] if entries and items else items
    return entries


class BulkBar:
    """Built at the end of the list. `show` follows the ticks; `on_all` ticks all that fit, `on_clear` none."""

    def __init__(
        self,
        actor: StaffActor,
        *,
        on_act: Callable[[BulkKind], Awaitable[None]],
        on_all: Callable[[], Any],
        on_clear: Callable[[], Any],
    ) -> None:
        self._announced = ''
        self._said = plain_text('div', '').classes('fy-sr').props('role=status')
        with html.div().classes('fy-bulk').props('role=toolbar') as self._bar:
            self._bar.props['aria-label'] = 'Selected contacts'
            self._words = plain_text('span', '').classes('fy-strong fy-num fy-bulk-words')
            self._all = button('Select all', on_click=on_all)
            html.span().classes('sep fy-hide-phone')
            for kind, words in _AT_HAND:
                if may(actor, PERMISSIONS[kind]):
                    at_hand = button(words, icon=WORDS[kind][1], on_click=lambda kind=kind: on_act(kind))
                    at_hand.classes('fy-hide-phone')
            self.menu = MenuButton(NAME, offered(actor), lambda kind: on_act(BulkKind(kind)), up=True)
            button('', icon='x', label='Clear selection', on_click=on_clear)
        self._bar.set_visibility(False)

    def show(self, ticks: Ticks, total: int | None, on_page: int) -> None:
        """How many are ticked, where `total` fit (None: not known yet), and `on_page` of those ticked can be seen."""
        number = ticks.number(total)
        self._bar.set_visibility(bool(ticks))
        self._words.set_text(_words(ticks, number, on_page))
        self._all.set_visibility(not ticks.is_whole and (total is None or number is None or number < total))
        self._all.set_text('Select all that fit' if total is None else f'Select all {total:,}')
        self._announce(ticks, number)

    def focus(self) -> None:
        """To what can be done, when what had the focus is gone."""
        self.menu.run_method('focus')

    def _announce(self, ticks: Ticks, number: int | None) -> None:
        if not ticks:
            words = 'Nobody is selected' if self._announced else ''
        elif number is None:
            words = 'All contacts that fit are selected'
        else:
            words = f'{several(number, "contact")} selected'
        if words != self._announced:
            self._announced = words
            self._said.set_text(words)


def _words(ticks: Ticks, number: int | None, on_page: int) -> str:
    if number is None:
        return 'All that fit selected'
    if ticks.is_whole:
        return f'All {number:,} selected'
    elsewhere = '' if ticks.is_all or on_page == number else f', {number - on_page:,} not on this page'
    return f'{number:,} selected{elsewhere}'


def selecting(actor: StaffActor, total: int | None) -> list[Entry]:
    """What the button offers while nobody is ticked: to tick, or to do something to all that fit."""
    every = 'all that fit' if total is None else f'all {total:,}'
    ticks = [Item(PAGE, 'Select this page', 'list-checks'), Item(ALL, f'Select {every}', 'users')]
    return [*ticks, LINE, Title(f'With {every}'), *offered(actor)]


class SelectButton:
    """The same button above the list, there while nobody is ticked: whatever it does begins by ticking."""

    def __init__(self, actor: StaffActor, on_pick: Callable[[str], Any]) -> None:
        self._actor = actor
        self._menu = MenuButton(NAME, selecting(actor, None), on_pick)

    def show(self, *, is_away: bool, total: int | None) -> None:
        """Away while the bar has it."""
        self._menu.show(selecting(self._actor, total))
        self._menu.classes(add='fy-away') if is_away else self._menu.classes(remove='fy-away')

    def focus(self) -> None:
        """To it, when what had the focus is gone."""
        self._menu.run_method('focus')
