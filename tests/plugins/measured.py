"""Samples of all benches, as one run told them, and the figures that they come to."""

from __future__ import annotations

import json
from functools import cache

from bench.performance import summing
from bench.performance.figures import Figures, Origin
from tests.plugins.documents import ROOT

SAMPLES = ROOT / "tests" / "samples" / "bench.json"


@cache
def measured() -> Figures:
    """Return the figures of the stored samples."""
    found = Figures(origins={})
    for name, part in json.loads(SAMPLES.read_text()).items():
        origin = Origin(**part["origin"])
        found = summing.add(found, name, origin, part["found"])
    return found


def rows_of(table: str) -> list[list[str]]:
    """Return the cells of a Markdown table, without its head."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()[2:]
    ]
