"""From the samples of the benches to the figures of the page; pure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from bench.cluster.contest import ONE
from bench.endtoend.samples import Sample as EndToEndSample
from bench.fanout.samples import Arrival
from bench.fanout.samples import Sample as FanoutSample
from bench.ingest.samples import Sample as IngestSample
from bench.ingest.servers import FASTAPI, PLAIN
from bench.mail.contestants import PLAIN as PLAIN_MAILER
from bench.mail.samples import Sample as MailSample
from bench.performance.figures import (
    Cluster,
    EndToEnd,
    Fanout,
    Figures,
    Held,
    Ingest,
    Mail,
    Origin,
    Reading,
    Spread,
    rounded,
)
from bench.reading.report import broker_us_a_reader
from bench.reading.samples import CatchUp, Live
from bench.samples import Sample, median, ratios, select

#: What a bench writes with --json.
Document = Any


def add(figures: Figures, name: str, origin: Origin, document: Document) -> Figures:
    """Return the figures with those of this part, in place of what it had."""
    origins = {**figures.origins, name: origin}
    return replace(figures, origins=origins, **PARTS[name](document))


def ingest(document: Document) -> dict[str, Any]:
    """Return the rows by load and server."""
    samples = [IngestSample(**each) for each in document["samples"]]
    rows = []
    for load, server in _keys(samples, "load", "server"):
        here = select(samples, load=load)
        own = select(here, server=server)
        plain = select(here, server=PLAIN) if server != PLAIN else []
        fastapi = select(here, server=FASTAPI) if server != FASTAPI else []
        rows.append(
            Ingest(
                load=load,
                server=server,
                turns=len(own),
                per_second=_spread(own, "per_second"),
                cpu_us=_spread(own, "cpu_us"),
                broker_us=_spread(own, "broker_us"),
                p50_ms=_median(own, "p50_ms"),
                p99_ms=_median(own, "p99_ms"),
                x_plain=_ratio(own, plain, "cpu_us"),
                x_fastapi=_ratio(own, fastapi, "cpu_us"),
                rate_x_plain=_ratio(own, plain, "per_second"),
            )
        )
    return {"ingest": rows}


def fanout(document: Document) -> dict[str, Any]:
    """Return the rows by number of clients, mode and server, and what clients cost."""
    samples = [FanoutSample(**each) for each in document["samples"]]
    rows = []
    for clients, mode, server in _keys(samples, "clients", "mode", "server"):
        here = select(samples, clients=clients, mode=mode)
        own = select(here, server=server)
        shared, plain = (
            select(here, server=each) if each != server else []
            for each in ("shared_frame", "send_str")
        )
        rows.append(
            Fanout(
                clients=clients,
                mode=mode,
                server=server,
                turns=len(own),
                cpu_us=_spread(own, "cpu_us"),
                deliveries_a_second=_spread(own, "deliveries_a_second"),
                p50_ms=_median(own, "p50_ms"),
                p99_ms=_median(own, "p99_ms"),
                x_shared=_ratio(own, shared, "cpu_us"),
                x_send_str=_ratio(own, plain, "cpu_us"),
            )
        )
    arrivals = [Arrival(**each) for each in document["arrivals"]]
    held = [
        Held(
            clients=each.clients,
            server=each.server,
            idle_kib=rounded(each.idle_kib),
            connects_a_second=rounded(each.connects_a_second),
            connect_cpu_us=rounded(each.connect_cpu_us),
        )
        for each in arrivals
    ]
    return {"fanout": rows, "held": held}


def reading(document: Document) -> dict[str, Any]:
    """Return one row: what most gateways at once read, and one from the beginning."""
    lives = [Live(**each) for each in document["live"]]
    catch_ups = [CatchUp(**each) for each in document["catch_up"]]
    readers = [each.readers for each in lives]
    most = max(readers)
    row = Reading(
        readers=most,
        rate=_median(select(lives, readers=most), "per_second"),
        read_us=_median(select(lives, readers=most), "cpu_us"),
        reader_us=rounded(broker_us_a_reader(lives)),
        broker_us=_median(select(lives, readers=min(readers)), "broker_us"),
        catch_up_a_second=_median(catch_ups, "per_second"),
        catch_up_us=_median(catch_ups, "cpu_us"),
        log_bytes=_median(catch_ups, "log_bytes"),
        stream_bytes=_median(catch_ups, "stream_bytes"),
    )
    return {"reading": [row]}


def cluster(document: Document) -> dict[str, Any]:
    """Return the rows by load, one node and three of them."""
    samples = [IngestSample(**each) for each in document["samples"]]
    rows = []
    for load, name in _keys(samples, "load", "server"):
        own = select(samples, load=load, server=name)
        one = select(samples, load=load, server=ONE) if name != ONE else []
        rows.append(
            Cluster(
                load=load,
                broker=name,
                turns=len(own),
                per_second=_spread(own, "per_second"),
                broker_us=_spread(own, "broker_us"),
                p50_ms=_median(own, "p50_ms"),
                p99_ms=_median(own, "p99_ms"),
                rate_x_one=_ratio(own, one, "per_second"),
                cpu_x_one=_ratio(own, one, "broker_us"),
                mebibytes=[rounded(each) for each in document["memory"][name]],
            )
        )
    return {"cluster": rows}


def endtoend(document: Document) -> dict[str, Any]:
    """Return a row for each sample."""
    names = [each.name for each in fields(EndToEnd)]
    samples = [EndToEndSample(**each) for each in document]
    rows = [
        EndToEnd(**{name: _short(getattr(each, name)) for name in names})
        for each in samples
    ]
    return {"endtoend": rows}


def mail(document: Document) -> dict[str, Any]:
    """Return the rows by number of senders and mailer."""
    samples = [MailSample(**each) for each in document]
    rows = []
    for senders, name in _keys(samples, "senders", "contestant"):
        here = select(samples, senders=senders)
        own = select(here, contestant=name)
        plain = select(here, contestant=PLAIN_MAILER) if name != PLAIN_MAILER else []
        rows.append(
            Mail(
                senders=senders,
                contestant=name,
                turns=len(own),
                ideal=rounded(own[0].ideal),
                per_second=_spread(own, "per_second"),
                cpu_us=_spread(own, "cpu_us"),
                broker_us=_spread(own, "broker_us"),
                of_ideal=_median(own, "of_ideal"),
                resident_mib=_median(own, "resident_mib"),
                rate_x_plain=_ratio(own, plain, "per_second"),
                cpu_x_plain=_ratio(own, plain, "cpu_us"),
            )
        )
    return {"mail": rows}


PARTS: Mapping[str, Callable[[Document], dict[str, Any]]] = {
    "ingest": ingest,
    "fanout": fanout,
    "reading": reading,
    "cluster": cluster,
    "endtoend": endtoend,
    "mail": mail,
}


def _keys(samples: Iterable[object], *names: str) -> list[tuple[Any, ...]]:
    """Return what there is; the tables put it in order."""
    found = (tuple(getattr(each, name) for name in names) for each in samples)
    return list(dict.fromkeys(sorted(found, key=repr)))


def _spread(samples: Sequence[object], attribute: str) -> Spread:
    return Spread.of(getattr(each, attribute) for each in samples)


def _median(samples: Sequence[object], attribute: str) -> float:
    return rounded(median(samples, attribute))


def _ratio(
    samples: Sequence[Sample], baseline: Sequence[Sample], attribute: str
) -> float | None:
    found = ratios(samples, baseline, attribute)
    return rounded(statistics.median(found)) if found else None


def _short(value: Any) -> Any:
    return rounded(value) if isinstance(value, float) else value
