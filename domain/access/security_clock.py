"""Puts a planned security mode in force on its date, and has the mails about a change written, while the process lives.

Every request and every event of a page asks the queries, which know the date. This only writes it down, within a
second, and so tells the pages that nobody is clicking in.
"""

from datetime import timedelta

from domain.access.security_mode import put_planned_mode_in_force
from domain.access.security_notices import write_notices
from domain.dependencies import Dependencies
from domain.events import SecurityChanged
from domain.repeating import LONGEST_SLEEP, Repeating
from storage import queries


class SecurityClock:
    def __init__(self, deps: Dependencies) -> None:
        """`start` inside the running loop, once the database is open."""
        self._deps = deps
        what = 'look after the security mode'
        self._repeating = [
            Repeating(deps, what, turn, SecurityChanged) for turn in (self._keep_the_date, self._write_notices)
        ]

    async def start(self) -> None:
        """What came due while nobody was there is put in force before the first request."""
        await put_planned_mode_in_force(self._deps)
        for one in self._repeating:
            one.start()

    def stop(self) -> None:
        """A deed under way goes on to its end."""
        for one in self._repeating:
            one.stop()

    async def _keep_the_date(self) -> float:
        """Seconds until there may be something to do again."""
        await put_planned_mode_in_force(self._deps)
        due = (await queries.policy_row()).next_mode_from
        if due is None:
            return LONGEST_SLEEP
        left: timedelta = due - self._deps.clock.now()
        return left.total_seconds()

    async def _write_notices(self) -> float:
        await write_notices(self._deps)
        return LONGEST_SLEEP
