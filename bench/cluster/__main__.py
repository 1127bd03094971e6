"""Measure three nodes beside one: `python -m bench.cluster --help`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.cluster.contest import ONE, THREE, Outcome, run
from bench.command_line import say
from bench.ingest.contest import NotAccepted
from bench.ingest.http11 import NotUnderstood
from bench.ingest.loads import PACED, Load, at_once
from bench.ingest.sender import Unanswered
from bench.programs import NotStarted
from bench.samples import median, ratio, select
from bench.tables import table, times
from devstack.broker.node import BrokerMissing

FAILURES = (BrokerMissing, NotAccepted, NotStarted, NotUnderstood, OSError, Unanswered)
LOADS = (at_once(1), at_once(16), at_once(64), PACED)
QUICK = {"rounds": 1, "seconds": 0.2}
COLUMNS = (
    *("load", "broker", "webhooks/s", "x one node", "p50 ms", "p99 ms", "service µs"),
    *("broker µs", "x one node"),
)


def main() -> None:
    """Measure, print the table; exit 1 where a webhook was not accepted."""
    parser = argparse.ArgumentParser(prog="bench.cluster", description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each sample")
    parser.add_argument("--json", type=Path, help="write all samples to this file")
    parser.add_argument("--quick", action="store_true", help="one short round")
    if "--quick" in sys.argv:
        parser.set_defaults(**QUICK)
    words = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
            outcome = run(
                LOADS,
                turns=words.rounds,
                seconds=words.seconds,
                folder=Path(folder),
                say=say,
            )
    except FAILURES as error:
        sys.exit(f"bench.cluster: {error or type(error).__name__}")
    print(text_of(outcome, LOADS))
    if words.json:
        words.json.write_text(json.dumps(asdict(outcome), indent=1))


def text_of(outcome: Outcome, loads: Sequence[Load]) -> str:
    """Return the table, and the memory of each node."""
    rows: list[tuple[str, ...]] = [COLUMNS]
    for load in loads:
        here = select(outcome.samples, load=load.name)
        one = select(here, server=ONE)
        for name in (ONE, THREE):
            own = select(here, server=name)
            rows.append(
                (
                    load.name,
                    name,
                    f"{median(own, 'per_second'):,.0f}",
                    times(ratio(own, one, "per_second")),
                    f"{median(own, 'p50_ms'):.2f}",
                    f"{median(own, 'p99_ms'):.1f}",
                    f"{median(own, 'cpu_us'):.0f}",
                    f"{median(own, 'broker_us'):.0f}",
                    times(ratio(own, one, "broker_us")),
                )
            )
    memory = [
        f"memory, {name}: {', '.join(f'{each:.0f}' for each in nodes)} MiB"
        for name, nodes in outcome.memory.items()
    ]
    return "\n".join([*table(rows), "", *memory])


if __name__ == "__main__":
    main()
