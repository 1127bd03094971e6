"""Run the benches one after another, and keep every sample as soon as one ends."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.performance.figures import Origin
from bench.performance.machine import machine, versions
from bench.performance.parts import Part
from bench.programs import ROOT

Say = Callable[[str], None]


class NotMeasured(Exception):
    """A bench ended badly, or did not end."""


def run(parts: Sequence[Part], samples: Path, *, quick: bool, say: Say) -> None:
    """Run these; `samples` gets what they found, other parts in it stay.

    Raises NotMeasured; what was found before is kept.
    """
    here, there = machine(), versions()
    for part in parts:
        say(f"{part.name}: {part.module}")
        began = time.monotonic()
        found = _found_by(part, quick=quick)
        origin = Origin(
            date=datetime.now(UTC).date().isoformat(),
            minutes=round((time.monotonic() - began) / 60, 1),
            machine=here,
            versions=there,
        )
        told = load(samples) if samples.exists() else {}
        told[part.name] = {"origin": asdict(origin), "found": found}
        samples.parent.mkdir(parents=True, exist_ok=True)
        samples.write_text(json.dumps(told))


def load(samples: Path) -> dict[str, Any]:
    """Return by part its origin and what it found; raise NotMeasured."""
    try:
        told: dict[str, Any] = json.loads(samples.read_text())
    except (OSError, ValueError) as error:
        raise NotMeasured(f"{samples}: {error}") from error
    return told


def _found_by(part: Part, *, quick: bool) -> Any:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder, "samples.json")
        words = part.quick if quick else part.words
        command = [sys.executable, "-m", part.module, *words, "--json", str(file)]
        try:
            subprocess.run(command, cwd=ROOT, timeout=part.deadline, check=True)
        except subprocess.SubprocessError as error:
            raise NotMeasured(f"{part.module}: {error}") from error
        return json.loads(file.read_text())
