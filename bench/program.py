"""Foyer as `main.py serve` starts it, and one route that tells how much of it there is: `bench/program.py serve`."""

import asyncio
import gc
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from nicegui import Client, app
from starlette.responses import JSONResponse

from bench.figures import resident
from domain.dependencies import build_dependencies
from domain.settings import Settings
from ui import live, web
from ui.logs import set_up_logs


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


if __name__ in {'__main__', '__mp_main__'}:
    settings = Settings()
    set_up_logs(settings.log_format)
    deps = build_dependencies(settings)
    web.register(deps)
    app.get('/bench/state')(state)
    web.serve(deps)
