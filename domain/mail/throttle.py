"""How many mails a minute: a bucket of permits that fills with time.

One bucket belongs to one process: three instances send three times as many. In no sixty seconds does a process send
more than the setting says, however full its bucket was: what may go at once is taken off the steady rate.
"""

from domain.dependencies import Clock


class Throttle:
    """Permits to send, `per_minute` of them a minute."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._clock = clock
        self._room = float(max(1, per_minute // 12))
        self._per_second = max(per_minute - self._room, 1.0) / 60
        self._permits = self._room
        self._filled_at = clock.now()

    def take(self, most: int) -> int:
        """As many permits as there are, `most` at most."""
        self._fill()
        taken = min(most, int(self._permits + 1e-9))
        self._permits -= taken
        return taken

    def give_back(self, number: int) -> None:
        """Permits that were taken and not needed."""
        self._permits = min(self._room, self._permits + number)

    def seconds_to_wait(self) -> float:
        """Until there is one."""
        self._fill()
        return max(0.0, (1 - self._permits) / self._per_second)

    def _fill(self) -> None:
        now = self._clock.now()
        elapsed = max(0.0, (now - self._filled_at).total_seconds())
        self._filled_at = now
        self._permits = min(self._room, self._permits + elapsed * self._per_second)
