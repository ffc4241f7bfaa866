"""On the Activity page: addresses that tried to come in and that nobody with access bears. There only if there are."""

from collections.abc import Iterator
from functools import partial

from nicegui import html
from nicegui import ui as nui

from domain.access.unknown_addresses import (
    UnknownAddress,
    UnknownAddresses,
    ignore_unknown_address,
    list_unknown_addresses,
)
from domain.actors import StaffActor
from domain.authorization import Permission, may
from domain.errors import DomainError
from domain.events import ContactsChanged, Event, UnknownAddressesChanged
from ui import live
from ui.components.basics import button, card, plain_text, toast
from ui.components.refresher import Refresher
from ui.components.when import When
from ui.dependencies import deps
from ui.devices import describe
from ui.messages import say
from ui.staff.contact_dialog import open_contact_dialog
from ui.staff.contact_words import several
from ui.staff.picking import on_page
from ui.theme import icon


class UnknownAddressesCard:
    def __init__(self, actor: StaffActor) -> None:
        """Build it in the page; `load` fills it."""
        self._actor = actor
        self._shown: UnknownAddresses | None = None
        with card('Unknown addresses', rows=True) as self._card:
            self._rows = html.div().classes('fy-rows')
        with self._card.header:
            plain_text('span', 'They tried to sign in, and no contact with access has them.').classes(
                'fy-sm fy-muted fy-hide-phone'
            )
        with self._card.foot:
            self._more = plain_text('span', '').classes('fy-sm fy-muted')
        self._card.set_visibility(False)
        self._dialogs = on_page()
        refresher = Refresher(self.load)
        live.on(UnknownAddressesChanged, refresher.ask)
        live.on(ContactsChanged, refresher.ask)

    async def load(self, _: Event | None = None) -> None:
        """Read and show."""
        found = await list_unknown_addresses(deps(), self._actor)
        if found == self._shown:
            return
        self._shown = found
        self._card.set_visibility(bool(found.newest))
        number, of_all = len(found.newest), found.of_all
        self._card.foot.set_visibility(of_all > number)
        words = f'{number} of {of_all:,}: those that tried last. Others move up as you add or ignore some of these.'
        self._more.set_text(words if of_all > number else '')
        self._rows.clear()
        with self._rows:
            for one in found.newest:
                self._row(one)

    def _row(self, one: UnknownAddress) -> None:
        with html.div().classes('fy-row fy-unknown'):
            with html.span().classes('fy-dot warn').props('aria-hidden=true'):
                nui.icon(icon('user-x'))
            with html.div().classes('fy-grow'):
                email = plain_text('div', one.email).classes('fy-strong fy-cut')
                with html.div().classes('fy-sm fy-muted'):
                    if one.contact_id is not None:
                        plain_text('div', f'{one.contact_name} {_how_known(one)}')
                    plain_text('span', f'{several(one.tries, "try", "tries")} · ')
                    When(one.last_at)
                    plain_text('span', f' · {describe(one.user_agent) if one.user_agent else "Unknown device"}')
                    plain_text('span', f' · {one.ip}')
            for made in self._acts(one):
                made.props['aria-describedby'] = email.html_id  # which of the rows it is about

    def _acts(self, one: UnknownAddress) -> Iterator[nui.button]:
        may_edit = may(self._actor, Permission.EDIT_CONTACTS)
        if one.contact_id is not None:
            yield button('Open contact', small=True).props(f'href=/staff/contacts/{one.contact_id}')
        elif may_edit:
            yield button('Add as contact', icon='user-plus', small=True, on_click=partial(self._add, one.email))
        if may_edit:
            yield button('Ignore', kind='ghost', small=True, on_click=partial(self._ignore, one))

    async def _add(self, email: str) -> None:
        with self._dialogs:
            await open_contact_dialog(self._actor, email=email, on_saved=lambda _: self.load())

    async def _ignore(self, one: UnknownAddress) -> None:
        try:
            await ignore_unknown_address(deps(), self._actor, one.id)
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        toast(f'{one.email} is ignored from now on.')
        await self.load()


def _how_known(one: UnknownAddress) -> str:
    return 'had this address before.' if one.is_former else 'has this address, but no access.'
