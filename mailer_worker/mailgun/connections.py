"""Connections to Mailgun that tell whether a request was begun.

A request that was not begun is surely not with Mailgun; of one that was, and got no
answer, nobody knows. `requests` tells the two apart for some failures only.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from mailer_worker.environment import session_for

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: Idle for longer, a connection may have been forgotten on its way: a mail sent on it
#: would be one that nobody knows of. In seconds.
MAX_IDLE = 15.0

_of_thread = threading.local()


class Sessions:
    """A session for each thread, so that no connection is shared; all to `base_url`."""

    def __init__(self, api_key: str, *, base_url: str) -> None:
        self._auth = ("api", api_key)
        self._base_url = base_url
        self._own = threading.local()

    def get(self) -> requests.Session:
        """Return the thread's session, with no request begun on it."""
        own, now = self._own, time.monotonic()
        session: requests.Session | None = getattr(own, "session", None)
        if session is None:
            session = own.session = session_for(self._base_url)
            session.auth = self._auth
            for scheme in ("http://", "https://"):
                session.mount(scheme, _Adapter())
        elif now - own.used_at > MAX_IDLE:
            session.close()
        own.used_at = now
        _of_thread.begun = False
        return session


def was_begun() -> bool:
    """Tell whether any of this thread's last request was sent."""
    return bool(getattr(_of_thread, "begun", False))


class _Bounded(socket.SocketIO):
    """What a socket receives until `ends_at`, however often something comes."""

    def __init__(self, sock: socket.socket, ends_at: float) -> None:
        super().__init__(sock, "r")
        self._socket, self._ends_at = sock, ends_at

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        self._socket.settimeout(min(left, self._socket.gettimeout() or left))
        return super().readinto(buffer)


class _Answer(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        # `requests` waits for each piece of the head anew, be it one byte.
        ends_at = time.monotonic() + 2 * (sock.gettimeout() or 0.0)
        self.fp.close()
        sock._io_refs += 1  # type: ignore[attr-defined]
        self.fp = io.BufferedReader(_Bounded(sock, ends_at))


class _Marking:
    """A connection that notes when a request begins on it, and waits within bounds."""

    response_class: Any = _Answer
    _connecting = False

    def connect(self) -> None:
        # With its handshakes and the way through a proxy: none of it is the request.
        self._connecting = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        if not self._connecting:
            if self.sock is None:  # type: ignore[attr-defined]
                self.connect()
            _of_thread.begun = True
        super().send(data)  # type: ignore[misc]


class _Http(_Marking, HTTPConnection):
    pass


class _Https(_Marking, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _mark(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        _mark(manager)
        return manager


def _mark(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
