"""The filters of the Activity page: what kind of thing, by whom, about which contact, from when to when."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from nicegui import background_tasks, context, html
from nicegui import ui as nui

from domain.activity.activity_search import Person, find_people, read_person
from domain.activity.kinds import KindGroup
from domain.actors import StaffActor
from domain.contacts.directory import read_contact
from domain.errors import ContactNotFound
from ui.components.basics import TextField, button, text_field
from ui.components.chips import chips
from ui.components.contact_picker import Choice, ContactPicker
from ui.dependencies import deps
from ui.staff.activity_query import ActivityView
from ui.staff.activity_words import GROUPS
from ui.staff.picking import choice, finder

ZONE_PATIENCE = 3.0  # seconds to wait for the browser to name its zone
UPSIDE_DOWN = 'From lies after To.'
_ASK_ZONE = 'Intl.DateTimeFormat().resolvedOptions().timeZone'


class ActivityFilters:
    def __init__(
        self, actor: StaffActor, view: ActivityView, on_change: Callable[[ActivityView], Awaitable[None]]
    ) -> None:
        """Build them in the page; `show` fills in names. `on_change` is called with what the reader asks for."""
        self._actor, self._view, self._on_change = actor, view, on_change
        self._is_showing = False
        self._people: dict[int, str] = {}
        self.chips = chips('Kind', [('', 'All'), *((one.value, GROUPS[one]) for one in KindGroup)], self._pick_kind)
        self.chips.show(None, view.kind)
        with html.div().classes('fy-filters').props('role=search aria-label="Filter the activity"'):
            self.person = ContactPicker(
                'Person', self._find_person, placeholder='Staff or client', none='Nobody found', on_change=self._picked
            )
            self.contact = ContactPicker('Contact', finder(actor), placeholder='Any contact', on_change=self._picked)
            self.first = self._day('From', view.first)
            self.last = self._day('To', view.last)
            self.clear = button('Clear', icon='x', kind='ghost', on_click=self._clear)
        self.clear.set_visibility(bool(view.query()))

    def _day(self, label: str, value: str) -> TextField:
        made: TextField = text_field(label, kind='date', value=value, autocomplete='off', on_change=self._picked_day)
        made.props('debounce=300')
        return made

    async def show(self, view: ActivityView) -> None:
        """This is what is asked for, whoever decided it."""
        self._view = view
        self._is_showing = True
        try:
            self.chips.show(None, view.kind)
            self.first.value, self.last.value = view.first, view.last
            self._check_days()
            self.clear.set_visibility(bool(view.query()))
            await self._show_person(view.person)
            await self._show_contact(view.contact)
        finally:
            self._is_showing = False

    def _check_days(self) -> None:
        if self._view.is_upside_down:
            self.last.show_error(UPSIDE_DOWN)
        else:
            self.last.clear_error()

    async def _show_person(self, key: str) -> None:
        if not key:
            self.person.clear()
        elif self._picked_person() != key:
            found = await read_person(deps(), self._actor, key)
            self.person.pick(self._choice(found or Person(key, 'Somebody who is gone', '')))

    async def _show_contact(self, contact_id: int) -> None:
        if not contact_id:
            self.contact.clear()
        elif [one.id for one in self.contact.picked] != [contact_id]:
            try:
                self.contact.pick(choice(await read_contact(deps(), self._actor, contact_id)))
            except ContactNotFound:
                self.contact.pick(Choice(contact_id, 'A contact that was deleted', '', 'person'))

    # ── What the reader does ────────────────────────────────────────────────

    async def _find_person(self, text: str) -> Sequence[Choice]:
        return [self._choice(one) for one in await find_people(deps(), self._actor, text)]

    def _choice(self, person: Person) -> Choice:
        """Staff have negative numbers in the picker, which knows one number for each of its choices."""
        kind, _, number = person.key.partition(':')
        is_staff = kind == 'staff'
        made = Choice(
            -int(number) if is_staff else int(number),
            person.name,
            person.email,
            person.kind,
            'Staff' if is_staff else 'Client',
        )
        self._people[made.id] = person.key
        return made

    def _picked_person(self) -> str:
        return self._people.get(self.person.picked[0].id, '') if self.person.picked else ''

    async def _pick_kind(self, kind: str) -> None:
        await self._change(replace(self._view, kind=kind))

    async def _clear(self) -> None:
        await self.show(ActivityView())
        await self._on_change(self._view)

    def _picked(self) -> None:
        """Somebody was picked, or the field was emptied; while one types, what was picked stays in force."""
        person = self._picked_person() if self.person.picked or not self.person.text else self._view.person
        contact = self.contact.picked[0].id if self.contact.picked else self._view.contact
        if not self.contact.picked and not self.contact.text:
            contact = 0
        self._later(replace(self._view, person=person, contact=contact))

    def _later(self, view: ActivityView) -> None:
        if not self._is_showing and view != self._view:
            client = context.client

            async def change() -> None:
                with client:
                    await self._change(view)

            background_tasks.create(change(), name='filter the activity')

    async def _picked_day(self) -> None:
        """Days are those of the reader, so the browser is asked in which zone it is."""
        if self._is_showing:
            return
        days = {'from': self.first.value or '', 'to': self.last.value or ''}
        view = ActivityView.of(self._view.query() | days)
        if view.query() == self._view.query():
            return
        if not view.zone:
            with suppress(TimeoutError):
                view = view.in_zone(str(await nui.run_javascript(_ASK_ZONE, timeout=ZONE_PATIENCE)))
        await self._change(view)

    async def _change(self, view: ActivityView) -> None:
        self._view = view
        self._check_days()
        self.chips.show(None, view.kind)
        self.clear.set_visibility(bool(view.query()))
        await self._on_change(view)
