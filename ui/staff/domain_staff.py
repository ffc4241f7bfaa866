"""Whether staff pages open at the firm's own domain too, or at the base address alone."""

import asyncio

from nicegui import background_tasks, context, html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.portal.custom_domain import OwnDomain, keep_staff_at_base
from ui.components.basics import plain_text, toast
from ui.dependencies import deps
from ui.errors import excuse
from ui.staff.confirm import with_fresh_sign_in

NAME = 'Staff pages at the base address only'


class StaffHostCard:
    def __init__(self, actor: StaffActor) -> None:
        """Build it in the page; shown while there is a domain."""
        self._actor, self._client, self._is_on = actor, context.client, False
        self._turn = asyncio.Lock()
        with html.section().classes('fy-card') as self._card, html.div().classes('fy-switch'):
            with html.div():
                plain_text('h2', NAME)
                described = self._sentence = plain_text('p', '')
            self._switch = nui.switch(NAME, on_change=self._flipped)
            self._switch.props['aria-label'] = NAME
            self._switch.props['aria-describedby'] = described.html_id

    def show(self, domain: OwnDomain, base_url: str) -> None:
        """The switch as it stands, unless it is being flipped right now."""
        self._card.set_visibility(bool(domain.host))
        self._is_on = domain.staff_at_base_only
        self._sentence.set_text(
            f'At {domain.host} nobody finds a staff page, you included. They stay at {base_url}/staff.'
        )
        if not self._turn.locked():
            self._switch.value = self._is_on

    def _flipped(self) -> None:
        if bool(self._switch.value) != self._is_on:
            background_tasks.create(self._obey(), name='staff host')

    async def _obey(self) -> None:
        if self._turn.locked():
            return
        with self._client:
            async with self._turn:
                wanted = bool(self._switch.value)

                async def act() -> None:
                    await keep_staff_at_base(deps(), self._actor, wanted)

                try:
                    if await with_fresh_sign_in(self._actor, act) and not self._client.is_deleted:
                        self._is_on = wanted
                        toast('Staff pages are at the base address only.' if wanted else 'Staff pages open at both.')
                except Exception as error:
                    if not self._client.is_deleted:
                        excuse(error)
            if not self._client.is_deleted:
                self._switch.value = self._is_on
