"""The charts of the page, each an SVG made of the figures alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.ticker import FuncFormatter

from bench.performance import drawing
from bench.performance.drawing import CARD, FOURTH, INK, OURS, SECOND, THIRD
from bench.performance.figures import EndToEnd, Fanout, Figures, Ingest, Mail, Spread

_LINES = {"gateway": OURS, "send_str": SECOND, "shared_frame": THIRD}
_SERVERS = {"ours": OURS, "plain": SECOND, "fastapi": THIRD, "echo": FOURTH}
_MAILERS = {
    "ours": OURS,
    "ours, settle 1 s": THIRD,
    "ours, PostgreSQL": FOURTH,
    "plain": SECOND,
}
_WAYS = {"push": SECOND, "relay": OURS, "both": THIRD}
_LOADS = ("c1", "c16", "c64", "c200")
_FANOUT_MODES = {
    "full": "one message at a time",
    "burst": "20 messages at once",
}


def fanout(figures: Figures) -> str:
    """Draw what a delivery costs, by the number of clients."""
    figure, axes = drawing.panels(len(_FANOUT_MODES))
    for chart, (mode, words) in zip(axes, _FANOUT_MODES.items(), strict=True):
        rows = [row for row in figures.fanout if row.mode == mode]
        clients = sorted({row.clients for row in rows})
        for server, colour in _LINES.items():
            own: dict[int, Fanout] = {
                row.clients: row for row in rows if row.server == server
            }
            at = [place for place, each in enumerate(clients) if each in own]
            spreads = [own[clients[place]].cpu_us for place in at]
            _line(chart, at, spreads, server, colour)
        chart.set_xticks(range(len(clients)), [f"{each:,}" for each in clients])
        chart.set_ylim(bottom=0)
        chart.set_xlabel("clients")
        chart.set_title(f"µs of CPU a delivery, {words}")
    drawing.legend(figure, axes[0])
    return drawing.svg(figure, ALT["fanout"])


def ingest(figures: Figures) -> str:
    """Draw what a request costs and how many are answered, by requests at once."""
    figure, axes = drawing.panels(2)
    values: tuple[tuple[str, Callable[[Ingest], Spread]], ...] = (
        ("µs of the service's CPU a request", lambda row: row.cpu_us),
        ("requests a second", lambda row: row.per_second),
    )
    for chart, (words, value) in zip(axes, values, strict=True):
        for server, colour in _SERVERS.items():
            own = {row.load: row for row in figures.ingest if row.server == server}
            at = [place for place, load in enumerate(_LOADS) if load in own]
            spreads = [value(own[_LOADS[place]]) for place in at]
            _line(chart, at, spreads, server, colour)
        chart.set_xticks(range(len(_LOADS)), [load[1:] for load in _LOADS])
        chart.yaxis.set_major_formatter(FuncFormatter(_number))
        chart.set_ylim(bottom=0)
        chart.set_xlabel("requests at once")
        chart.set_title(words)
    drawing.legend(figure, axes[0])
    return drawing.svg(figure, ALT["ingest"])


def mail(figures: Figures) -> str:
    """Draw how many mails a second are handed over, beside the ideal."""
    senders = sorted({row.senders for row in figures.mail})
    figure, axes = drawing.panels(max(1, len(senders)))
    for chart, count in zip(axes, senders, strict=False):
        rows: dict[str, Mail] = {
            row.contestant: row for row in figures.mail if row.senders == count
        }
        names = [name for name in _MAILERS if name in rows]
        spreads = [rows[name].per_second for name in names]
        bars = chart.bar(
            [name.replace(", ", ",\n") for name in names],
            [each.median for each in spreads],
            color=[_MAILERS[name] for name in names],
            width=0.6,
            yerr=_whiskers(spreads),
            error_kw={"ecolor": INK, "elinewidth": 1},
        )
        _count(chart, bars, spreads)
        ideal = rows[names[0]].ideal
        chart.axhline(ideal, color=INK, linestyle="--", linewidth=1)
        chart.set_ylim(top=ideal * 1.15)
        chart.set_title(f"mails a second, {count} senders (dashed: ideal)")
    return drawing.svg(figure, ALT["mail"])


def endtoend(figures: Figures) -> str:
    """Draw p50 to p99 by rate and way; what is not sustained has a cross instead."""
    sockets = sorted({row.sockets for row in figures.endtoend})
    figure, axes = drawing.panels(max(1, len(sockets)))
    rates = sorted({row.rate for row in figures.endtoend})
    # The same scale for all, so that they can be compared.
    late = [row.p99_ms for row in figures.endtoend if row.p99_ms is not None]
    top = max(late, default=100.0)
    for chart, count in zip(axes, sockets, strict=False):
        rows = [row for row in figures.endtoend if row.sockets == count]
        for way in _WAYS:
            own = {row.rate: row for row in rows if row.way == way}
            _ranges(chart, rates, own, way)
        chart.set_yscale("log")
        chart.set_ylim(1, top * 8)
        chart.yaxis.set_major_formatter(FuncFormatter(_number))
        chart.set_xticks(range(len(rates)), [f"{rate:g}" for rate in rates])
        chart.set_xlim(-0.5, len(rates) - 0.5)
        chart.set_xlabel("changes a second")
        chart.set_title(f"ms from COMMIT to {count:,} sockets, p50 to p99")
        _crosses(chart, rates, rows, top)
    # In the legend whether or not it happened.
    axes[0].plot([], [], "x", color=INK, label="not sustained: what was reached")
    drawing.legend(figure, axes[0])
    return drawing.svg(figure, ALT["endtoend"])


CHARTS: Mapping[str, Callable[[Figures], str]] = {
    "ingest": ingest,
    "fanout": fanout,
    "endtoend": endtoend,
    "mail": mail,
}
#: What each shows, for who cannot see it.
ALT: Mapping[str, str] = {
    "ingest": "Processor time by request, and requests a second, of the ingest service"
    " and of the baselines, at 1 to 200 requests at once",
    "fanout": "Processor time by delivery of the gateway and of two plain loops, by the"
    " number of clients",
    "endtoend": "Milliseconds from COMMIT to the sockets, p50 to p99, by changes a"
    " second, over the push, the relay and both; a cross where it was not sustained",
    "mail": "Mails a second of the mailer and of a plain one, beside what the senders"
    " could do at best",
}


def draw(figures: Figures) -> dict[str, str]:
    """Return all charts by their names."""
    with drawing.style():
        return {name: chart(figures) for name, chart in CHARTS.items()}


def _line(
    chart: Axes, at: Sequence[int], spreads: Sequence[Spread], name: str, colour: str
) -> None:
    chart.errorbar(
        at,
        [each.median for each in spreads],
        yerr=_whiskers(spreads),
        label=name,
        color=colour,
        marker="o",
        elinewidth=1,
        capsize=3,
    )


def _whiskers(spreads: Sequence[Spread]) -> list[list[float]]:
    return [
        [each.median - each.low for each in spreads],
        [each.high - each.median for each in spreads],
    ]


def _count(chart: Axes, bars: BarContainer, spreads: Sequence[Spread]) -> None:
    texts = [f"{each.median:,.0f}" for each in spreads]
    chart.bar_label(bars, texts, label_type="center", color=CARD)


def _ranges(
    chart: Axes,
    rates: Sequence[float],
    own: Mapping[float, EndToEnd],
    way: str,
) -> None:
    label, colour = way, _WAYS[way]
    for place, rate in enumerate(rates):
        row = own.get(rate)
        if row is None or row.p50_ms is None or row.p99_ms is None:
            continue
        at = [place + _shift(way)] * 2
        chart.plot(at, [row.p50_ms, row.p99_ms], color=colour, marker="_", label=label)
        chart.plot(at[:1], [row.p50_ms], color=colour, marker="o")
        label = ""


def _crosses(
    chart: Axes, rates: Sequence[float], rows: Sequence[EndToEnd], top: float
) -> None:
    for row in rows:
        if not row.sustained:
            at = rates.index(row.rate) + _shift(row.way)
            chart.plot([at], [top * 3.4], "x", color=_WAYS[row.way], markersize=8)
            text = f"{row.reached_a_second:.0f}/s"
            chart.annotate(text, (at, top * 4.6), ha="center", fontsize=9)


def _shift(way: str) -> float:
    return (list(_WAYS).index(way) - 1) * 0.24


def _number(value: float, _: object) -> str:
    return f"{value:,.0f}"
