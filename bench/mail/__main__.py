"""Measure the mailer beside a plain one: `python -m bench.mail --help`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench.command_line import numbers, say
from bench.mail.contest import NotSent, Plan, run
from bench.mail.contestants import CONTESTANTS
from bench.mail.report import text_of
from devstack.broker.node import BrokerMissing
from devstack.postgres import PostgresMissing

FAILURES = (BrokerMissing, NotSent, OSError, PostgresMissing)
QUICK = {"senders": "4", "rounds": 1, "seconds": 1.0}
NAMES = tuple(contestant.name for contestant in CONTESTANTS)


def main() -> None:
    """Measure, print the tables; exit 1 where a mail was lost or came twice."""
    words = _words()
    plan = Plan(
        senders=words.senders,
        latency=words.latency / 1000,
        mails=words.mails,
        seconds=words.seconds,
        turns=words.rounds,
        names=tuple(words.only or NAMES),
    )
    try:
        with tempfile.TemporaryDirectory(prefix="mail-") as folder:
            samples = run(plan, Path(folder), say)
    except FAILURES as error:
        sys.exit(f"bench.mail: {error or type(error).__name__}")
    print(text_of(samples))
    if words.json:
        words.json.write_text(json.dumps([asdict(each) for each in samples], indent=1))


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.mail", description=__doc__)
    parser.add_argument("--senders", type=numbers, default="8,32")
    parser.add_argument("--latency", type=float, default=100, help="Mailgun's, in ms")
    parser.add_argument("--mails", type=int, help="of each sample; or by --seconds")
    parser.add_argument("--seconds", type=float, default=6, help="the ideal takes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", choices=NAMES, help="more than once")
    parser.add_argument("--json", type=Path, help="write all samples to this file")
    parser.add_argument("--quick", action="store_true", help="one short round")
    if "--quick" in sys.argv:
        parser.set_defaults(**QUICK)
    return parser.parse_args()


if __name__ == "__main__":
    main()
