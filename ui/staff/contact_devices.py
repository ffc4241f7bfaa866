"""The devices a contact is signed in on, each with a button that ends it, and one for all of them."""

from typing import TYPE_CHECKING

from domain.access.devices import SessionRow, end_all_sessions, end_session_of_contact
from domain.authorization import Permission, may
from domain.errors import DomainError
from ui.components.basics import button, card, plain_text, toast
from ui.components.device_list import device_list
from ui.components.offer import offer
from ui.components.part import Part
from ui.dependencies import deps
from ui.messages import say
from ui.staff.contact_words import several

if TYPE_CHECKING:
    from ui.staff.contact import ContactPage


class DevicesCard:
    def __init__(self, page: 'ContactPage') -> None:
        """Build it in the page; `show` fills it."""
        self._page = page
        self._may_end = may(page.actor, Permission.MANAGE_LOGINS)
        with card('Signed-in devices', rows=True) as self._card:
            self._devices = Part(self._card.body, self._build)
        self._body = self._card.body
        with self._card.foot:
            self._effect = plain_text('span', '').classes('fy-sm fy-muted fy-grow')
            self._end_all_button = button('End all sessions', kind='danger', small=True, on_click=self._end_all)
        self._card.props('tabindex=-1')
        self._card.foot.set_visibility(self._may_end)

    def show(self, devices: tuple[SessionRow, ...]) -> None:
        """The browsers that are signed in, newest first."""
        self._devices.show(*devices)
        self._effect.set_text(f'Signs {several(len(devices), "device")} out at once.' if devices else '')
        offer(self._end_all_button, '' if devices else 'Nobody is signed in')

    def _build(self, *devices: SessionRow) -> None:
        self._body.props['role'] = 'list' if devices else 'none'
        if not devices:
            plain_text('p', 'Nobody is signed in.').classes('fy-muted fy-sm').style(
                'padding: var(--s3) var(--s5) var(--s5)'
            )
            return
        device_list(devices, self._end if self._may_end else None)

    async def _end(self, device: SessionRow) -> None:
        try:
            await end_session_of_contact(deps(), self._page.actor, self._page.contact_id, device.id)
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        self._card.run_method('focus')  # the button goes
        toast('1 session ended.')
        self._page.refresher.ask()

    async def _end_all(self) -> None:
        try:
            ended = await end_all_sessions(deps(), self._page.actor, self._page.contact_id)
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        self._card.run_method('focus')  # the button can do nothing more
        toast(f'{several(ended, "session")} ended.')
        self._page.refresher.ask()
