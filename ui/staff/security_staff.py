"""Whether staff need a second factor."""

import asyncio
from dataclasses import replace

from nicegui import background_tasks, context, html
from nicegui import ui as nui

from domain.access.security_settings import SecuritySettings, set_staff_two_factor_required
from domain.actors import StaffActor
from ui.components.basics import button, dialog, plain_text, toast
from ui.dependencies import deps
from ui.errors import excuse
from ui.staff.confirm import with_fresh_sign_in
from ui.staff.contact_words import several

NAME = 'Staff must use two-factor'


class StaffCard:
    def __init__(self, actor: StaffActor) -> None:
        """Build it in the page; `show` fills it."""
        self._actor, self._client = actor, context.client
        self._settings: SecuritySettings | None = None
        self._turn = asyncio.Lock()
        with html.section().classes('fy-card'), html.div().classes('fy-switch'):
            with html.div():
                plain_text('h2', NAME)
                self._sentence = plain_text('p', '')
            self._switch = nui.switch(NAME, on_change=self._flipped)
            self._switch.props['aria-label'] = NAME
            self._switch.props['aria-describedby'] = self._sentence.html_id

    def show(self, settings: SecuritySettings) -> None:
        """The switch as it stands, unless it is being flipped right now."""
        self._settings = settings
        self._sentence.set_text(_sentence(settings))
        if not self._turn.locked():
            self._switch.value = settings.staff_two_factor_required

    def _flipped(self) -> None:
        if self._settings and bool(self._switch.value) != self._settings.staff_two_factor_required:
            background_tasks.create(self._obey(), name='staff two-factor')

    async def _obey(self) -> None:
        if self._turn.locked():
            return
        with self._client:
            async with self._turn:
                wanted = bool(self._switch.value)
                try:
                    if not (wanted and self._settings and self._settings.staff_without) or await self._is_meant():
                        await self._flip(wanted)
                except Exception as error:
                    if not self._client.is_deleted:
                        excuse(error)
            if self._settings and not self._client.is_deleted:
                self._switch.value = self._settings.staff_two_factor_required

    async def _flip(self, wanted: bool) -> None:
        done: list[int] = []

        async def act() -> None:
            done.append(await set_staff_two_factor_required(deps(), self._actor, wanted))

        await with_fresh_sign_in(self._actor, act)
        if not done or self._client.is_deleted:  # who is held now is on the way elsewhere
            return
        assert self._settings
        self._settings = _with(self._settings, wanted)
        toast('Staff sign in with two-factor from now on.' if wanted else 'Two-factor is up to each staff member.')

    async def _is_meant(self) -> bool:
        """Ask in numbers, and wait for the answer."""
        assert self._settings
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def say_so(yes: bool) -> None:
            if not answer.done():
                answer.set_result(yes)

        def yes() -> None:
            say_so(True)
            asked.close()

        with dialog('Require two-factor from all staff?') as asked:
            plain_text('p', f'{_who(self._settings)} sent to set it up at once, before anything else opens.')
        with asked.foot:
            button('Keep it as it is', on_click=asked.close)
            button('Require two-factor', kind='primary', on_click=yes)
        asked.on('hide', lambda: say_so(False))
        self._client.on_delete(lambda: say_so(False))
        asked.open()
        try:
            return await answer
        finally:
            if not self._client.is_deleted and not asked.is_deleted:
                asked.delete()


def _with(settings: SecuritySettings, required: bool) -> SecuritySettings:
    return replace(settings, staff_two_factor_required=required)


def _who(settings: SecuritySettings) -> str:
    others = settings.staff_without - (0 if settings.you_are_enrolled else 1)
    if settings.you_are_enrolled:
        return f'{several(others, "staff member")} without two-factor {"is" if others == 1 else "are"}'
    return f'You and {several(others, "other staff member")} without it are' if others else 'You have none yet, and are'


def _sentence(settings: SecuritySettings) -> str:
    if settings.staff_two_factor_required:
        return 'Everybody on staff confirms with an authenticator app after signing in.'
    if not settings.staff_without:
        return 'Everybody on staff has it already.'
    you = '' if settings.you_are_enrolled else ', you among them' if settings.staff_without > 1 else ': you'
    return f'{several(settings.staff_without, "staff member")} would have to set it up first{you}.'
