"""The whole system as processes of their own, with a proxy on each way between two."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from devstack.free_port import free_port
from devstack.postgres import PrivatePostgres, in_a_folder_of_its_own
from tests.chaos import clock
from tests.chaos.broker import Bus, SingleBroker
from tests.chaos.clock import Clock, NoClock
from tests.chaos.disks import NoDisk, SmallDisk
from tests.chaos.timeline import Timeline
from tests.plugins.mailgun_webhooks import KEY
from tests.plugins.outbox import Outbox, start_relay
from tests.plugins.postgres import Postgres
from tests.plugins.proxy import Proxy
from tests.plugins.services import (
    Process,
    start_gateway,
    start_ingest,
    start_mailer,
    start_mailgun,
    start_supabase,
)

#: An outbox row says where its mail goes, as the rows of the webhooks do.
OWN_ADDRESS = "alter table public.submissions add email text, add locale text"
#: In mebibytes: what ingest and a gateway may write.
SPOOL_DISK, LOG_DISK = 24, 64
#: In seconds. A status must stand for so long before it is mailed.
SETTLE = 0.5
MAILER = {
    "MAILER_SENDERS": "8",
    "MAILGUN_TIMEOUT_SECONDS": "2",
    "MAIL_SETTLE_SECONDS": str(SETTLE),
    "MAIL_LOOKUP_TRUSTED_SECONDS": "1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How many there are of each, by their names, and what bus they are on."""

    bus: Callable[[Path], Bus] = SingleBroker
    ingests: tuple[str, ...] = ("ingest",)
    gateways: tuple[str, ...] = ("gateway-1", "gateway-2")
    mailers: tuple[str, ...] = ("mailer-1", "mailer-2")


@dataclass(frozen=True)
class Door:
    """Where clients or senders come in: the near end of a line."""

    name: str
    port: int

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"


