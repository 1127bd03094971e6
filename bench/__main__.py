"""Run all benches, write docs/performance.md: `python -m bench --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from bench.command_line import say
from bench.performance import page, running, summing
from bench.performance.figures import Figures, Origin
from bench.performance.parts import NAMES, PARTS
from bench.programs import ROOT
from devstack.broker.node import BrokerMissing
from devstack.postgres import PostgresMissing

KEPT = ROOT / ".run" / "bench"
FAILURES = (BrokerMissing, OSError, PostgresMissing, running.NotMeasured)


def main() -> None:
    """Measure, then write figures, page and charts; exit 1 where a bench failed."""
    words = _words()
    folder = KEPT / "quick" if words.quick else KEPT
    place = page.within(folder) if words.quick else page.HERE
    try:
        figures = place.load()
        if not words.render:
            figures = _with(figures, _samples(words, folder), words.only)
        files = place.write(figures)
    except FAILURES as error:
        sys.exit(f"bench: {error or type(error).__name__}")
    for file in files:
        print(file.relative_to(ROOT))


def _samples(words: argparse.Namespace, folder: Path) -> Path:
    if words.samples:
        return Path(words.samples)
    samples = folder / "samples.json"
    parts = [part for part in PARTS if part.name in words.only]
    running.run(parts, samples, quick=words.quick, say=say)
    return samples


def _with(figures: Figures, samples: Path, only: Iterable[str]) -> Figures:
    told = running.load(samples)
    for name in only:
        if name in told:
            origin = Origin(**told[name]["origin"])
            figures = summing.add(figures, name, origin, told[name]["found"])
    return figures


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", type=_names, default=",".join(NAMES))
    parser.add_argument(
        "--from", dest="samples", help="run nothing, take these samples"
    )
    parser.add_argument("--render", action="store_true", help="run nothing, take none")
    parser.add_argument("--quick", action="store_true", help="a few minutes, into .run")
    return parser.parse_args()


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    unknown = set(names) - set(NAMES)
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown}: choose from {NAMES}")
    return names


if __name__ == "__main__":
    main()
