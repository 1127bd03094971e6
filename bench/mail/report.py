"""The tables: medians over the turns, ratios turn by turn, and the aims."""

from __future__ import annotations

from collections.abc import Sequence

from bench.mail.contestants import CONTESTANTS, OURS, PLAIN, SETTLING
from bench.mail.samples import Sample
from bench.samples import median, ratio, select
from bench.tables import table, times, verdict

#: With so many senders, the share of the ideal that is aimed at.
AIMED_SENDERS, AIMED = 32, 0.9
_COLUMNS = (
    *("contestant", "turns", "mails/s", "of ideal", "x plain", "CPU µs", "x plain"),
    *("broker µs", "MiB", "twice"),
)


def text_of(samples: Sequence[Sample]) -> str:
    """Return a table for each number of senders, and whether the aims are reached."""
    parts: list[str] = []
    for senders in dict.fromkeys(sample.senders for sample in samples):
        here = select(samples, senders=senders)
        parts += [f"\n{senders} senders, ideal {here[0].ideal:,.0f} mails/s"]
        parts += _side_by_side(here)
    return "\n".join([*parts, "", *_aims(select(samples, senders=AIMED_SENDERS))])


def _side_by_side(samples: Sequence[Sample]) -> list[str]:
    rows: list[tuple[str, ...]] = [_COLUMNS]
    plain = select(samples, contestant=PLAIN)
    for contestant in CONTESTANTS:
        own = select(samples, contestant=contestant.name)
        if own:
            rows.append(_row(contestant.name, own, plain))
    return table(rows)


def _row(name: str, own: Sequence[Sample], plain: Sequence[Sample]) -> tuple[str, ...]:
    return (
        name,
        str(len(own)),
        f"{median(own, 'per_second'):,.0f}",
        f"{median(own, 'of_ideal'):.2f}",
        times(ratio(own, plain, "per_second")),
        f"{median(own, 'cpu_us'):,.0f}",
        times(ratio(own, plain)),
        f"{median(own, 'broker_us'):,.0f}",
        f"{median(own, 'resident_mib'):.0f}",
        str(sum(sample.twice for sample in own)),
    )


def _aims(samples: Sequence[Sample]) -> list[str]:
    lines = []
    for name in (OURS, SETTLING):
        own = select(samples, contestant=name)
        if own:
            share = median(own, "of_ideal")
            told = f"{name}, {AIMED_SENDERS} senders: {share:.2f} of the ideal"
            lines.append(verdict(f"{told}, at least {AIMED}", kept=share >= AIMED))
    return lines
