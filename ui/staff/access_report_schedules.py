"""Reports that come by themselves, as the page of the report lists them."""

from collections.abc import Callable, Sequence

import structlog
from nicegui import html

from domain.actors import StaffActor
from domain.contacts.contact_filter import ContactFilter
from domain.errors import DomainError, SecondFactorNeeded, SignedOut
from domain.events import ReportSchedulesChanged, TeamChanged
from domain.portal.report_mail import rhythm_in_words
from domain.portal.report_schedules import Schedule, delete_schedule, list_schedules
from ui import live
from ui.components.basics import button, card, plain_text, toast
from ui.components.refresher import Refresher
from ui.components.when import When
from ui.dependencies import deps
from ui.messages import say
from ui.staff.access_report_schedule_dialog import open_schedule_dialog
from ui.staff.access_report_words import FORMATS, sentence, to_whom, whom
from ui.staff.ask_first import ask_first
from ui.staff.picking import on_page

log = structlog.get_logger(__name__)


class Schedules:
    def __init__(self, actor: StaffActor, fits: Callable[[], ContactFilter]) -> None:
        """Build them in the page; `load` fills them. `fits` is what the page shows, for a new schedule."""
        self._actor, self._fits = actor, fits
        self._shown: Sequence[Schedule] | None = None
        self._dialogs = on_page()
        with card('Sent by mail') as self._card:
            self._none = plain_text(
                'p', 'Have this report come by mail: a link that asks for sign-in, never the report itself.'
            ).classes('fy-muted')
            self._rows = html.ul().classes('fy-rows')
        with self._card.header:
            button('Schedule', icon='calendar', small=True, on_click=self._new).classes('fy-push')
        refresher = Refresher(lambda _: self.load())
        live.on(ReportSchedulesChanged, refresher.ask)
        live.on(TeamChanged, refresher.ask)

    async def load(self) -> None:
        """Read and show which there are."""
        try:
            found = await list_schedules(deps(), self._actor)
        except (SignedOut, SecondFactorNeeded):
            return  # the page is being closed, or moved
        except Exception:
            log.exception('the report schedules could not be read')
            return
        if found == self._shown:
            return
        self._shown = found
        self._none.set_visibility(not found)
        self._rows.set_visibility(bool(found))
        self._rows.clear()
        with self._rows:
            for one in found:
                self._row(one)

    def _row(self, one: Schedule) -> None:
        with html.li().classes('fy-row wrap fy-schedule'):
            with html.div().classes('fy-grow'):
                words = rhythm_in_words(one.rhythm)
                plain_text('div', sentence(words)).classes('fy-strong')
                plain_text('div', f'{FORMATS[one.file_format]}: {whom(one.fits)}').classes('fy-sm fy-muted')
                with html.div().classes('fy-sm fy-muted'):
                    plain_text('span', to_whom(one))
                    plain_text('span', ' · Next ')
                    When(one.next_at, 'datetime')
            button('Edit', label=f'Edit: {words}', small=True, on_click=lambda: self._edit(one))
            button(
                '', icon='trash-2', label=f'Delete: {words}', kind='ghost', small=True, on_click=lambda: self._ask(one)
            )

    async def _new(self) -> None:
        with self._dialogs:
            await open_schedule_dialog(self._actor, self._fits(), None)

    async def _edit(self, one: Schedule) -> None:
        with self._dialogs:
            await open_schedule_dialog(self._actor, self._fits(), one)

    def _ask(self, one: Schedule) -> None:
        async def delete() -> None:
            try:
                await delete_schedule(deps(), self._actor, one.id)
            except DomainError as error:
                toast(say(error), kind='bad')
            else:
                toast('This report comes no more.')

        with self._dialogs:
            ask_first(
                'Delete this schedule?',
                f'The report that comes {rhythm_in_words(one.rhythm)} comes no more. Reports stay as they are.',
                'Delete',
                delete,
            )
