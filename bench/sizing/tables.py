"""What each thing costs, and what a load needs, as Markdown tables; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.performance.figures import Figures
from bench.sizing.costs import Costs, Load
from bench.sizing.model import need
from bench.tables import markdown

#: The loads of the table.
SOCKETS = (1_000, 10_000, 100_000, 1_000_000)
EVENTS = (10, 1_000, 10_000)
#: Of the ingest bench, and of the mail bench: a busy service.
INGEST_LOAD, MAIL_SENDERS = "c64", 32


def costs_of(figures: Figures) -> Costs | None:
    """Return the costs, None while a part of them was not measured."""
    ingest = [r for r in figures.ingest if (r.load, r.server) == (INGEST_LOAD, "ours")]
    told = [r for r in figures.fanout if (r.mode, r.server) == ("full", "gateway")]
    held = [row for row in figures.held if row.server == "gateway"]
    sent = [row for row in figures.mail if row.contestant == "ours"]
    three = [
        row
        for row in figures.cluster
        if row.load == INGEST_LOAD and row.cpu_x_one is not None
    ]
    if not (ingest and told and held and sent and three and figures.reading):
        return None
    reading = figures.reading[0]
    crowd = max(held, key=lambda row: row.clients)
    mail = max(sent, key=lambda row: row.senders)
    return Costs(
        webhook=ingest[0].cpu_us.median,
        broker=ingest[0].broker_us.median,
        cluster=three[0].cpu_x_one or 1.0,
        reader=reading.reader_us,
        read=reading.read_us,
        delivery=max(told, key=lambda row: row.clients).cpu_us.median,
        connect=crowd.connect_cpu_us,
        socket_kib=crowd.idle_kib,
        mail=mail.cpu_us.median,
        mail_broker=mail.broker_us.median,
    )


def costs(figures: Figures) -> str:
    """Return what one of each costs."""
    found = costs_of(figures)
    if found is None:
        return "Not measured yet."
    rows = [
        ("a webhook", "ingest", _us(found.webhook)),
        ("", "broker, one node", _us(found.broker)),
        ("", "broker, three nodes together", _us(found.broker * found.cluster)),
        ("reading it", "each gateway", _us(found.read)),
        ("", "broker, each gateway", _us(found.reader)),
        ("telling it to one socket", "gateway", _us(found.delivery)),
        ("letting a socket in", "gateway", _us(found.connect)),
        ("holding a socket", "gateway", f"{found.socket_kib:.1f} KiB"),
        ("a mail", "mailer", _us(found.mail)),
        ("", "broker, one node", _us(found.mail_broker)),
    ]
    return markdown(("what", "who pays", "so much"), rows, left=2)


def machines(figures: Figures) -> str:
    """Return what each load needs."""
    found = costs_of(figures)
    if found is None:
        return "Not measured yet."
    rows = []
    for sockets in SOCKETS:
        for events in EVENTS:
            it = need(Load(sockets=sockets, events=events), found)
            gateways = f"{it.gateways:,}"
            if it.partitions > 1:
                gateways += f" in {it.partitions} partitions"
            rows.append(
                (
                    f"{sockets:,}",
                    f"{events:,}",
                    gateways,
                    f"{it.gateway_gib:.1f}",
                    f"{it.ingests:,}",
                    f"{it.mailers:,}",
                    f"{it.broker_cores:.1f}",
                    f"{it.back_seconds:.0f} s",
                    f"{it.machines:,} + 3",
                )
            )
    head = ("sockets", "events/s", "gateways", "GiB each", "ingest workers", "mailers")
    more = ("broker's cores", "all back after", "machines")
    return markdown((*head, *more), rows, left=0)


TABLES: Mapping[str, Callable[[Figures], str]] = {"costs": costs, "machines": machines}


def _us(value: float) -> str:
    return f"{value:,.0f} µs" if value >= 10 else f"{value:.1f} µs"
