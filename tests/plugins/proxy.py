"""A TCP proxy that cuts connections or lets none through, as a network does."""

from __future__ import annotations

import contextlib
import socket
import threading

POLL = 0.2


class Proxy:
    """Listen on a free port and pass everything on to `target` until told to cut."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(POLL)
        self.port: int = self._server.getsockname()[1]
        self._pairs: list[socket.socket] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._refusing = threading.Event()
        self._swallowing = threading.Event()
        self._deaf = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self) -> None:
        """End every connection at once; new ones are let through."""
        with self._lock:
            for end in self._pairs:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            self._pairs.clear()

    def refuse(self) -> None:
        """End every connection, and let no new one through until `allow`."""
        self._refusing.set()
        self.cut()

    def allow(self) -> None:
        """Let new connections through again."""
        self._refusing.clear()

    def swallow(self) -> None:
        """Lose what the target answers from now on, until `pass_on`."""
        self._swallowing.set()

    def pass_on(self) -> None:
        """Pass the target's answers on again; what was lost stays lost."""
        self._swallowing.clear()

    def deafen(self) -> None:
        """Lose what the clients say from now on, for good."""
        self._deaf.set()

    def close(self) -> None:
        """End it all."""
        self._ended.set()
        self.cut()
        for thread in tuple(self._threads):
            thread.join(5)
        self._server.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                near, _ = self._server.accept()
            except TimeoutError:
                continue
            if self._refusing.is_set():
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._target), 5)
            except OSError:
                near.close()
                continue
            with self._lock:
                self._pairs += [near, far]
            for pair in ((near, far, False), (far, near, True)):
                thread = threading.Thread(target=self._pass_bytes, args=pair)
                self._threads.append(thread)
                thread.start()

    def _pass_bytes(
        self, source: socket.socket, sink: socket.socket, are_answers: bool
    ) -> None:
        source.settimeout(None)
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                losing = self._swallowing if are_answers else self._deaf
                if not losing.is_set():
                    sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()
