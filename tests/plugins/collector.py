"""An OTLP collector: takes spans over HTTP, and can be slow or talk nonsense."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A span as it came."""

    service: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, str | int]
    status: int
    nanoseconds: int


@dataclass
class Collector:
    """What it has taken; `answer` may be another."""

    url: str = ""
    spans: list[Seen] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    #: What everything answers, written to the connection.
    answer: Callable[[BaseHTTPRequestHandler], None] | None = None
    raw: list[bytes] = field(default_factory=list)

    def named(self, name: str) -> list[Seen]:
        """Return the spans of this name."""
        return [each for each in self.spans if each.name == name]

    def take(self, body: bytes) -> None:
        """Keep the spans of a request."""
        self.raw.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = _plain(resource.resource.attributes)["service.name"]
            for scope in resource.scope_spans:
                self.spans.extend(_seen(str(service), span) for span in scope.spans)


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            collector.headers.append(dict(self.headers))
            self.send_error(405)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.headers.append(dict(self.headers))
            if collector.answer is not None:
                collector.answer(self)
                return
            assert self.path == "/v1/traces"
            collector.take(body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    collector.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


def nonsense(handler: BaseHTTPRequestHandler) -> None:
    """Answer with what is no OTLP."""
    handler.send_response(200)
    handler.send_header("Content-Length", "9")
    handler.end_headers()
    handler.wfile.write(b"nonsense!")


def refusal(handler: BaseHTTPRequestHandler) -> None:
    """Answer 503 for ever."""
    handler.send_response(503)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def elsewhere(handler: BaseHTTPRequestHandler, *, status: int, url: str) -> None:
    """Send the exporter to another address."""
    handler.send_response(status)
    handler.send_header("Location", f"{url}/v1/traces")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def silence(handler: BaseHTTPRequestHandler) -> None:
    """Answer nothing for a long time."""
    time.sleep(30)


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Answer with a body that does not end."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"x" * 65_536)
    except OSError:
        return


def _seen(service: str, span: object) -> Seen:
    return Seen(
        service=service,
        name=span.name,  # type: ignore[attr-defined]
        kind=span.kind,  # type: ignore[attr-defined]
        trace_id=span.trace_id.hex(),  # type: ignore[attr-defined]
        span_id=span.span_id.hex(),  # type: ignore[attr-defined]
        parent_id=span.parent_span_id.hex(),  # type: ignore[attr-defined]
        attributes=_plain(span.attributes),  # type: ignore[attr-defined]
        status=span.status.code,  # type: ignore[attr-defined]
        nanoseconds=span.end_time_unix_nano - span.start_time_unix_nano,  # type: ignore[attr-defined]
    )


def _plain(attributes: object) -> dict[str, str | int]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value"))
        for each in attributes  # type: ignore[attr-defined]
    }
