"""`make run`: start, wait until all is healthy, print, and stop in order at the end."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from devstack.dashboard import building
from devstack.stack import broker_source, debian, environment, health, ports
from devstack.stack.banner import banner
from devstack.stack.broker_source import Source
from devstack.stack.programs import Program, programs
from devstack.stack.starting import wait_until_healthy
from devstack.stack.supervision import Supervision
from devstack.stack.supervisord import Layout

#: For everything to be healthy. An image that is not here yet is fetched meanwhile.
START_DEADLINE: Mapping[Source, float] = {Source.CONTAINER: 600.0}
USUAL_START_DEADLINE = 120.0


class CannotRun(Exception):
    """The stack was not started, or was stopped; the text says why and what to do."""


def up(root: Path, environ: Mapping[str, str]) -> None:
    """Run the stack until a signal; raise CannotRun."""
    stopping = _stop_on_signals()
    layout = Layout(root)
    supervision = Supervision(layout)
    values = environment.prepare(root, environ)
    running = supervision.pid() is not None
    source = broker_source.choose(broker_source.gather(values))
    if source in {Source.INSTALLABLE, Source.NONE} and not running:
        source = _provide_broker(values)
    chosen = programs(root, values, source)
    if running:
        _refuse_other_programs(supervision, chosen)
        print("It runs already.", banner(chosen, values), sep="\n")
        return
    _refuse_taken_ports(chosen)
    _build_dashboard(root, values, stopping)
    # Where the edge finds its pages is known now.
    chosen = programs(root, values, source)
    values = environment.with_broker_url(values)
    started = time.monotonic()
    supervision.start(chosen, values)
    try:
        wait_until_healthy(
            layout,
            supervision,
            health.checks(chosen, broker_source.given_url(values) or ""),
            timeout=START_DEADLINE.get(source, USUAL_START_DEADLINE),
            stopping=stopping,
        )
        if not stopping.is_set() and not supervision.stopped_in_order:
            print(f"Healthy after {time.monotonic() - started:.1f} s.")
            print(banner(chosen, values), flush=True)
            _wait_for_the_end(supervision, stopping)
    finally:
        print("Stopping ...", flush=True)
        supervision.stop()
        print("Stopped.", flush=True)


def _provide_broker(values: Mapping[str, str]) -> Source:
    """Return a source that works, after installing one; raise CannotRun."""
    source = broker_source.choose(broker_source.gather(values))
    if source is Source.INSTALLABLE:
        try:
            debian.install("rabbitmq-server")
        except debian.InstallFailed as error:
            raise CannotRun(f"{error}\n{broker_source.ADVICE}") from error
        source = broker_source.choose(broker_source.gather(values))
    if source in {Source.INSTALLABLE, Source.NONE}:
        raise CannotRun(broker_source.ADVICE)
    return source


def _build_dashboard(
    root: Path, values: Mapping[str, str], stopping: threading.Event
) -> None:
    folder = root / "dashboard"
    if values.get("DASHBOARD_ROOT") or not folder.exists():
        return
    print(f"  dashboard  {building.build_if_due(folder, stopping)}", flush=True)


def _stop_on_signals() -> threading.Event:
    stopping = threading.Event()

    def ask(signum: int, frame: FrameType | None) -> None:
        stopping.set()

    # Set one by one: a shell that starts us in the background leaves SIGINT ignored.
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, ask)
    return stopping


def _refuse_taken_ports(chosen: Sequence[Program]) -> None:
    sentences = ports.taken(chosen)
    if sentences:
        raise CannotRun("\n".join(sentences))


def _refuse_other_programs(supervision: Supervision, chosen: Sequence[Program]) -> None:
    here = {state.name for state in supervision.states()}
    if here and here != {program.name for program in chosen}:
        names = ", ".join(sorted(here))
        raise CannotRun(f"It runs already, with {names}: `make stop` first.")


def _wait_for_the_end(supervision: Supervision, stopping: threading.Event) -> None:
    while not stopping.wait(0.5):
        if supervision.stopped_in_order:
            return
        if supervision.pid() is None:
            raise CannotRun("The supervisor was killed; its programs end with it.")