class World:
    """Services by name, lines between them by name, and what they stand on.

    `missing` says what cannot be broken here, by the name of its family.
    """

    def __init__(
        self, folder: Path, timeline: Timeline, ending: ExitStack, shape: Shape
    ) -> None:
        self.folder = folder
        self.timeline = timeline
        self.services: dict[str, Process] = {}
        self.clocks: dict[str, Clock] = {}
        self.lines: dict[str, Proxy] = {}
        self.disks: dict[str, SmallDisk] = {}
        self.missing: dict[str, str] = {}
        #: Of each service that was asked to end in mid-run.
        self.exit_codes: list[tuple[str, int]] = []
        self._ending = ending
        self._library: Path | None = None
        try:
            self._library = clock.library(folder)
        except NoClock as error:
            self.missing["clocks"] = str(error)
        self._shape = shape
        self.bus = shape.bus(folder / "broker")
        ending.callback(self.bus.close)
        self._start_below()
        self._start_services()

    def door(self, service: str) -> Door:
        """Return where a service is reached, through its line."""
        return Door(service, self.lines[f"to {service}"].port)

    @property
    def gateways(self) -> tuple[str, ...]:
        """Return the gateways' names."""
        return self._shape.gateways

    @property
    def ingests(self) -> tuple[str, ...]:
        """Return the names of the ingest services."""
        return self._shape.ingests

    @property
    def doors(self) -> list[Door]:
        """Return the gateways' doors."""
        return [self.door(name) for name in self.gateways]

    def kill(self, service: str) -> None:
        """End a service by SIGKILL."""
        if not self.services[service].running:
            # By itself, which is worth knowing.
            self.stop(service)
        self.services[service].kill()

    def stop(self, service: str) -> None:
        """Ask a service to end, and note how it did."""
        code = self.services[service].stop()
        # One that is still being loaded has nobody yet who hears the signal.
        if code != -signal.SIGTERM:
            self.exit_codes.append((service, code))

    def start(self, service: str) -> None:
        """Start a service again, and do not wait for it."""
        if not self.services[service].running:
            self.services[service].kill()
            self.services[service].start(wait=False)

    def _start_below(self) -> None:
        """Start what is not ours, and calls nobody: broker, database, Supabase."""
        with ThreadPoolExecutor(2) as both:
            broker = both.submit(self.bus.start)
            both.submit(self._start_postgres).result()
            broker.result()
        self.supabase = start_supabase(self._start, self.folder)

    def _start_postgres(self) -> None:
        folder = self._ending.enter_context(in_a_folder_of_its_own())
        server = PrivatePostgres(folder, superuser="test", settings={"fsync": "off"})
        server.start()
        self._ending.callback(self._end_postgres)
        self.postgres = server
        given = Postgres(server)
        self.ledger = given.create_database("ledger").dsn()
        self.outbox = Outbox(given)
        self.outbox.ask(OWN_ADDRESS)

    def _end_postgres(self) -> None:
        with suppress(Exception):
            self.postgres.stop()

    def _start_services(self) -> None:
        given = {"wait": False}
        for name in self.ingests:
            spool = self._disk(name, SPOOL_DISK)
            self._service(name, lambda url, environ, spool=spool: start_ingest(
                self._start, url, INGEST_WORKERS="2", INGEST_DATA_DIR=str(spool),
                MAILGUN_WEBHOOK_SIGNING_KEY=KEY, **environ, **given,
            ))  # fmt: skip
            self._line(f"to {name}", self.services[name].port)
        self._start_mailgun(self.ingests[0])
        for name in self.gateways:
            log = self._disk(name, LOG_DISK)
            self._service(name, lambda url, environ, log=log: start_gateway(
                self._start, url, self.supabase.url, log, **environ, **given,
            ))  # fmt: skip
        for name in self._shape.mailers:
            mailgun = f"http://127.0.0.1:{self.lines['to mailgun'].port}"
            self._service(name, lambda url, environ, mailgun=mailgun: start_mailer(
                self._start, url, self.supabase.url, mailgun,
                **MAILER, MAILER_DATABASE_URL=self.ledger, **environ, **given,
            ))  # fmt: skip
        self._service("relay", lambda url, environ: start_relay(
            self._start, url, self.outbox, **environ, **given
        ))  # fmt: skip
        for service in self.services.values():
            service.wait_ready()
        self.mailgun.wait_ready()
        for name in self.gateways:
            self._line(f"to {name}", self.services[name].port)

    def _start_mailgun(self, ingest: str) -> None:
        """Start what takes mails, and tells an ingest what became of them."""
        back = self._line(f"mailgun to {ingest}", self.services[ingest].port)
        self.mailgun = start_mailgun(
            self._start,
            self.folder,
            MAILGUN_STANDIN_WEBHOOK_URL=f"http://127.0.0.1:{back.port}/webhook/mailgun",
            MAILGUN_WEBHOOK_SIGNING_KEY=KEY,
            wait=False,
        )
        self._line("to mailgun", self.mailgun.port)

    def _service(
        self, name: str, start: Callable[[str, Mapping[str, str]], Process]
    ) -> None:
        """Start a service on a clock of its own, and lines of its own to the bus."""
        environ = {}
        if self._library is not None:
            own = Clock(self.folder / f"{name}.clock", self._library)
            self.clocks[name], environ = own, own.environ
        addresses = []
        for node, url in zip(self.bus.nodes, self.bus.urls, strict=True):
            line = self._line(f"{name} to {node}", urlsplit(url).port or 0)
            login, _, _ = urlsplit(url).netloc.rpartition("@")
            netloc = f"{login}@127.0.0.1:{line.port}"
            addresses.append(urlsplit(url)._replace(netloc=netloc).geturl())
        self.services[name] = start(",".join(addresses), environ)

    def _line(self, name: str, port: int) -> Proxy:
        self.lines[name] = Proxy(port)
        self._ending.callback(self.lines[name].close)
        return self.lines[name]

    def _disk(self, name: str, mebibytes: int) -> Path:
        folder = self.folder / name
        try:
            self.disks[name] = SmallDisk(folder, mebibytes=mebibytes)
        except NoDisk as error:
            self.missing["disks"] = str(error)
        else:
            self._ending.callback(self.disks[name].close)
        return folder

    def _start(
        self, module: str, bind: str, *, wait: bool = True, **environ: str
    ) -> Process:
        port = free_port()
        log = self.folder / f"{module}-{port}.log"
        own = {"HOME": str(self.folder), bind: f"127.0.0.1:{port}"}
        process = Process(module, port, own | environ, log)
        self._ending.callback(process.kill)
        return process.start(wait=wait)


@contextmanager
def world(folder: Path, timeline: Timeline, shape: Shape) -> Iterator[World]:
    """Start everything in the folder; end all of it with the block."""
    with ExitStack() as ending:
        yield World(folder, timeline, ending, shape)
