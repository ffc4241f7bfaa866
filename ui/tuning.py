"""NiceGUI and Python set up for hundreds of open pages. Each measure says what it spares; `make bench` shows it.

The first two reach into private parts of NiceGUI 3.18 and python-socketio 5.18; tests/ui/test_tuning.py watches them.
"""

import gc
from collections.abc import Callable
from types import MethodType
from typing import Any
from weakref import WeakKeyDictionary

from nicegui import core, helpers
from socketio.packet import Packet  # type: ignore[import-untyped]

YOUNG, MIDDLE, OLD = 20_000, 10, 10


class TextPacket(Packet):
    """NiceGUI sends JSON only, so no message is searched through for bytes: a fifth of what an update costs."""

    uses_binary_events = False


def tune() -> None:
    """Set everything up. Call once, before the first page is built."""
    helpers.expects_arguments = _remembering(helpers.expects_arguments)  # type: ignore[assignment]
    core.sio.packet_class = TextPacket


def settle() -> None:
    """Once everything is loaded: the collector leaves alone what stays for ever, and runs less often.

    At Python's own pace every few thousand new objects set it off, and with two hundred dashboards open one full run
    takes a third of a second, in which nobody is served.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def _remembering(expects_arguments: Callable[[Callable[..., Any]], bool]) -> Callable[[Callable[..., Any]], bool]:
    """NiceGUI asks of the same methods for every element it builds: a third of the time that a page takes."""
    if hasattr(expects_arguments, 'asks'):
        return expects_arguments
    known: WeakKeyDictionary[Callable[..., Any], bool] = WeakKeyDictionary()

    def remembered(function: Callable[..., Any]) -> bool:
        if type(function) is not MethodType:
            return expects_arguments(function)
        answer = known.get(function.__func__)
        if answer is None:
            answer = known[function.__func__] = expects_arguments(function)
        return answer

    remembered.asks = expects_arguments  # type: ignore[attr-defined]
    return remembered
