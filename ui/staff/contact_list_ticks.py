"""Which contacts are ticked in a list: some by one, or all that fit but for some. Ticks stay while one pages."""

from collections.abc import Iterable

from domain.contacts.contact_filter import ContactFilter
from domain.contacts.selection import MOST_TICKED, Selection


class Ticks:
    """Nothing is ticked to begin with."""

    def __init__(self) -> None:
        self._ids: dict[int, None] = {}  # in the order they were ticked
        self._fits: ContactFilter | None = None
        self._but: dict[int, None] = {}

    def __bool__(self) -> bool:
        """Whether anybody is ticked, as far as it can be told without counting."""
        return self._fits is not None or bool(self._ids)

    @property
    def is_all(self) -> bool:
        """Whether all that fit are ticked, perhaps but for some."""
        return self._fits is not None

    @property
    def is_whole(self) -> bool:
        """Whether all that fit are ticked, without exception."""
        return self._fits is not None and not self._but

    def tick(self, ids: Iterable[int], on: bool) -> bool:
        """Tick these, or leaves them. False where it would become more than can be ticked by one; then none is."""
        leaves = on if self.is_all else not on
        kept = self._but if self.is_all else self._ids
        changed = dict(kept)
        for one in ids:
            if leaves:
                changed.pop(one, None)
            else:
                changed[one] = None
        if len(changed) > MOST_TICKED:
            return False
        kept.clear()
        kept.update(changed)
        return True

    def tick_all(self, fits: ContactFilter) -> None:
        """Tick all that fit, those not shown too."""
        self.clear()
        self._fits = fits

    def clear(self) -> None:
        """Nobody is ticked any more."""
        self._ids, self._fits, self._but = {}, None, {}

    def ticked(self, ids: Iterable[int]) -> set[int]:
        """Which of these are."""
        return {one for one in ids if (one not in self._but if self.is_all else one in self._ids)}

    def number(self, total: int | None) -> int | None:
        """How many are ticked, where `total` fit; None where that is not known yet."""
        if not self.is_all:
            return len(self._ids)
        return None if total is None else max(0, total - len(self._but))

    def selection(self) -> Selection:
        """What is handed to whoever acts on them."""
        if self._fits is not None:
            return Selection(fits=self._fits, but=tuple(self._but))
        return Selection(ids=tuple(self._ids))
