"""Everything that is logged while something runs, by structlog and by the standard library."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

_EVERYTHING = structlog.make_filtering_bound_logger(logging.NOTSET)


class Log(logging.Handler):
    """What was said, a line each. The words are put together when they are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._said: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record)

    def say(self, *said: object) -> None:
        self._said.append(said)

    @property
    def text(self) -> str:
        return '\n'.join(self.format(one) if isinstance(one, logging.LogRecord) else repr(one) for one in self._said)


@contextmanager
def logged() -> Iterator[Log]:
    """Hear what is logged inside, from INFO on as in the program. `capture_logs` of structlog hides nothing from it."""
    log, root, before = Log(), logging.getLogger(), structlog.get_config()['wrapper_class']

    class Heard(_EVERYTHING):  # type: ignore[misc, valid-type]
        def _proxy_to_logger(self, method_name: str, event: str | None = None, **more: Any) -> Any:
            log.say(method_name, event, self._context, more)
            return super()._proxy_to_logger(method_name, event, **more)

    level = root.level
    structlog.configure(wrapper_class=Heard)
    root.addHandler(log)
    root.setLevel(min(level, logging.INFO) if level else level)
    try:
        yield log
    finally:
        root.setLevel(level)
        root.removeHandler(log)
        structlog.configure(wrapper_class=before)
