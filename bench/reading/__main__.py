"""Measure what reading costs: `python -m bench.reading --help`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench.command_line import numbers, say
from bench.programs import NotStarted
from bench.reading.contest import NotRead, Plan, run
from bench.reading.report import text_of
from devstack.broker.node import BrokerMissing
from shared.errors import NotPublished

FAILURES = (BrokerMissing, NotPublished, NotRead, NotStarted, OSError)
QUICK = {"readers": "0,1", "rate": 100.0, "seconds": 1.0, "backlog": 2000, "turns": 1}


def main() -> None:
    """Measure, print the tables; exit 1 where an event was not read."""
    words = _words()
    plan = Plan(
        readers=words.readers,
        rate=words.rate,
        seconds=words.seconds,
        backlog=words.backlog,
        turns=words.turns,
    )
    try:
        with tempfile.TemporaryDirectory(prefix="reading-") as folder:
            lives, catch_ups = run(plan, Path(folder), say)
    except FAILURES as error:
        sys.exit(f"bench.reading: {error or type(error).__name__}")
    print(text_of(lives, catch_ups))
    if words.json:
        samples = {
            "live": [asdict(each) for each in lives],
            "catch_up": [asdict(each) for each in catch_ups],
        }
        words.json.write_text(json.dumps(samples, indent=1))


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.reading", description=__doc__)
    parser.add_argument("--readers", type=numbers, default="0,1,2,4")
    parser.add_argument("--rate", type=float, default=500, help="events a second")
    parser.add_argument("--seconds", type=float, default=6, help="of each sample")
    parser.add_argument("--backlog", type=int, default=60_000, help="events to read")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write all samples to this file")
    parser.add_argument("--quick", action="store_true", help="does it work?")
    if "--quick" in sys.argv:
        parser.set_defaults(**QUICK)
    return parser.parse_args()


if __name__ == "__main__":
    main()
