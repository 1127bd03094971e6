"""The connection edge: gunicorn's gevent worker, with a deadline for every wait.

What is no request is answered as problem+json too, and told in a log line without its
bytes. A connection with a body that nobody has read is closed once the answer is out.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Any, ClassVar

from gunicorn import http, util
from gunicorn.http.errors import NoMoreData
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.workers.ggevent import GeventWorker

from ingest_service import wire_errors
from ingest_service.incoming import Incoming
from ingest_service.metrics.board import BOARD
from ingest_service.metrics.meter import Meter
from ingest_service.metrics.outcomes import OTHER, of_status
from ingest_service.outgoing import Outgoing
from shared import logs
from shared.peers import as_counted
from shared.request_ids import request_id as new_request_id
from shared.throttle import Throttle

log = logs.get(__name__)

Address = tuple[Any, ...]

#: A peer that is still sending is heard out for so long, so that it reads the answer
#: instead of a reset: seconds, and bytes.
LINGER = 1.0
LINGER_BYTES = 2_097_152
#: Lines about broken requests, in a second; whoever sends them decides how many come.
TOLD_PER_SECOND = 5


class Worker(GeventWorker):  # type: ignore[misc] # gunicorn has no types
    """Serve connections; `read_deadline` is for a head, and for a body, in seconds."""

    read_deadline: ClassVar[float] = 10.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connections: set[Incoming] = set()
        self._told = Throttle(TOLD_PER_SECOND, now=time.monotonic())

    def handle(
        self, listener: socket.socket, client: socket.socket, addr: Address
    ) -> None:
        """Serve one connection until either side ends it."""
        incoming = Incoming(client)
        self._connections.add(incoming)
        try:
            self._serve(listener.getsockname(), client, addr, incoming)
        except StopIteration:
            # gunicorn's word for the end of a connection.
            util.close_graceful(client, LINGER, LINGER_BYTES)
        except Exception as error:  # noqa: BLE001
            self.handle_error(None, client, addr, error)
        finally:
            self._connections.discard(incoming)
            util.close(client)

    def notify(self) -> None:
        """Say that the worker lives, each second; at its end, close what is idle.

        What has come by then is still served: only further bytes are not taken.
        """
        super().notify()
        if not self.alive:
            for incoming in [each for each in self._connections if each.is_idle]:
                with suppress(OSError):
                    incoming.end()

    def handle_error(
        self,
        req: Request | None,
        client: socket.socket,
        addr: Address,
        exc: BaseException,
    ) -> None:
        """Answer what cannot be served, then close; a peer that has gone is let go."""
        told = wire_errors.told_of(exc)
        if told is None and isinstance(exc, OSError):
            return
        # Whatever it sent as an id is no better than the rest of it.
        request_id = new_request_id(None)
        if told is None:
            log.error("connection.failed", request_id=request_id, exc_info=exc)
            told = HTTPStatus.INTERNAL_SERVER_ERROR, "an error on our side"
        elif self._told.allow(time.monotonic()):
            log.warning(
                "connection.refused",
                request_id=request_id,
                status=told[0],
                reason=type(exc).__name__,
                address=as_counted(addr[0]),
            )
        Meter(BOARD.mine()).answered(OTHER, of_status(told[0]), 0.0)
        with suppress(OSError):
            client.sendall(wire_errors.answer(*told, request_id))
        util.close_graceful(client, LINGER, LINGER_BYTES)

    def _serve(
        self, name: Address, client: socket.socket, addr: Address, incoming: Incoming
    ) -> None:
        parser = http.get_parser(self.cfg, incoming, addr)
        outgoing = Outgoing(client)
        incoming.await_request(idle=self.read_deadline, head=self.read_deadline)
        while True:
            request = self._next(parser, incoming)
            # gunicorn would ask for the body before anybody has looked at the head.
            asks, request._expected_100_continue = request._expected_100_continue, False
            incoming.await_body(self.read_deadline, ask=asks)
            try:
                self.handle_request(name, request, outgoing, addr)
            finally:
                outgoing.flush()
            incoming.forgo_body()
            if not parser.finish_body(time.monotonic() + LINGER):
                raise StopIteration
            if parser.unreader.buf.getvalue():
                incoming.await_head(self.read_deadline)
            else:
                incoming.await_request(idle=self.cfg.keepalive, head=self.read_deadline)

    def _next(self, parser: RequestParser, incoming: Incoming) -> Request:
        """Return the next request; raise StopIteration where none comes any more."""
        try:
            return next(parser)
        except NoMoreData:
            raise StopIteration from None
        except TimeoutError:
            if incoming.is_idle:
                raise StopIteration from None
            raise
