"""Where a sign-in leads: home, or straight to something on it that those whom the link is for can see."""

from collections.abc import Sequence

from nicegui import background_tasks

from domain.actors import StaffActor
from domain.portal.home_items import Destination, ItemKind, list_destinations
from ui.components.picks import Pick, Picks
from ui.dependencies import deps

HOME = ('', 'Home')


class LeadsTo:
    def __init__(self, actor: StaffActor) -> None:
        """A select named `Leads to`; it is not there as long as there is nothing but the home."""
        self._actor = actor
        self._asked = 0
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
        self._asked += 1
        background_tasks.create(self._load(self._asked, list(contact_ids)), name='where a link may lead')

    async def _load(self, asked: int, contact_ids: list[int]) -> None:
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
        hint = 'What opens once they are signed in.'
        self._picks.show([Pick('leads_to', 'Leads to', self._chosen, options, hint)])
        self._picks.set_visibility(bool(self._there))


def _words(one: Destination) -> str:
    return f'{"News" if one.kind is ItemKind.ANNOUNCEMENT else "Link"}: {one.title}'
