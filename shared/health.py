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
            match self.path.partition("?")[0]:
                case "/metrics":
                    text, media = metrics(self.headers.get("Accept", ""))
                    self._send(HTTPStatus.OK, text, media)
                case "/health" | "/ready":
                    self._answer(*_of_state(state()))
                case _:
                    self._answer(HTTPStatus.NOT_FOUND, _problem(HTTPStatus.NOT_FOUND))

        def _answer(self, status: HTTPStatus, body: dict[str, object]) -> None:
            problem = "title" in body
            kind = "application/problem+json" if problem else "application/json"
            self._send(status, msgspec.json.encode(body), f"{kind}; charset=utf-8")

        def _send(self, status: HTTPStatus, encoded: bytes, media: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(encoded)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a health check a second is no news."""

    return Handler


def _of_state(state: dict[str, object]) -> tuple[HTTPStatus, dict[str, object]]:
    ready = state["status"] != "unhealthy"
    return HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE, state


def _problem(status: HTTPStatus) -> dict[str, object]:
    return {"type": "about:blank", "title": status.phrase, "status": status.value}
