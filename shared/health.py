"""`/health`, `/ready` and `/metrics` of a process that otherwise serves nobody."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from shared.address import host_and_port

#: A health check that cannot send its request line by then is not one, in seconds.
READ_TIMEOUT = 5

#: Takes the Accept header; returns a body and its media type.
TellMetrics = Callable[[str], tuple[bytes, str]]


class HealthServer:
    """Serve what `state` returns: `status` is healthy, degraded or unhealthy."""

    def __init__(
        self, bind: str, state: Callable[[], dict[str, object]], *, metrics: TellMetrics
    ) -> None:
        self._server = _server(bind, state, metrics)
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="health", daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


def _server(
    bind: str, state: Callable[[], dict[str, object]], metrics: TellMetrics
) -> ThreadingHTTPServer:
    host, port = host_and_port(bind)

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing: a checker that hangs up is no news."""

    return Server((host, port), _handler(state, metrics))


def _handler(
    state: Callable[[], dict[str, object]], metrics: TellMetrics
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = READ_TIMEOUT

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                body, media = metrics(self.headers.get("Accept", ""))
                self._answer(HTTPStatus.OK, body, media)
            else:
                self._answer(*_told_at(path, state))

        def _answer(self, status: HTTPStatus, body: bytes, media: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a health check a second is no news."""

    return Handler


def _told_at(
    path: str, state: Callable[[], dict[str, object]]
) -> tuple[HTTPStatus, bytes, str]:
    if path not in {"/health", "/ready"}:
        status = HTTPStatus.NOT_FOUND
        problem = {"type": "about:blank", "title": status.phrase, "status": status}
        media = "application/problem+json; charset=utf-8"
        return status, msgspec.json.encode(problem), media
    told = state()
    ready = told["status"] != "unhealthy"
    status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return status, msgspec.json.encode(told), "application/json; charset=utf-8"
