"""Where a sign-in leads: home, or straight to something on it that those whom the link is for can see."""

from collections.abc import Sequence

from nicegui import background_tasks

from domain.actors import StaffActor
from domain.portal.home_items import Destination, ItemKind, list_destinations
from ui.components.picks import Pick, Picks
from ui.dependencies import deps

HOME = ('', 'Home')
HINT = 'What opens once they are signed in.'


class LeadsTo:
    def __init__(self, actor: StaffActor) -> None:
        """A select named `Leads to`; it is not there as long as there is nothing but the home."""
        self._actor = actor
        self._asked, self._hint = 0, HINT
        self._for: tuple[int, ...] = ()
        self._chosen = ''
        self._there: Sequence[Destination] = ()
        self._picks = Picks(self._pick)
        self._show()

    @property
    def chosen(self) -> int | None:
        """The id of what was chosen; None for the home."""
        return int(self._chosen) if self._chosen else None

    def follow(self, contact_ids: Sequence[int]) -> None:
        """The link is for these now."""
        if tuple(contact_ids) == self._for:
            return
        self._for = tuple(contact_ids)
        self._ask(list(contact_ids))

    def for_many(self) -> None:
        """The links are for many, of whom some may not see it."""
        self._hint = f'{HINT} Who does not see that comes to the home.'
        self._ask(None)

    def _ask(self, contact_ids: list[int] | None) -> None:
        self._asked += 1
        background_tasks.create(self._load(self._asked, contact_ids), name='where a link may lead')

    async def _load(self, asked: int, contact_ids: list[int] | None) -> None:
        found = await list_destinations(deps(), self._actor, contact_ids)
        if asked == self._asked and not self._picks.is_deleted:
            self._there = found
            if self.chosen not in [one.id for one in found]:
                self._chosen = ''
            self._show()

    def _pick(self, _: str, value: str) -> None:
        self._chosen = value

    def _show(self) -> None:
        options = [HOME, *((str(one.id), _words(one)) for one in self._there)]
        self._picks.show([Pick('leads_to', 'Leads to', self._chosen, options, self._hint)])
        self._picks.set_visibility(bool(self._there))


def _words(one: Destination) -> str:
    return f'{"News" if one.kind is ItemKind.ANNOUNCEMENT else "Link"}: {one.title}'
