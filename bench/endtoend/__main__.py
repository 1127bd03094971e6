"""Measure commit to every socket of a room: `python -m bench.endtoend --help`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import psycopg

from bench.command_line import numbers, say
from bench.endtoend.cases import CHANGES, SECONDS, WARM_UP, case
from bench.endtoend.crowd import NotTold
from bench.endtoend.report import text_of
from bench.endtoend.stage import run
from bench.fanout.joining import Refused
from bench.fanout.wire import NotUnderstood
from bench.outbox.ways import WAYS
from bench.programs import NotStarted
from devstack.broker.node import BrokerMissing
from devstack.postgres import PostgresMissing

FAILURES = (
    BrokerMissing,
    NotStarted,
    NotTold,
    NotUnderstood,
    OSError,
    PostgresMissing,
    Refused,
    psycopg.Error,
)
QUICK = {"rates": "20", "sockets": "20", "seconds": 1.0, "changes": 1, "warm_up": 0.3}
NAMES = tuple(way.name for way in WAYS)


def main() -> None:
    """Measure, print the table; exit 1 where something was lost or came twice."""
    words = _words()
    cases = [
        case(
            way,
            rate=rate,
            sockets=sockets,
            seconds=words.seconds,
            changes=words.changes,
            warm_up=words.warm_up,
        )
        for sockets in words.sockets
        for way in WAYS
        if way.name in (words.only or NAMES)
        for rate in words.rates
    ]
    try:
        with tempfile.TemporaryDirectory(prefix="endtoend-") as folder:
            samples = run(cases, Path(folder), say)
    except FAILURES as error:
        sys.exit(f"bench.endtoend: {error or type(error).__name__}")
    print(text_of(samples))
    if words.json:
        words.json.write_text(json.dumps([asdict(each) for each in samples], indent=1))


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.endtoend", description=__doc__)
    parser.add_argument("--rates", type=_rates, default="1,50,500", help="a second")
    parser.add_argument("--sockets", type=numbers, default="100,1000")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="at the least")
    parser.add_argument("--changes", type=int, default=CHANGES, help="at the least")
    parser.add_argument("--warm-up", type=float, default=WARM_UP, help="in seconds")
    parser.add_argument("--only", action="append", choices=NAMES, help="more than once")
    parser.add_argument("--json", type=Path, help="write all samples to this file")
    parser.add_argument("--quick", action="store_true", help="a few changes each way")
    if "--quick" in sys.argv:
        parser.set_defaults(**QUICK)
    return parser.parse_args()


def _rates(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


if __name__ == "__main__":
    main()
