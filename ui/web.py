"""The web side of Foyer: pages, doors and workers put together, and the life of the server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from nicegui import app
from nicegui import ui as nui
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from domain import health
from domain.dependencies import Dependencies
from domain.house import House
from domain.staff.owner import open_setup
from ui import brand, domain_routes, errors, language, password_meter, theme, tuning
from ui.compressed import Compressed
from ui.portal import (
    devices,
    forgot_password,
    go,
    home,
    login_address,
    own_password,
    password_doors,
    profile,
    sent,
    sign_in,
    two_factor,
    verify,
)
from ui.portal import doors as portal_doors
from ui.security import SecurityMiddleware, drop_prefix_header, guard_socket_events
from ui.staff import (
    access_report,
    activity,
    branding,
    choose_password,
    confirm,
    contact,
    contacts,
    dashboard,
    emails,
    forgot,
    home_page,
    import_page,
    job,
    jobs,
    mail_server_card,
    outbox,
    portal_settings,
    portal_view,
    setup,
    shared_addresses,
    team,
)
from ui.staff import domain as staff_domain
from ui.staff import doors as staff_doors
from ui.staff import profile as staff_profile
from ui.staff import security as staff_security
from ui.staff import sign_in as staff_sign_in
from ui.staff import two_factor as staff_two_factor
from ui.staff import verify as staff_verify
from ui.switchboard import Live

log = structlog.get_logger(__name__)

REQUESTS_SECONDS = 3  # to be answered in, once told to stop; then the house has its own five, and all are out in ten
WITH_PAGES = (
    brand,
    language,
    activity,
    sign_in,
    sent,
    verify,
    home,
    go,
    profile,
    devices,
    two_factor,
    own_password,
    forgot_password,
    password_doors,
    password_meter,
    portal_doors,
    domain_routes,
    login_address,
    setup,
    staff_sign_in,
    staff_doors,
    confirm,
    staff_verify,
    choose_password,
    forgot,
    staff_profile,
    staff_two_factor,
    team,
    dashboard,
    contacts,
    import_page,  # before the page of a contact, whose address is like it
    shared_addresses,
    contact,
    jobs,
    job,
    portal_view,
    home_page,
    outbox,
    access_report,
    staff_security,
    staff_domain,
    portal_settings,
    branding,
    emails,
    mail_server_card,
)


def register(deps: Dependencies) -> None:
    """Register everything; nothing is registered by merely importing a module."""
    app.state.dependencies = deps
    tuning.tune()
    theme.install()
    app.config.socket_io_js_transports = ['websocket']  # polling would need a gate of its own at every request
    _live_with_the_server(deps)
    app.add_middleware(SecurityMiddleware, refusal=errors.from_elsewhere)
    drop_prefix_header(app)
    guard_socket_events(errors.excuse)
    for kind, handler in errors.HANDLERS.items():
        app.exception_handlers[kind] = handler
    app.on_page_exception(errors.broken_page)
    app._exception_handlers[:] = [errors.excuse]  # private: NiceGUI 3.18 would log the words of the error too
    app.get('/healthz')(alive)
    app.get('/readyz')(ready)
    for module in WITH_PAGES:
        module.register()


def serve(deps: Dependencies) -> None:
    """Serve until told to stop. Sends in flight are finished first (F14)."""
    settings = deps.settings
    nui.run(
        host=settings.host,
        port=settings.port,
        title='Client Portal',
        reload=False,
        show=False,
        show_welcome_message=False,
        reconnect_timeout=10,
        message_history_length=50,
        server_header=False,
        log_config=None,  # ours, for uvicorn too: one form for every line
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=','.join(settings.trusted_proxies) or '127.0.0.1',
        timeout_graceful_shutdown=REQUESTS_SECONDS,
        gzip_middleware_factory=Compressed,
        **theme.RUN,
    )


def _live_with_the_server(deps: Dependencies) -> None:
    """Open the database before the first request and close it after the last; NiceGUI's own start would not wait."""
    inner = getattr(app.router.lifespan_context, 'inner', app.router.lifespan_context)

    @asynccontextmanager
    async def lifespan(which: Any) -> AsyncIterator[Any]:
        async with House(deps), inner(which) as state:
            live = Live()
            live.start()
            tuning.settle()
            await _print_doors(deps)
            try:
                yield state
            finally:
                live.stop()

    lifespan.inner = inner  # type: ignore[attr-defined]
    app.router.lifespan_context = lifespan


async def _print_doors(deps: Dependencies) -> None:
    print(f'Foyer is at {deps.portal_url}', flush=True)  # noqa: T201
    print(f'Staff sign in at {deps.settings.public_url}/staff/sign-in', flush=True)  # noqa: T201
    token = await open_setup(deps)
    if token:
        print(f'Create the owner at {deps.settings.public_url}/setup?token={token}', flush=True)  # noqa: T201


async def alive() -> Response:
    """The process answers."""
    return PlainTextResponse('ok')


async def ready(request: Request) -> Response:
    """The process can serve: its database answers."""
    reason = await health.why_not_ready()
    return JSONResponse({'ready': reason is None, 'reason': reason}, 200 if reason is None else 503)
