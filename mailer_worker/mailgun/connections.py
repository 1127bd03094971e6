"""Connections to Mailgun that tell whether a request was begun.

A request that was not begun is surely not with Mailgun; of one that was, and got no
answer, nobody knows. `requests` tells the two apart for some failures only.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

#: Idle for longer, a connection may have been forgotten on its way: a mail sent on it
#: would be one that nobody knows of. In seconds.
MAX_IDLE = 15.0

_of_thread = threading.local()


class Sessions:
    """A session for each thread, so that no connection is shared."""

    def __init__(self, api_key: str) -> None:
        self._auth = ("api", api_key)

    def get(self) -> requests.Session:
        """Return the thread's session, with no request begun on it."""
        sessions: dict[int, requests.Session] = _of_thread.__dict__.setdefault(
            "sessions", {}
        )
        used_at: dict[int, float] = _of_thread.__dict__.setdefault("used_at", {})
        session = sessions.get(id(self))
        if session is None:
            session = sessions[id(self)] = requests.Session()
            session.auth = self._auth
            for scheme in ("http://", "https://"):
                session.mount(scheme, _Adapter())
        elif time.monotonic() - used_at[id(self)] > MAX_IDLE:
            session.close()
        used_at[id(self)] = time.monotonic()
        _of_thread.begun = False
        return session


def was_begun() -> bool:
    """Tell whether any of this thread's last request was sent."""
    return bool(getattr(_of_thread, "begun", False))


class _Http(HTTPConnection):
    def send(self, data: Any) -> None:
        _begin(self)
        super().send(data)


class _Https(HTTPSConnection):
    def send(self, data: Any) -> None:
        _begin(self)
        super().send(data)


def _begin(connection: HTTPConnection) -> None:
    if connection.sock is None:
        # With its handshakes, and the way through a proxy: none of it is the request.
        connection.connect()
    _of_thread.begun = True


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
