"""The figures as Markdown tables; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from bench.cluster.contest import ONE, THREE
from bench.fanout.servers import MODES, SERVERS
from bench.ingest.servers import SERVER_NAMES
from bench.mail.contestants import CONTESTANTS
from bench.outbox.ways import WAYS
from bench.performance.figures import EndToEnd, Figures, Spread
from bench.tables import markdown

#: Loads of the ingest bench, in the order of the table.
LOADS = ("c1", "c16", "c64", "c200", "200/s")
MODE_NAMES = tuple(mode.name for mode in MODES)
FANOUT_NAMES = tuple(server.name for server in SERVERS)
MAILER_NAMES = tuple(contestant.name for contestant in CONTESTANTS)
BROKERS = (ONE, THREE)
WAY_NAMES = tuple(way.name for way in WAYS)

R = TypeVar("R")


def origins(figures: Figures) -> str:
    """Return machine, versions, and what was measured when."""
    found = figures.origins.values()
    facts: dict[str, str] = {}
    for told in (*(each.machine for each in found), *(each.versions for each in found)):
        for name, value in told.items():
            known = facts.get(name)
            if known is None:
                facts[name] = value
            elif value not in known.split("; "):
                # Parts that were measured again, on another day or machine.
                facts[name] = f"{known}; {value}"
    rows = list(facts.items())
    rows += [
        (f"`bench.{name}`", f"{each.date}, {each.minutes:g} minutes")
        for name, each in figures.origins.items()
    ]
    return markdown(("", "measured with"), rows, left=2)


def ingest(figures: Figures) -> str:
    """Return a row for each load and server."""
    rows = [
        (
            f"`{each.load}`",
            f"`{each.server}`",
            _spread(each.per_second),
            _spread(each.cpu_us),
            _spread(each.broker_us),
            _times(each.x_plain),
            _times(each.x_fastapi),
            _ms(each.p50_ms),
            _ms(each.p99_ms),
        )
        for each in _in_order(
            figures.ingest,
            lambda row: (LOADS.index(row.load), SERVER_NAMES.index(row.server)),
        )
    ]
    columns = ("requests/s", "service µs", "broker µs", "x `plain`", "x `fastapi`")
    return markdown(("load", "server", *columns, "p50 ms", "p99 ms"), rows, left=2)


def fanout(figures: Figures) -> str:
    """Return a row for each mode, number of clients and server."""
    rows = [
        (
            f"`{each.mode}`",
            f"{each.clients:,}",
            f"`{each.server}`",
            _spread(each.cpu_us),
            _times(each.x_shared),
            _times(each.x_send_str),
            _spread(each.deliveries_a_second),
            _ms(each.p50_ms),
            _ms(each.p99_ms),
        )
        for each in _in_order(
            figures.fanout,
            lambda row: (
                MODE_NAMES.index(row.mode),
                row.clients,
                FANOUT_NAMES.index(row.server),
            ),
        )
    ]
    columns = ("µs/delivery", "x `shared_frame`", "x `send_str`", "deliveries/s")
    head = ("mode", "clients", "server", *columns, "p50 ms", "p99 ms")
    return markdown(head, rows, left=3)


def held(figures: Figures) -> str:
    """Return a row for each number of clients, the servers beside each other."""
    servers = ("gateway", "idle")
    rows = []
    for clients in dict.fromkeys(each.clients for each in figures.held):
        here = {each.server: each for each in figures.held if each.clients == clients}
        rows.append(
            (
                f"{clients:,}",
                *(f"{here[name].idle_kib:.1f}" for name in servers),
                *(f"{here[name].connects_a_second:,.0f}" for name in servers),
            )
        )
    memory = tuple(f"`{name}` KiB/client" for name in servers)
    speed = tuple(f"`{name}` connects/s" for name in servers)
    return markdown(("clients", *memory, *speed), rows, left=1)


def reading(figures: Figures) -> str:
    """Return what reading costs, as it comes and from the beginning."""
    rows = []
    for each in figures.reading:
        live = f"live, {each.readers} gateways, {each.rate:,.0f} events/s"
        rows += [
            (live, _short(each.read_us), _short(each.reader_us), _short(each.rate)),
            (
                "from the stream's beginning",
                _short(each.catch_up_us),
                "",
                _short(each.catch_up_a_second),
            ),
        ]
    head = ("", "gateway µs/event", "broker µs/event, each gateway", "events/s")
    return markdown(head, rows, left=1)


def cluster(figures: Figures) -> str:
    """Return a row for each load, one node above three."""
    rows = [
        (
            f"`{each.load}`",
            each.broker,
            _spread(each.per_second),
            _times(each.rate_x_one),
            _ms(each.p50_ms),
            _ms(each.p99_ms),
            _spread(each.broker_us),
            _times(each.cpu_x_one),
        )
        for each in _in_order(
            figures.cluster,
            lambda row: (LOADS.index(row.load), BROKERS.index(row.broker)),
        )
    ]
    columns = ("requests/s", "x one node", "p50 ms", "p99 ms", "brokers' µs")
    return markdown(("load", "broker", *columns, "x one node"), rows, left=2)


def endtoend(figures: Figures) -> str:
    """Return a row for each number of sockets, rate and way."""
    rows = [
        (
            f"{each.sockets:,}",
            f"{each.rate:g}",
            f"`{each.way}`",
            *_lateness(each),
            f"{each.committed_a_second:,.3g}",
            f"{each.reached_a_second:,.3g}",
            _backlog(each),
            f"{each.gateway_cores:.2f}",
            f"{each.machine_busy:.0%}",
        )
        for each in _in_order(
            figures.endtoend,
            lambda row: (row.sockets, row.rate, WAY_NAMES.index(row.way)),
        )
    ]
    head = ("sockets", "changes/s", "way", "p50 ms", "p90 ms", "p99 ms")
    more = ("committed/s", "reached/s", "backlog", "gateway cores", "machine")
    return markdown((*head, *more), rows, left=3)


def mail(figures: Figures) -> str:
    """Return a row for each number of senders and mailer."""
    rows = [
        (
            str(each.senders),
            f"`{each.contestant}`",
            _spread(each.per_second),
            f"{each.of_ideal:.2f}",
            _times(each.rate_x_plain),
            _spread(each.cpu_us),
            _times(each.cpu_x_plain),
            _spread(each.broker_us),
            f"{each.resident_mib:.0f}",
        )
        for each in _in_order(
            figures.mail,
            lambda row: (row.senders, MAILER_NAMES.index(row.contestant)),
        )
    ]
    columns = ("mails/s", "of ideal", "x `plain`", "CPU µs", "x `plain` CPU")
    head = ("senders", "mailer", *columns, "broker µs", "MiB")
    return markdown(head, rows, left=2)


TABLES: Mapping[str, Callable[[Figures], str]] = {
    "origins": origins,
    "ingest": ingest,
    "fanout": fanout,
    "held": held,
    "reading": reading,
    "cluster": cluster,
    "endtoend": endtoend,
    "mail": mail,
}


def _lateness(row: EndToEnd) -> tuple[str, str, str]:
    late = (row.p50_ms, row.p90_ms, row.p99_ms)
    p50, p90, p99 = ("" if each is None else _ms(each) for each in late)
    return (p50, p90, p99) if row.sustained else ("**not sustained**", "", "")


def _backlog(row: EndToEnd) -> str:
    if row.sustained:
        return f"{row.backlog:,}"
    return f"{row.backlog:,}, gone after {row.drained_seconds:.0f} s"


def _in_order(
    rows: Iterable[R], key: Callable[[R], tuple[int | float, ...]]
) -> list[R]:
    return sorted(rows, key=key)


def _spread(value: Spread) -> str:
    low, median, high = (_short(each) for each in (value.low, value.median, value.high))
    return median if low == high else f"{median} ({low} to {high})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _times(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
