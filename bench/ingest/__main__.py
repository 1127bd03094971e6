"""Measure the ingest service beside plain ways: `python -m bench.ingest --help`."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import psutil

from bench.command_line import numbers, say
from bench.ingest.contest import NotAccepted, Plan, run
from bench.ingest.http11 import NotUnderstood
from bench.ingest.loads import PACED, at_once
from bench.ingest.report import text_of
from bench.ingest.samples import Sample
from bench.ingest.sender import Unanswered
from bench.ingest.servers import SERVER_NAMES, SERVERS
from bench.programs import NotStarted
from devstack.broker.node import BrokerMissing

FAILURES = (BrokerMissing, NotAccepted, NotStarted, NotUnderstood, OSError, Unanswered)
QUICK = {"rounds": 1, "seconds": 0.2}
PACKAGES = ("gunicorn", "gevent", "flask", "pika", "fastapi", "uvicorn", "aio-pika")


def main() -> None:
    """Measure, print the tables; exit 1 where a webhook was not accepted."""
    words = _words()
    plan = Plan(
        servers=tuple(server for server in SERVERS if server.name in words.servers),
        loads=(*(at_once(number) for number in words.concurrency), PACED),
        turns=words.rounds,
        seconds=words.seconds,
    )
    try:
        with tempfile.TemporaryDirectory(prefix="ingest-") as folder:
            samples = run(plan, Path(folder), say)
    except FAILURES as error:
        sys.exit(f"bench.ingest: {error or type(error).__name__}")
    print(text_of(samples, plan.loads))
    if words.json:
        words.json.write_text(json.dumps(_document(samples), indent=1))


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.ingest", description=__doc__)
    parser.add_argument("--servers", type=_servers, default=",".join(SERVER_NAMES))
    parser.add_argument("--concurrency", type=numbers, default="1,16,64,200")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each sample")
    parser.add_argument("--json", type=Path, help="write all samples to this file")
    parser.add_argument("--quick", action="store_true", help="one short round")
    if "--quick" in sys.argv:
        parser.set_defaults(**QUICK)
    return parser.parse_args()


def _servers(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    unknown = set(names) - set(SERVER_NAMES)
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown}: choose from {SERVER_NAMES}")
    return names


def _document(samples: Sequence[Sample]) -> dict[str, object]:
    return {
        "machine": {
            "cores": psutil.cpu_count(),
            "python": platform.python_version(),
            **{name: version(name) for name in PACKAGES},
        },
        "samples": [asdict(sample) for sample in samples],
    }


if __name__ == "__main__":
    main()
