"""Measure the gateway beside plain loops: `python -m bench.fanout --help`."""

from __future__ import annotations

import argparse
import json
import logging
import platform
import resource
import sys
import tempfile
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import psutil
import structlog

from bench.command_line import numbers, say
from bench.fanout.contest import Plan, Results, run
from bench.fanout.joining import Refused
from bench.fanout.report import text_of
from bench.fanout.servers import LOCAL_SERVERS, MODE_NAMES, MODES, SERVERS, Server
from bench.fanout.stage import NotDelivered
from bench.fanout.wire import NotUnderstood
from bench.programs import NotStarted
from devstack.broker.node import BrokerMissing

FAILURES = (BrokerMissing, NotDelivered, NotStarted, NotUnderstood, OSError, Refused)
QUICK = {"clients": "100", "turns": 1, "seconds": 0.3, "quiet": 0.3}
#: Files that a server has open beside its clients.
OTHER_FILES = 200


def main() -> None:
    """Measure, print the tables; exit 1 where something was lost."""
    words = _words()
    _log_troubles_only()
    try:
        with tempfile.TemporaryDirectory(prefix="fanout-") as folder:
            _allow_open_files(max(words.clients))
            results = run(_plan(words), Path(folder), say)
    except FAILURES as error:
        sys.exit(f"bench.fanout: {error or type(error).__name__}")
    print(text_of(results))
    if words.json:
        words.json.write_text(json.dumps(_document(results), indent=1))


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.fanout", description=__doc__)
    parser.add_argument("--clients", type=numbers, default="100,1000,4000")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each sample")
    parser.add_argument("--quiet", type=float, default=2.0, help="before memory counts")
    parser.add_argument("--modes", type=_modes, default=",".join(MODE_NAMES))
    parser.add_argument("--local", action="store_true", help="loops without a broker")
    parser.add_argument("--client-processes", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write all samples to this file")
    parser.add_argument("--quick", action="store_true", help="100 clients, one turn")
    if "--quick" in sys.argv:
        parser.set_defaults(**QUICK)
    return parser.parse_args()


def _log_troubles_only() -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _modes(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    unknown = set(names) - set(MODE_NAMES)
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown}: choose from {MODE_NAMES}")
    return names


def _plan(words: argparse.Namespace) -> Plan:
    servers: tuple[Server, ...] = SERVERS + (LOCAL_SERVERS if words.local else ())
    return Plan(
        servers=tuple(s for s in servers if s.modes & set(words.modes)),
        modes=tuple(mode for mode in MODES if mode.name in words.modes),
        clients=words.clients,
        turns=words.turns,
        seconds=words.seconds,
        quiet=words.quiet,
        client_processes=words.client_processes,
    )


def _allow_open_files(clients: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < clients + OTHER_FILES:
        sys.exit(f"bench.fanout: {clients} clients need more than {most} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _document(results: Results) -> dict[str, object]:
    return {
        "machine": {
            "cores": psutil.cpu_count(),
            "python": platform.python_version(),
            "aiohttp": version("aiohttp"),
        },
        "samples": [asdict(sample) for sample in results.samples],
        "arrivals": [asdict(arrival) for arrival in results.arrivals],
    }


if __name__ == "__main__":
    main()
