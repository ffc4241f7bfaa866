"""Work that a door sets off and does not wait for, so that the time of its answer tells nothing (R42)."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any

import structlog

from domain.language import language_in_use, speaking

log = structlog.get_logger(__name__)

HEAD_START = 0.05  # seconds an answer gets before the work it set off begins
_at_work: set[asyncio.Task[None]] = set()


def after_the_answer(work: Coroutine[Any, Any, None]) -> None:
    """Do this after the answer has gone out, in the language of who asked. What goes wrong is logged: the visitor
    must not be able to tell."""

    language = language_in_use.get()

    async def run() -> None:
        await asyncio.sleep(HEAD_START)
        try:
            with speaking(language):
                await work
        except Exception:
            log.exception('could not write a mail that was asked for at a door')

    task = asyncio.get_running_loop().create_task(run(), context=Context())
    _at_work.add(task)
    task.add_done_callback(_at_work.discard)
