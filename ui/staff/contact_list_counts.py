"""How many contacts fit, told once it is known: never a guess, and never in the way of the rows."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic

import structlog
from nicegui import background_tasks, context

from domain.actors import StaffActor
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.finding import Totals, count_contacts
from domain.errors import SecondFactorNeeded, SignedOut
from domain.events import Event
from ui.dependencies import deps
from ui.staff.shared_counts import totals_of

log = structlog.get_logger(__name__)

RESTS = 3.0  # times as long as a count took, before the next one for a change
PATIENCE = 1.0  # seconds for which a number that is being counted again is still told as it was


@dataclass(frozen=True)
class Known:
    """What is known of how many there are; `is_counting` says that it is being counted, perhaps again."""

    totals: Totals | None = None
    is_counting: bool = False

    def number(self, status: str = '') -> int | None:
        """How many of them have this status, all for ''; None while it is not known."""
        if self.totals is None:
            return None
        return self.totals.by_status[status] if status else sum(self.totals.by_status.values())


class Counting:
    """Counts for one open list. `on_known` is called when the numbers, or what is known of them, are others."""

    def __init__(self, actor: StaffActor, on_known: Callable[[], None]) -> None:
        self._actor, self._on_known = actor, on_known
        self._client = context.client
        self._fits: ContactFilter | None = None
        self._task: asyncio.Task[None] | None = None
        self._change: Event | None = None
        self._wanted = False
        self._is_known = asyncio.Event()
        self.known = Known()

    def want(self, fits: ContactFilter, change: Event | None = None) -> None:
        """Count those that fit; `change` is what other pages count again for at the same time. A count of others that
        is under way is ended."""
        every = replace(fits, status='')  # the numbers of all statuses come of one count
        if every == self._fits and change is not None:
            self._change, self._wanted = change, True
            if self._task is None or self._task.done():
                self._begin()
        elif every != self._fits or self.known.totals is None:
            self.stop()
            self._fits, self._change, self._wanted = every, change, True
            self.known = Known(is_counting=True)
            self._is_known.clear()
            self._begin()

    def leave(self, fits: ContactFilter) -> None:
        """Those that fit something else are looked at no more: what counts them ends."""
        if replace(fits, status='') != self._fits:
            self.stop()

    def stop(self) -> None:
        """Nobody wants to know any more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def for_a_moment(self, seconds: float) -> None:
        """Wait for the numbers, but no longer than this."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_known.wait(), seconds)

    def _begin(self) -> None:
        self._task = background_tasks.create(self._run(), name='count the contacts')

    async def _run(self) -> None:
        while self._wanted and not self._client.is_deleted:
            self._wanted = False
            began = monotonic()
            says_so = asyncio.get_running_loop().call_later(PATIENCE, self._is_long)
            try:
                await self._count()
            except (SignedOut, SecondFactorNeeded):
                return  # the page is being closed, or moved
            finally:
                says_so.cancel()
            await asyncio.sleep(max(0.25, RESTS * (monotonic() - began)))

    async def _count(self) -> None:
        fits, change = self._fits, self._change
        assert fits is not None
        try:
            found = await (totals_of.get(change, fits) if change else count_contacts(deps(), self._actor, fits))
            self.known = Known(found)
        except (SignedOut, SecondFactorNeeded):
            raise
        except Exception:
            log.exception('the contacts could not be counted')
            self.known = Known()
        self._is_known.set()
        self._tell()

    def _is_long(self) -> None:
        self.known = replace(self.known, is_counting=True)
        self._tell()

    def _tell(self) -> None:
        if not self._client.is_deleted:
            with self._client:
                self._on_known()
