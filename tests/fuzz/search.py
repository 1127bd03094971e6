"""Search for inputs that break a promise: a process for each target, some at a time."""

from __future__ import annotations

import importlib.util
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.plugins.documents import ROOT

FOLDER = ROOT / ".fuzz"
#: What an input may take before it counts as a find, in seconds, and of memory, in MiB.
SLOW, LARGE = 10, 2_048
#: To start, and to end, a process may take so much longer than it searches, in seconds.
GRACE = 120

_DONE = re.compile(r"Done (\d+) runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one target; `found` are inputs that break a promise."""

    name: str
    inputs: int
    code: int
    found: Sequence[Path]
    log: Path


def is_guided() -> bool:
    """Tell whether atheris is there."""
    return importlib.util.find_spec("atheris") is not None


def search(
    names: Sequence[str], *, seconds: float, tell: Callable[[Outcome], None]
) -> bool:
    """Search all, about `seconds` in all; return whether nothing was found."""
    FOLDER.mkdir(exist_ok=True)
    at_once = min(os.cpu_count() or 1, len(names))
    share = max(1, int(seconds / math.ceil(len(names) / at_once)))
    good = True
    with ThreadPoolExecutor(at_once) as threads:
        for outcome in threads.map(lambda name: _searched(name, share), names):
            tell(outcome)
            good = good and outcome.code == 0
    return good


def _searched(name: str, seconds: int) -> Outcome:
    file, prefix = FOLDER / f"{name}.log", f"{FOLDER / name}-"
    command = [sys.executable, "-m", *_program(name, seconds, prefix)]
    before = _finds(name)
    with file.open("wb") as log:
        process = subprocess.run(
            command, stdout=log, stderr=log, cwd=ROOT, timeout=seconds + GRACE
        )
    done = _DONE.search(file.read_text(errors="replace"))
    return Outcome(
        name=name,
        inputs=int(done[1]) if done else 0,
        code=process.returncode,
        found=sorted(_finds(name) - before),
        log=file,
    )


def _program(name: str, seconds: int, prefix: str) -> list[str]:
    if not is_guided():
        return ["tests.fuzz.unguided", name, str(seconds), prefix]
    return [
        "tests.fuzz.guided",
        name,
        str(FOLDER / name),
        f"-max_total_time={seconds}",
        f"-artifact_prefix={prefix}",
        f"-timeout={SLOW}",
        f"-rss_limit_mb={LARGE}",
    ]


def _finds(name: str) -> set[Path]:
    kinds = ("crash", "timeout", "oom")
    return {path for kind in kinds for path in FOLDER.glob(f"{name}-{kind}*")}
