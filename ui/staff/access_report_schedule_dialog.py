"""When a report comes by itself, in which form, whom it is about, and who is told."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from nicegui import html
from nicegui import ui as nui

from domain.activity.access_report import FileFormat
from domain.actors import StaffActor
from domain.contacts.contact_filter import ContactFilter
from domain.errors import DomainError
from domain.portal.report_mail import weekdays
from domain.portal.report_schedules import Schedule, Wish, save_schedule, who_can_be_told
from domain.portal.report_times import Every, Rhythm
from domain.view_errors import MayNotExport, NobodyToTell, ZoneUnknown
from ui.components.basics import button, dialog, plain_text, toast
from ui.components.time_field import TimeField
from ui.dependencies import deps
from ui.messages import say
from ui.staff.access_report_words import FORMATS, RHYTHMS, sentence, whom

EIGHT = 8 * 60
K = TypeVar('K')


async def open_schedule_dialog(actor: StaffActor, on_page: ContactFilter, schedule: Schedule | None) -> None:
    """A new one of what the page shows, or `schedule` to be changed."""
    form = ScheduleForm(actor, on_page, schedule)
    await form.load()
    form.dialog.open()


class ScheduleForm:
    def __init__(self, actor: StaffActor, on_page: ContactFilter, schedule: Schedule | None) -> None:
        """Build it closed; `load` adds who can be told."""
        self._actor, self._schedule, self._on_page = actor, schedule, on_page
        self._fits = schedule.fits if schedule else on_page
        self._every = schedule.rhythm.every if schedule else Every.WEEK
        self._format = schedule.file_format if schedule else FileFormat.XLSX
        self._told: dict[int, nui.checkbox] = {}
        title = 'Change schedule' if schedule else 'Schedule this report'
        with dialog(title, 'A mail with a link that asks for sign-in.', has_fields=True) as self.dialog:
            self._build_when(schedule.rhythm if schedule else Rhythm(Every.WEEK, EIGHT, ''))
            self._build_what()
            self._build_who()
        with self.dialog.foot:
            button('Cancel', on_click=self.dialog.close)
            button('Save', kind='primary', on_click=self._save)
        self.dialog.on('hide', self.dialog.delete)
        self._pick_rhythm(self._every)
        self._pick_format(self._format)
        self._take(self._fits)

    def _build_when(self, rhythm: Rhythm) -> None:
        self._rhythms = _choice('Every', RHYTHMS, self._pick_rhythm)
        with html.div().classes('fy-row wrap top'):
            self._weekday = nui.select(dict(enumerate(weekdays())), value=rhythm.weekday, label='Day of the week')
            self._day = nui.select({one: str(one) for one in range(1, 32)}, value=rhythm.day, label='Day of the month')
            self._day.props('hint="In a shorter month, its last day"')
            self._time = TimeField('Time', minute=rhythm.at_minute, zone=rhythm.zone)
            for one in (self._weekday, self._day, self._time):
                one.style('flex: 1 1 180px')

    def _build_what(self) -> None:
        self._formats = _choice('As', FORMATS, self._pick_format)
        with html.div():
            plain_text('div', 'Whom it is about').classes('fy-sm fy-strong')
            with html.div().classes('fy-row wrap'):
                self._whom = plain_text('p', '').classes('fy-grow')
                self._here = button('Take what the page shows', small=True, on_click=lambda: self._take(self._on_page))

    def _build_who(self) -> None:
        with html.fieldset():
            html.legend('Who is told').classes('fy-sm fy-strong')
            self._members = html.div().classes('fy-stack').style('gap: 0')
            self._fault = plain_text('div', '').classes('fy-error').props('role=alert')

    async def load(self) -> None:
        """Who can be told; those who are, are ticked. Raises NotAllowed, SignedOut."""
        told = {one.id for one in self._schedule.recipients} if self._schedule else {self._actor.staff_id}
        with self._members:
            for one in await who_can_be_told(deps(), self._actor):
                box = nui.checkbox(one.name, value=one.id in told, on_change=lambda: self._fault.set_text(''))
                box.style('margin-left: -4px')
                self._told[one.id] = box

    def _pick_rhythm(self, every: Every) -> None:
        self._every = every
        _press(self._rhythms, every)
        self._weekday.set_visibility(every is Every.WEEK)
        self._day.set_visibility(every is Every.MONTH)

    def _pick_format(self, file_format: FileFormat) -> None:
        self._format = file_format
        _press(self._formats, file_format)

    def _take(self, fits: ContactFilter) -> None:
        self._fits = fits
        self._whom.set_text(f'{sentence(whom(fits))}.')
        self._here.set_visibility(fits != self._on_page)

    async def _save(self) -> None:
        if self._time.minute is None:
            self._time.show_error('Please choose a time of day.')
            self._time.focus()
            return
        rhythm = Rhythm(
            self._every, self._time.minute, self._time.zone, int(self._weekday.value or 0), int(self._day.value or 1)
        )
        told = tuple(staff_id for staff_id, box in self._told.items() if box.value)
        wish = Wish(rhythm, self._format, told, self._fits.to_query())
        try:
            await save_schedule(deps(), self._actor, wish, self._schedule.id if self._schedule else None)
        except ZoneUnknown as error:
            self._time.show_error(say(error))
        except (NobodyToTell, MayNotExport) as error:
            self._fault.set_text(say(error))
        except DomainError as error:
            toast(say(error), kind='bad')
            self.dialog.close()
        else:
            toast('Saved. The first mail comes when it is due.')
            self.dialog.close()


def _choice(label: str, options: Mapping[K, str], on_pick: Callable[[K], Any]) -> dict[K, nui.button]:
    with html.div().classes('fy-stack snug').style('width: auto'):
        name = plain_text('div', label).classes('fy-sm fy-strong')
        with html.div().classes('fy-seg tall').props('role=group').style('width: max-content') as group:
            group.props['aria-labelledby'] = name.html_id
            return {key: button(words, on_click=lambda key=key: on_pick(key)) for key, words in options.items()}


def _press(buttons: Mapping[K, nui.button], chosen: K) -> None:
    for key, one in buttons.items():
        one.props['aria-pressed'] = 'true' if key == chosen else 'false'
