"""`main.py demo`: the server over a made-up firm in a throw-away folder, with clients who come and go."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from nicegui import app

from domain.demo.firm import DemoFirm, fill_demo
from domain.demo.visitors import Visitors
from domain.dependencies import Dependencies, build_dependencies
from domain.house import House
from domain.settings import Settings
from ui import web
from ui.logs import set_up_logs


def serve_demo(contacts: int, *, still: bool) -> None:
    """Fill, serve until told to stop, and leave nothing behind. `still`: nobody comes by by themselves.

    Host, port and log format are the settings' own; database, data folder and mail server are the demo's. Raises
    ValidationError for a setting that is wrong.
    """
    folder = tempfile.mkdtemp(prefix='foyer-demo-')
    _end_as_an_exit()
    try:
        settings = Settings(
            data_dir=Path(folder), database_url='', base_url='', smtp_url='', secret_key='', secret_key_previous=''
        )
        set_up_logs(settings.log_format)
        firm = asyncio.run(_fill(build_dependencies(settings), contacts))
        deps = build_dependencies(settings)
        web.register(deps)
        if not still:
            _let_visitors_in(deps, firm)
        _tell(deps, firm)
        web.serve(deps)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _fill(deps: Dependencies, contacts: int) -> DemoFirm:
    async with House(deps, mail=False):
        return await fill_demo(deps, contacts=contacts)


def _let_visitors_in(deps: Dependencies, firm: DemoFirm) -> None:
    """They come once the server stands, and are gone before its database closes."""
    visits: list[asyncio.Task[None]] = []

    async def leave() -> None:
        for visit in visits:
            visit.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await visit

    app.on_startup(lambda: visits.append(asyncio.create_task(Visitors(deps, firm).run())))
    app.on_shutdown(leave)


def _end_as_an_exit() -> None:
    """A signal ends the program by way of `finally`, so that the folder goes too."""

    def leave(number: int, _: object) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    if hasattr(signal, 'SIGHUP'):  # the terminal was closed
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))


def _tell(deps: Dependencies, firm: DemoFirm) -> None:
    url = deps.settings.public_url
    print(  # noqa: T201
        f"""
{firm.name} is open at {url}. Everything in it is made up, and gone once you stop it (Ctrl+C).

  Staff    {url}/staff
           {firm.owner_email} (owner), {firm.admin_email} (admin) or {firm.staff_email} (staff)
           password  {firm.password}   (made for this run)

  Client   {url}/sign-in
           {firm.client.email}   ({firm.client.name})
           Mail is captured, not sent: the link and the code are in {url}/staff/outbox
""",
        flush=True,
    )
