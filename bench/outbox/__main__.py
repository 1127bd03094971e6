"""Measure commit to frame, pushed and relayed: `python -m bench.outbox --help`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import psycopg

from bench.command_line import say
from bench.outbox.report import text_of
from bench.outbox.stage import run
from bench.outbox.ways import WAYS, quiet, steady
from bench.outbox.writer import NotDelivered
from bench.programs import NotStarted
from devstack.broker.node import BrokerMissing
from devstack.postgres import PostgresMissing

FAILURES = (
    BrokerMissing,
    NotDelivered,
    NotStarted,
    OSError,
    PostgresMissing,
    psycopg.Error,
)
QUICK = {"rate": 10.0, "seconds": 1.0, "quiet": 2, "gap": 0.2}


def main() -> None:
    """Measure, print table and histograms; exit 1 where something was lost."""
    words = _words()
    paces = [steady(words.rate, words.seconds), quiet(words.quiet, words.gap)]
    try:
        with tempfile.TemporaryDirectory(prefix="outbox-") as folder:
            results = run(WAYS, paces, Path(folder), say)
    except FAILURES as error:
        sys.exit(f"bench.outbox: {error or type(error).__name__}")
    print(text_of(results))
    if words.json:
        words.json.write_text(json.dumps([asdict(each) for each in results], indent=1))


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.outbox", description=__doc__)
    parser.add_argument("--rate", type=float, default=4, help="commits a second")
    parser.add_argument("--seconds", type=float, default=60, help="at that rate")
    parser.add_argument("--quiet", type=int, default=25, help="commits after a pause")
    parser.add_argument("--gap", type=float, default=2.5, help="that pause, in seconds")
    parser.add_argument("--json", type=Path, help="write all samples to this file")
    parser.add_argument("--quick", action="store_true", help="a few commits of each")
    if "--quick" in sys.argv:
        parser.set_defaults(**QUICK)
    return parser.parse_args()


if __name__ == "__main__":
    main()
