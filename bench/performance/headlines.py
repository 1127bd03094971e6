"""The few sentences that the page begins with, each with its figure; pure."""

from __future__ import annotations

from collections.abc import Iterator

from bench.performance.figures import EndToEnd, Figures


def text_of(figures: Figures) -> str:
    """Return a list; what was not measured is left out."""
    found = (*_ingest(figures), *_fanout(figures), *_endtoend(figures), *_mail(figures))
    return "\n".join(f"- {each}" for each in found)


def _ingest(figures: Figures) -> Iterator[str]:
    for row in figures.ingest:
        if (row.load, row.server) == ("c64", "ours") and row.rate_x_plain is not None:
            yield (
                f"Ingest takes {row.per_second.median:,.0f} webhooks a second at 64 at"
                f" once, {row.rate_x_plain:.1f} times as many as the plain way, each"
                f" for {row.x_plain:.2f} times its CPU."
            )


def _fanout(figures: Figures) -> Iterator[str]:
    rows = [
        row
        for row in figures.fanout
        if (row.mode, row.server) == ("full", "gateway") and row.x_send_str is not None
    ]
    if rows:
        row = max(rows, key=lambda row: row.clients)
        yield (
            f"To tell one of {row.clients:,} clients costs the gateway"
            f" {row.cpu_us.median:.1f} µs of CPU, {row.x_send_str:.2f} times as much as"
            f" a loop of `send_str` and {row.x_shared:.2f} times as much as the barest"
            " loop."
        )


def _endtoend(figures: Figures) -> Iterator[str]:
    kept = [row for row in figures.endtoend if row.sustained]
    for way, words in (("relay", "Over the relay"), ("push", "Over the push")):
        own = [row for row in kept if row.way == way]
        if own:
            row = max(own, key=lambda row: (row.rate * row.sockets, row.sockets))
            yield f"{words}, {_late(row)}, the most of our cases that it sustained."


def _late(row: EndToEnd) -> str:
    return (
        f"{row.rate:g} changes a second reach {row.sockets:,} sockets"
        f" {row.p50_ms:,.0f} ms after their COMMIT (p50; p99 {row.p99_ms:,.0f})"
    )


def _mail(figures: Figures) -> Iterator[str]:
    rows = [row for row in figures.mail if row.contestant == "ours"]
    if rows:
        row = max(rows, key=lambda row: row.senders)
        yield (
            f"{row.senders} senders hand over {row.per_second.median:,.0f} mails a"
            f" second, {row.of_ideal:.0%} of what Mailgun's latency allows."
        )
