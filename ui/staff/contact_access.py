"""The switch of a contact: what it would do, in numbers, and what it did."""

import asyncio
from typing import TYPE_CHECKING

from nicegui import background_tasks, context, html
from nicegui import ui as nui

from domain.authorization import Permission, may
from domain.contacts.directory import ContactView
from domain.contacts.portal_access import Revoked, give_access, revoke_access
from ui.components.basics import plain_text, toast
from ui.dependencies import deps
from ui.errors import excuse
from ui.staff.contact_words import did, named, would

if TYPE_CHECKING:
    from ui.staff.contact import ContactPage


class AccessCard:
    def __init__(self, page: 'ContactPage') -> None:
        """Build it in the page; `show` fills it."""
        self._page = page
        self._client = context.client
        self._is_on = False
        self._turn = asyncio.Lock()
        with html.section().classes('fy-card'), html.div().classes('fy-switch'):
            with html.div():
                plain_text('h2', 'Portal access')
                self._sentence = plain_text('p', '\u00a0').style('overflow-wrap: anywhere')
            self._switch = nui.switch('Portal access', on_change=self._flipped)
            self._switch.props['aria-label'] = 'Portal access'
            self._switch.set_enabled(may(page.actor, Permission.GIVE_ACCESS))
            self._switch.props['aria-describedby'] = self._sentence.html_id

    def show(self, contact: ContactView, before: Revoked) -> None:
        """The switch as it stands, unless it is being flipped right now."""
        if self._turn.locked():
            return
        self._is_on = contact.portal_access
        self._switch.value = contact.portal_access
        self._sentence.set_text(_sentence(contact, before))

    def _flipped(self) -> None:
        if bool(self._switch.value) != self._is_on or self._turn.locked():
            background_tasks.create(self._obey(), name='portal access')

    async def _obey(self) -> None:
        """Make it as the switch stands; flips that come meanwhile have their turn."""
        with self._client:
            try:
                async with self._turn:
                    await self._flip(bool(self._switch.value))
            finally:
                self._page.refresher.ask()

    async def _flip(self, wanted: bool) -> None:
        if wanted == self._is_on:
            return
        try:
            words = await (self._give() if wanted else self._revoke())
        except Exception as error:
            self._switch.value = self._is_on
            excuse(error)
            return
        self._is_on = wanted
        toast(words)

    async def _give(self) -> str:
        await give_access(deps(), self._page.actor, self._page.contact_id)
        return 'Access switched on. Nobody was mailed.'

    async def _revoke(self) -> str:
        done = await revoke_access(deps(), self._page.actor, self._page.contact_id)
        return f'Access switched off. {did(done)}'.strip()


def _sentence(contact: ContactView, before: Revoked) -> str:
    if not contact.portal_access:
        if not contact.email:
            return 'Off. An email address is needed before anybody can sign in.'
        return 'Off: nobody can sign in for this contact. Switching on mails nobody.'
    effect = would(before)
    if not contact.email:
        return 'On, but without an email address nobody can sign in.'
    if before.still_serves:
        words = f'Switching off {effect or "takes this contact away"} at once.'
        return f'{words} The login stays: still served by {named(before.still_serves, before.more)}.'
    return f'Switching off {effect} at once.' if effect else 'Switching off closes the door at once. Nobody is inside.'
