"""What the list of contacts can be filtered by, in words: the fields that unfold above it, and what is in force."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from nicegui import background_tasks, context
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.contacts.contact_filter import NAMES, NEVER_SIGNED_IN, ContactFilter
from domain.contacts.finding import suggest_organisations
from ui.components.basics import notice
from ui.components.contact_picker import Choice, ContactPicker
from ui.components.filter_bar import Field, FilterBar
from ui.dependencies import deps
from ui.staff.access_report_files import OF_A_PAGE
from ui.staff.contact_status import MAIL_WORDS

ANY = ('', 'Any')
MAILS = {'trouble': 'Trouble', **MAIL_WORDS, 'no_address': 'No address'}
FIELDS = (
    Field('access', 'Portal access', (ANY, ('yes', 'On'), ('no', 'Off'))),
    Field('joined', 'Joined', (ANY, ('yes', 'Yes'), ('no', 'No'))),
    Field('two_factor', 'Two-factor', (ANY, ('yes', 'On'), ('no', 'Off'))),
    Field('password', 'Password', (ANY, ('yes', 'Set'), ('no', 'Not set'))),
    Field('mail', 'Newest mail', (ANY, *MAILS.items())),
    Field('kind', 'Kind', (ANY, ('person', 'Person'), ('organisation', 'Organisation'))),
    Field('shared', 'Address', (ANY, ('yes', 'Shared'), ('no', 'Not shared'))),
    Field('signed_in_after', 'Last sign-in from'),
    Field('signed_in_before', 'Last sign-in before'),
)
_OTHERS = {'search': 'Search', 'status': 'Status', 'organisation': 'Organisation'}
KNOWN = frozenset({*NAMES, *OF_A_PAGE})
MOST_NAMED, LONGEST_NAME = 8, 40
NEVER = 'never'
_ASIDE = ('search', 'status')  # these stand above the list at all times


class ContactFilters:
    def __init__(
        self,
        actor: StaffActor,
        toggle: nui.element,
        on_change: Callable[[ContactFilter], Awaitable[None]],
        on_clear: Callable[[], Awaitable[None]],
    ) -> None:
        """Build them in the page, folded; `toggle` unfolds them. `on_change` is called with what the reader asks for,
        `on_clear` when nothing but the search and the status is to hold."""
        self._actor, self._on_change = actor, on_change
        self._fits = ContactFilter()
        self._organisations: list[str] = []
        self._faults: Sequence[str] = ()
        self._misunderstood = nui.element('div')
        self._misunderstood.set_visibility(False)
        self.bar = FilterBar(
            'Filters', FIELDS, toggle=toggle, on_change=self._changed, on_drop=self._drop, on_clear=on_clear
        )
        with self.bar:
            self._organisation = ContactPicker(
                'Organisation', self._find, placeholder='Any', none='No such organisation', on_change=self._picked
            )

    def show(self, fits: ContactFilter) -> None:
        """This is what is asked for, whoever decided it."""
        self._fits = fits
        self._show_faults(fits.faults)
        self.bar.show({name: value for name, value in fits.to_query().items() if name not in _ASIDE}, in_force(fits))
        picked = self._organisation.picked
        if fits.organisation and [one.name for one in picked] != [fits.organisation]:
            self._organisation.pick(self._choice(fits.organisation))
        elif picked and not fits.organisation:
            self._organisation.clear()

    def _show_faults(self, faults: Sequence[str]) -> None:
        if faults != self._faults:
            self._faults = faults
            self._misunderstood.clear()
            self._misunderstood.set_visibility(bool(faults))
            if faults:
                with self._misunderstood:
                    notice('warn', misunderstood(faults), live=True)

    # ── What the reader does ────────────────────────────────────────────────

    async def _changed(self, key: str, value: str) -> None:
        await self._on_change(with_value(self._fits, key, value))

    async def _drop(self, key: str) -> None:
        names = ('access', 'joined') if key == NEVER else (key,)
        fits = self._fits
        for name in names:
            fits = with_value(fits, name, '')
        await self._on_change(fits)

    async def _find(self, text: str) -> Sequence[Choice]:
        return [self._choice(name) for name in await suggest_organisations(deps(), self._actor, text)]

    def _choice(self, name: str) -> Choice:
        """Organisations have no numbers of their own, and the picker wants one for each."""
        if name not in self._organisations:
            self._organisations.append(name)
        return Choice(self._organisations.index(name) + 1, name, '', 'organisation')

    def _picked(self) -> None:
        """One was picked, or the field was emptied; while one types, what was picked stays in force."""
        name = self._organisation.picked[0].name if self._organisation.picked else ''
        if (not name and self._organisation.text) or name == self._fits.organisation:
            return
        client, fits = context.client, replace(self._fits, organisation=name)

        async def change() -> None:
            with client:
                await self._on_change(fits)

        background_tasks.create(change(), name='filter the contacts')


def asked_by(query: Mapping[str, str]) -> ContactFilter:
    """What the address of a page asks for. A name that means nothing is among its `faults`, as a wrong value is."""
    fits = ContactFilter.from_query(query)
    unknown = tuple(name for name in query if name not in KNOWN)
    return replace(fits, faults=(*fits.faults, *unknown)) if unknown else fits


def misunderstood(faults: Sequence[str]) -> str:
    """What of an address was left out, so that nobody takes everybody for the few that were asked for."""
    labels = {one.key: one.label for one in FIELDS} | _OTHERS
    words = ', '.join(labels.get(one) or one[:LONGEST_NAME] for one in faults[:MOST_NAMED])
    etc = ', …' if len(faults) > MOST_NAMED else '.'
    return f'The address asks for something unknown, which is left out here: {words}{etc}'


def with_value(fits: ContactFilter, name: str, value: str) -> ContactFilter:
    """The same but for one thing, written as in an address; '' for any."""
    return ContactFilter.from_query(fits.to_query() | {name: value})


def is_never(fits: ContactFilter) -> bool:
    """Whether it is about those who may come in and never have, some of them or all."""
    return (fits.access, fits.joined) == (NEVER_SIGNED_IN.access, NEVER_SIGNED_IN.joined)


def in_force(fits: ContactFilter) -> list[tuple[str, str]]:
    """What is filtered by beside search and status: keys and words, in the order of the fields."""
    query = fits.to_query()
    chips = [(NEVER, 'Never signed in')] if is_never(fits) else []
    words = {one.key: one for one in FIELDS}
    for name in ('organisation', *words):
        if name not in query or (is_never(fits) and name in ('access', 'joined')):
            continue
        if name == 'organisation':
            chips.append((name, f'Organisation: {fits.organisation}'))
        elif words[name].options:
            chips.append((name, f'{words[name].label}: {dict(words[name].options)[query[name]].lower()}'))
        else:
            day = date.fromisoformat(query[name])
            chips.append((name, f'{words[name].label} {day.day} {day:%b %Y}'))
    return chips


def without_filters(fits: ContactFilter) -> ContactFilter:
    """Only what is searched for, and the status."""
    return ContactFilter(search=fits.search, status=fits.status)
