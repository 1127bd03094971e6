"""How gunicorn runs the service: greenlets, for a publisher that they all share."""

from gevent import monkey

# Before anything else is imported: what has taken hold of a real lock or socket by then
# would stop every request of the worker, not only its own.
monkey.patch_all()

import logging
import os

from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker as AnyWorker

from ingest_service import reloading
from ingest_service.metrics.board import BOARD
from ingest_service.worker import Worker
from shared import logs

_settings = reloading.settings(os.environ)
logs.configure("ingest_service", debug=_settings.debug)

wsgi_app = "ingest_service.app:from_environment()"
bind = _settings.ingest_bind
workers = _settings.ingest_workers
# The sync class closes every connection after one answer and lets an idle one block a
# worker; pg_net keeps up to 200 open. Threads (gthread) cost 1.6 times the CPU of
# greenlets, which hand over without a lock (bench/README.md); both share one publisher.
# Below, as `worker_class`: gunicorn's gevent worker with deadlines of its own.
worker_connections = _settings.ingest_connections
# pg_net holds connections open between batches, which are a second apart; longer than
# the edge keeps its own, so that no request meets a connection that is just closed.
keepalive = 75
# Five of pg_net's bursts of 200 wait here while a worker starts, and are not refused.
backlog = 1024
# Each second a worker says that it lives. One that is silent for so long is held by
# something that does not yield, and helps nobody: it is replaced.
timeout = 30
# Longer than a confirm and the spool can take; a supervisor's patience is longer still.
graceful_timeout = 10
# Bounds for hostile senders; pg_net's requests are far below.
limit_request_line = 2048
limit_request_fields = 64
limit_request_field_size = 8190
# No header may say where the application begins or which scheme it is.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
control_socket_disable = True


class worker_class(Worker):  # noqa: N801 # the setting's name
    """The service's worker, as it is set."""

    read_deadline = _settings.read_deadline_seconds


class logger_class(Logger):  # noqa: N801 # the setting's name
    """gunicorn's own lines, in the shape of all others."""

    def setup(self, cfg: Config) -> None:
        """Hand over to the root logger, which is configured above."""
        self.loglevel = logging.INFO
        self.error_log.propagate = True
        self.error_log.setLevel(self.loglevel)

    def access(self, *args: object, **kwargs: object) -> None:
        """Write nothing: the service tells of each webhook itself."""


def pre_fork(server: Arbiter, worker: AnyWorker) -> None:
    """Give the worker its row of counts, which it has once it is forked."""
    worker.counts = BOARD.take()


def child_exit(server: Arbiter, worker: AnyWorker) -> None:
    """Let a later worker go on with the row, however this one ended."""
    BOARD.give_back(worker.counts)
