"""The tables: medians over the turns, and what one more reader costs; pure."""

from __future__ import annotations

from collections.abc import Sequence

from bench.reading.samples import CatchUp, Live
from bench.samples import median, select
from bench.tables import table


def text_of(lives: Sequence[Live], catch_ups: Sequence[CatchUp]) -> str:
    """Return both tables, and the broker's cost of one more gateway."""
    rows = [("gateways", "events", "events/s", "gateway µs", "broker µs")]
    for readers in sorted({live.readers for live in lives}):
        own = select(lives, readers=readers)
        rows.append(
            (
                str(readers),
                str(sum(live.events for live in own)),
                f"{median(own, 'per_second'):,.0f}",
                f"{median(own, 'cpu_us'):,.0f}" if readers else "-",
                f"{median(own, 'broker_us'):,.0f}",
            )
        )
    more = f"the broker's for each gateway more: {broker_us_a_reader(lives):.1f} µs"
    return "\n".join(
        [
            "\nprocessor time by event, nobody connected",
            *table(rows),
            more,
            "\na change log that is read from the stream's beginning",
            *table([_HEAD, _row(catch_ups)]),
        ]
    )


def broker_us_a_reader(lives: Sequence[Live]) -> float:
    """Return the slope of the broker's cost over the number of gateways."""
    few = min(live.readers for live in lives)
    many = max(live.readers for live in lives)
    if few == many:
        return 0.0
    least = median(select(lives, readers=few), "broker_us")
    most = median(select(lives, readers=many), "broker_us")
    return (most - least) / (many - few)


_HEAD = ("", "events", "events/s", "gateway µs", "broker µs", "log B", "stream B")


def _row(catch_ups: Sequence[CatchUp]) -> tuple[str, ...]:
    return (
        "from the beginning",
        str(catch_ups[0].events),
        *(
            f"{median(catch_ups, name):,.0f}"
            for name in (
                *("per_second", "cpu_us", "broker_us"),
                *("log_bytes", "stream_bytes"),
            )
        ),
    )
