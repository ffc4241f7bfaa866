"""Foyer as `main.py serve` starts it, and a few routes that tell how it does: `bench/program.py serve`."""

import asyncio
import gc
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from nicegui import Client, app
from starlette.responses import JSONResponse

from bench import rows
from bench.figures import percentile, resident
from domain.actors import Role, StaffActor
from domain.contacts.bulk import BulkKind, start_bulk
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.importing.preview import preview
from domain.contacts.importing.run import start_import
from domain.contacts.importing.uploads import detect
from domain.contacts.selection import Selection
from domain.dependencies import build_dependencies
from domain.errors import JobNotFound
from domain.jobs.jobs import read_job
from domain.settings import Settings
from ui import live, web
from ui.logs import set_up_logs

OLGA = StaffActor(1, 1, 'Olga Owner', rows.OWNER, Role.OWNER)


async def state() -> JSONResponse:
    """What is held in memory now."""
    gc.collect()
    return JSONResponse(
        {
            'clients': len(Client.instances),
            'pages': len(live._pages),
            'tasks': len(asyncio.all_tasks()),
            'resident': resident(os.getpid()),
        }
    )


class Lag:
    """How late a task wakes, in seconds, since somebody asked last."""

    def __init__(self) -> None:
        self._late: list[float] = []
        self._watching: asyncio.Task[None] | None = None

    async def tell(self) -> JSONResponse:
        self._watching = self._watching or asyncio.create_task(self._watch())
        late, self._late = self._late or [0.0], []
        return JSONResponse({'lag': percentile(late, 0.95), 'most': max(late)})

    async def _watch(self) -> None:
        while True:
            asked = time.perf_counter()
            await asyncio.sleep(0.005)
            self._late.append(time.perf_counter() - asked - 0.005)


async def invite() -> JSONResponse:
    """Invite everybody, as a click does."""
    everybody = Selection(fits=ContactFilter())
    return await job(await start_bulk(app.state.dependencies, OLGA, BulkKind.INVITE, everybody, message='Welcome!'))


async def job(job_id: int) -> JSONResponse:
    """How far a job has come."""
    try:
        found = await read_job(app.state.dependencies, OLGA, job_id)
    except JobNotFound:
        return JSONResponse({'id': job_id, 'over': False, 'done': 0})
    return JSONResponse({'id': job_id, 'over': found.is_over, 'done': found.done})


async def preview_file(file_id: int) -> JSONResponse:
    """What importing a file would come to, as the page asks."""
    detected = await detect(app.state.dependencies, OLGA, file_id)
    found = await preview(app.state.dependencies, OLGA, file_id, detected.plan, detected.layout)
    return JSONResponse(asdict(found.counts))


async def import_file(file_id: int) -> JSONResponse:
    """Import it, as a click does."""
    detected = await detect(app.state.dependencies, OLGA, file_id)
    return await job(await start_import(app.state.dependencies, OLGA, file_id, detected.plan, 0))


if __name__ in {'__main__', '__mp_main__'}:
    settings = Settings()
    set_up_logs(settings.log_format)
    deps = build_dependencies(settings)
    web.register(deps)
    app.get('/bench/state')(state)
    app.get('/bench/lag')(Lag().tell)
    app.get('/bench/invite')(invite)
    app.get('/bench/job/{job_id}')(job)
    app.get('/bench/preview/{file_id}')(preview_file)
    app.get('/bench/import/{file_id}')(import_file)
    web.serve(deps)
