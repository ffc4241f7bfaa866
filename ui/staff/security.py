"""`/staff/settings/security`: how clients come in, what a change of it would do in live numbers, now or from a date."""

from datetime import datetime

from nicegui import html
from nicegui import ui as nui

from domain.access.security_mode import ModePreview, cancel_planned_mode, preview_mode
from domain.access.security_policy import SecurityMode
from domain.access.security_settings import SecuritySettings, read_security
from domain.actors import StaffActor, SystemActor
from domain.authorization import Permission
from domain.errors import DomainError, NotAllowed
from domain.events import ContactsChanged, Event, LoginChanged, PresenceChanged, SecurityChanged, SignedInEvent
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.basics import button, plain_text, toast
from ui.components.option_cards import OptionCards
from ui.components.part import Part
from ui.components.refresher import Refresher
from ui.components.when import When
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page
from ui.messages import say
from ui.staff.confirm import with_fresh_sign_in
from ui.staff.once_per_change import OncePerChange
from ui.staff.security_change import ChangeCard
from ui.staff.security_lengths import LengthsCard
from ui.staff.security_staff import StaffCard
from ui.staff.security_words import SENTENCES, TITLES, Change
from ui.theme import icon

PATH = '/staff/settings/security'
CANCELLED = 'The plan is cancelled. Mail about it that still waited is not sent.'
TOO_LATE = 'There is no plan any more: it is in force, or somebody cancelled it.'


def register() -> None:
    """Register the page."""
    staff_page(PATH, title='Security', permission=Permission.CHANGE_SECURITY)(security_page)


async def security_page(actor: StaffActor) -> None:
    """How clients come in, as it is in force."""
    settings = await read_security(deps(), actor)
    with staff_frame(actor, (await read_portal()).firm_name, here=PATH, narrow=True):
        SecurityPage(actor, settings)


async def _read_preview(mode: SecurityMode) -> ModePreview:
    return await preview_mode(deps(), SystemActor(), mode)


_previews = OncePerChange(_read_preview)
"""The numbers of a change, which all open tabs show alike: counted once for each change."""


class SecurityPage:
    def __init__(self, actor: StaffActor, settings: SecuritySettings) -> None:
        """Build it in the page. Whoever gets here has been let through by `read_security`."""
        self.actor, self.settings = actor, settings
        self._chosen = settings.mode
        with html.div().classes('fy-head'), html.div():
            html.h1('Security')
            html.p('How clients prove who they are. Applies to every client at once.').classes('fy-muted')
        self._plan_box = html.div()
        self._plan = Part(self._plan_box, self._show_plan)
        options = [(mode.value, TITLES[mode], SENTENCES[mode]) for mode in SecurityMode]
        self._options = OptionCards('How clients sign in', options, self._pick)
        self.change = ChangeCard(self)
        self._staff = StaffCard(actor)
        self._lengths = LengthsCard(actor, settings)
        self.refresher = Refresher(self._refresh)
        for kind in (SignedInEvent, LoginChanged, ContactsChanged, PresenceChanged):
            live.on(kind, self._numbers_changed)
        live.on(SecurityChanged, self.refresher.ask)
        self._show()

    async def _pick(self, key: str) -> None:
        self._chosen = SecurityMode(key)
        self._show()
        await self._count(None)

    def discard(self) -> None:
        """What is in force is chosen again."""
        self._chosen = self.settings.mode
        self._show()

    def saved(self) -> None:
        """A change was made here: the page shows what is in force."""
        self._chosen = self.settings.mode
        self.refresher.ask()

    def _numbers_changed(self, event: Event) -> None:
        if self._chosen is not self.settings.mode:  # nothing is counted that nobody looks at
            self.refresher.ask(event)

    async def _refresh(self, change: Event | None) -> None:
        try:
            before, self.settings = self.settings, await read_security(deps(), self.actor)
        except NotAllowed:  # the role has changed: the page is on its way out
            return
        if self._chosen is before.mode:
            self._chosen = self.settings.mode  # nothing is being chosen here: the page follows
        self._show()
        await self._count(change)

    async def _count(self, change: Event | None) -> None:
        old, new = self.settings.mode, self._chosen
        if new is old:
            return
        numbers = await _previews.get(change, new)
        if (old, new) == (self.settings.mode, self._chosen):
            self.change.count(Change(old, new, numbers))

    def _show(self) -> None:
        now = self.settings
        badges = {now.mode.value: 'Now in use'}
        if now.next_mode is not None:
            badges[now.next_mode.value] = 'Planned'
        self._options.show(self._chosen.value, badges)
        self._plan.show(now.next_mode, now.next_from)
        self.change.show(now.mode, self._chosen)
        self._staff.show(now)
        self._lengths.show(now)

    def _show_plan(self, mode: SecurityMode | None, at: datetime | None) -> None:
        self._plan_box.set_visibility(mode is not None)
        if mode is None or at is None:
            return
        with html.div().classes('fy-notice wrap').props('role=status'):
            nui.icon(icon('calendar')).props('aria-hidden=true')
            with html.div().classes('fy-grow'):
                plain_text('b', TITLES[mode]).classes('fy-strong')
                plain_text('span', ' comes into force on ')
                When(at, 'datetime')
                plain_text('span', '.')
            button('Cancel plan', small=True, on_click=self._cancel)

    async def _cancel(self) -> None:
        done: list[bool] = []

        async def act() -> None:
            done.append(await cancel_planned_mode(deps(), self.actor))

        try:
            await with_fresh_sign_in(self.actor, act)
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        if done:
            toast(CANCELLED if done[0] else TOO_LATE)
