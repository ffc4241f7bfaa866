"""What many pages show of the same change is read once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextvars import Context
from typing import Generic, TypeVar

K = TypeVar('K', bound=Hashable)
V = TypeVar('V')


class OncePerChange(Generic[K, V]):
    """The first page that asks after a change reads; the others wait for what it finds."""

    def __init__(self, read: Callable[[K], Awaitable[V]]) -> None:
        self._read = read
        self._change: object = None
        self._found: dict[K, asyncio.Task[V]] = {}

    async def get(self, change: object, key: K) -> V:
        """What is read for `key`. `change` is the event all these pages were told; without one, read for this page."""
        if change is None:
            return await self._read(key)
        if change is not self._change:
            self._change, self._found = change, {}
        if key not in self._found:
            self._found[key] = asyncio.get_running_loop().create_task(self._begin(key), context=Context())
        return await asyncio.shield(self._found[key])

    async def _begin(self, key: K) -> V:
        return await self._read(key)
