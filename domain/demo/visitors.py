"""Clients who come by while somebody looks at the demo, so that its dashboard moves as a real one does."""

import asyncio
from collections import deque
from dataclasses import replace
from random import Random

import structlog

from domain.access import presence
from domain.access.magic_links import redeem_magic_link
from domain.access.sign_in import SignedIn, no_second_step
from domain.access.sign_in_codes import ask_for_sign_in, redeem_code
from domain.actors import Visitor
from domain.demo.firm import DemoFirm, Guest, RememberingRandomness
from domain.dependencies import Dependencies
from domain.errors import DomainError
from storage.database import StorageErrors

log = structlog.get_logger(__name__)

FIRST_AFTER = 6.0  # seconds
STAYED_AWAY: tuple[type[Exception], ...] = (DomainError, *StorageErrors)
BETWEEN = (9.0, 35.0)
TYPING = (3.0, 8.0)
MOST_INSIDE = 24


class Visitors:
    """`run()` is a task that ends when it is cancelled."""

    def __init__(self, deps: Dependencies, firm: DemoFirm) -> None:
        self._randomness = RememberingRandomness()
        self._deps = replace(deps, randomness=self._randomness)
        self._dice = Random()  # noqa: S311 - who comes when; nothing that has to be secret
        self._waiting, self._regulars = list(firm.waiting), deque(firm.regulars)  # in a random order already
        self._inside = list(firm.online)

    async def run(self) -> None:
        """Let somebody in now and then, and let others go."""
        await asyncio.sleep(FIRST_AFTER)
        while True:
            try:
                await self.somebody_comes()
            except STAYED_AWAY as error:
                log.info('a visitor of the demo went away again', why=type(error).__name__)
            await asyncio.sleep(self._dice.uniform(*BETWEEN))

    async def somebody_comes(self) -> None:
        """A new client joins, or a regular one signs in; whoever is inside stays or leaves."""
        if self._waiting and (self._dice.random() < 0.3 or not self._regulars):
            guest = self._waiting.pop(self._dice.randrange(len(self._waiting)))
            visitor = Visitor(guest.ip, guest.browser)
            signed_in = no_second_step(await redeem_magic_link(self._deps, visitor, guest.link))
            self._regulars.append(replace(guest, link=''))
        elif self._regulars:
            self._regulars.rotate()
            signed_in = await self._by_code(self._regulars[0])
        else:
            return
        self._inside.append(signed_in.session_id)
        while len(self._inside) > MOST_INSIDE or (len(self._inside) > 6 and self._dice.random() < 0.45):
            await presence.go_offline(self._deps, self._inside.pop(self._dice.randrange(len(self._inside))))
        await presence.stay_online(self._deps, set(self._inside))

    async def _by_code(self, guest: Guest) -> SignedIn:
        visitor = Visitor(guest.ip, guest.browser, browser=self._deps.randomness.token())
        await ask_for_sign_in(self._deps, visitor, guest.email)
        await asyncio.sleep(self._dice.uniform(*TYPING))  # as long as it takes to find six digits in a mail
        return no_second_step(await redeem_code(self._deps, visitor, self._randomness.last_code))
