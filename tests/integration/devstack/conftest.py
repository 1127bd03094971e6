"""One stand-in of each kind for all tests of a module, and a receiver of webhooks."""

from __future__ import annotations

import socketserver
import threading
from contextlib import ExitStack

import pytest

from devstack.free_port import free_port
from tests.plugins.services import (
    ANON_KEY,
    DOMAIN,
    MAILGUN_KEY,
    SECRET,
    SERVICE_KEY,
    Process,
)


class Sink(socketserver.ThreadingTCPServer):
    """Keeps the raw bytes of each request; answers while its gate is open."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Taker)
        self.received: list[bytes] = []
        self.gate = threading.Event()
        self.gate.set()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook?x=1"


class _Taker(socketserver.StreamRequestHandler):
    server: Sink

    def handle(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return
            head += line
        length = int(head.rpartition(b"Content-Length: ")[2])
        self.server.received.append(head + self.rfile.read(length))
        self.server.gate.wait(10)
        self.wfile.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture(scope="module")
def sink():
    with Sink() as sink:
        thread = threading.Thread(target=sink.serve_forever, args=(0.02,))
        thread.start()
        yield sink
        sink.gate.set()
        sink.shutdown()
        thread.join(5)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with ExitStack() as stack:

        def start(module, bind, **environ):
            port = free_port()
            log = tmp_path_factory.mktemp("log") / "out"
            process = Process(module, port, {bind: f"127.0.0.1:{port}", **environ}, log)
            stack.callback(process.kill)
            return process.start()

        yield start


@pytest.fixture(scope="module")
def supabase(run, sink, tmp_path_factory):
    return run(
        "devstack.supabase",
        "SUPABASE_STANDIN_BIND",
        SUPABASE_SERVICE_ROLE_KEY=SERVICE_KEY,
        VITE_SUPABASE_ANON_KEY=ANON_KEY,
        WEBHOOK_SECRET=f"{SECRET}, the one before",
        SUPABASE_STANDIN_DATA_DIR=str(tmp_path_factory.mktemp("supabase")),
        SUPABASE_STANDIN_WEBHOOK_URL=sink.url,
    )


@pytest.fixture(scope="module")
def mailgun(run, tmp_path_factory):
    return run(
        "devstack.mailgun",
        "MAILGUN_STANDIN_BIND",
        MAILGUN_API_KEY=MAILGUN_KEY,
        MAILGUN_DOMAIN=DOMAIN,
        MAILGUN_STANDIN_DATA_DIR=str(tmp_path_factory.mktemp("mailgun")),
    )
