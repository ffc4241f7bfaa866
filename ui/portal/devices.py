"""Where a client is signed in, live: each device with a button that signs it out, and one for all the others."""

from fastapi import Request
from nicegui import app
from starlette.responses import Response

from domain.access.devices import (
    SessionRow,
    end_other_sessions,
    end_own_sessions,
    end_session,
    list_own_sessions,
)
from domain.actors import ClientActor
from domain.errors import DomainError, SecondFactorNeeded, SignedOut
from domain.events import Event, LoginChanged, PresenceChanged, SignedInEvent
from domain.language import gettext as _
from domain.language import ngettext
from ui import live, session_cookie
from ui.components.basics import button, card, plain_text, toast
from ui.components.device_list import device_list
from ui.components.door_form import door_form
from ui.components.part import Part
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.messages import say
from ui.portal.frame import leave
from ui.session_cookie import client_of, see_other

EVERYWHERE = '/sign-out/everywhere'


def register() -> None:
    """Register the route."""
    app.post(EVERYWHERE)(sign_out_everywhere)


class DevicesCard:
    def __init__(self, actor: ClientActor) -> None:
        """Build it in the page; `load` fills it, and from then on it follows what happens."""
        self._actor = actor
        with card(_('Signed-in devices'), rows=True) as sheet:
            sheet.body.props('role=list')
            self._list = Part(sheet.body, self._build)
        with sheet.foot.classes('fy-ends'):
            self._others = plain_text('span', '').classes('fy-sm fy-muted fy-grow')
            button(_('End all others'), kind='danger', on_click=self._end_others)
            with door_form(EVERYWHERE):
                button(_('Sign out everywhere'), kind='danger', submit=True)
        self._foot = sheet.foot
        self._foot.set_visibility(False)
        self._refresher = Refresher(self._refresh)
        live.on(SignedInEvent, self._hear)
        live.on(LoginChanged, self._hear)
        live.on(PresenceChanged, self._hear)

    async def load(self) -> None:
        """Read and show. Raises SignedOut, SecondFactorNeeded."""
        devices = tuple(await list_own_sessions(deps(), self._actor))
        self._list.show(*devices)
        others = len(devices) - 1
        self._others.set_text(ngettext('%d other device', '%d other devices', others) % others)
        self._foot.set_visibility(others > 0)

    def _hear(self, event: SignedInEvent | LoginChanged | PresenceChanged) -> None:
        if event.login_id == self._actor.login_id:
            self._refresher.ask(event)

    async def _refresh(self, _: Event | None) -> None:
        try:
            await self.load()
        except SignedOut:
            leave()

    def _build(self, *devices: SessionRow) -> None:
        device_list(devices, self._end)

    async def _end(self, device: SessionRow) -> None:
        try:
            await end_session(deps(), self._actor, device.id)
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        toast(_('Signed out there.'))
        self._refresher.ask()

    async def _end_others(self) -> None:
        try:
            ended = await end_other_sessions(deps(), self._actor)
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        toast(ngettext('%d other device signed out.', '%d other devices signed out.', ended) % ended)
        self._refresher.ask()


async def sign_out_everywhere(request: Request) -> Response:
    """End every session of this client, that of this browser too, and lead to the door."""
    actor = await client_of(request)
    if actor is not None:
        try:
            await end_own_sessions(deps(), actor)
        except SecondFactorNeeded:
            return see_other(live.CLIENT_PLACES.second_factor)
        except SignedOut:
            pass  # somebody else was faster
    return session_cookie.end_client(see_other('/sign-in?notice=signed-out'))
