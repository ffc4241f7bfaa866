"""Logs by structlog, to standard error, for people or as JSON.

No request is logged, so no token in an address is (R60).
"""

import logging
from typing import Literal

import structlog
from structlog.typing import Processor


def set_up_logs(how: Literal['console', 'json']) -> None:
    """Send our logs and those of the libraries through one formatter."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt='iso', utc=True),
    ]
    renderer = (
        structlog.processors.JSONRenderer()
        if how == 'json'
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *([structlog.processors.format_exc_info] if how == 'json' else []),
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for noisy in ('tortoise', 'aiosqlite', 'asyncio', 'mail.log', 'multipart', 'engineio', 'socketio'):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for name in ('uvicorn', 'uvicorn.error', 'nicegui'):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    logging.getLogger('uvicorn.access').disabled = True
