"""The line between a browser and the program, which a test can cut."""

import socket
import struct
import threading
from contextlib import suppress

from tests.support.processes import free_port

AT_ONCE = struct.pack('ii', 1, 0)  # SO_LINGER: close without a farewell


class Cable:
    """Passes on what comes to `url`. While it is cut nothing answers there, and what was open has ended at once."""

    def __init__(self, port: int) -> None:
        self._target, self._port = port, free_port()
        self._open: set[socket.socket] = set()
        self._listening: socket.socket | None = None

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self._port}'

    def __enter__(self) -> 'Cable':
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def mend(self) -> None:
        """From now on everything passes, by new connections."""
        self._listening = socket.create_server(('127.0.0.1', self._port), reuse_port=True)
        threading.Thread(target=self._welcome, args=(self._listening,), daemon=True).start()

    def cut(self) -> None:
        """End every connection at both ends and take no more."""
        listening, self._listening = self._listening, None
        if listening:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits there
            listening.close()
        for one in list(self._open):
            self._end(one)

    def _welcome(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
                far = socket.create_connection(('127.0.0.1', self._target))
            except OSError:
                return
            self._open |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(65_536):
                sink.sendall(content)
        self._end(source)
        self._end(sink)

    def _end(self, one: socket.socket) -> None:
        self._open.discard(one)
        with suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            one.shutdown(socket.SHUT_RDWR)
        one.close()
