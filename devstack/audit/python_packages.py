"""pip-audit over the locks, where its data can be had.

pip-audit passes over a package that its source does not know, and says that it found
nothing. Where the source knows none of them, nothing was checked.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from devstack.audit.locks import pins
from devstack.audit.verdict import Verdict

DEADLINE = 600
ANSWER_SECONDS = 15
NAME = "pip-audit"


def audit(root: Path) -> Verdict:
    """Ask for one package first: whoever cannot answer that is not asked for all."""
    locks = sorted((root / "locks").glob("*.txt"))
    # It is in the smallest one, and so in all.
    requirement, options = next(pins((root / "locks/gateway.txt").read_text("utf-8")))
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder, "one.txt")
        one.write_text(" ".join([requirement, *options]) + "\n", "utf-8")
        first = _asked(one)
    return first if first.unreachable else _asked(*locks)


def judged(report: Mapping[str, Any]) -> Verdict:
    """Read pip-audit's report."""
    known = [each for each in report["dependencies"] if "skip_reason" not in each]
    passed_over = len(report["dependencies"]) - len(known)
    if not known:
        return Verdict(name=NAME, unreachable="its source knows none of our packages")
    faults = tuple(
        f"{each['name']} {each['version']}: {found['id']}, mended in "
        f"{', '.join(found['fix_versions']) or 'no version yet'}"
        for each in known
        for found in each["vulns"]
    )
    unknown = f", {passed_over} not known there" if passed_over else ""
    return Verdict(
        name=NAME,
        faults=faults,
        checked=f"{len(known)} packages, none known weak{unknown}",
    )


def _asked(*locks: Path) -> Verdict:
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
    command += ["--format", "json", "--progress-spinner", "off"]
    command += ["--timeout", str(ANSWER_SECONDS)]
    command += [word for lock in locks for word in ("--requirement", str(lock))]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=DEADLINE, check=False
        )
    except subprocess.TimeoutExpired:
        return Verdict(name=NAME, unreachable=f"no answer within {DEADLINE} s")
    return read(done.stdout, done.stderr.splitlines())


def read(output: str, said: Sequence[str]) -> Verdict:
    """Return what it found; where it could not ask it prints no report but says why."""
    try:
        return judged(json.loads(output))
    except json.JSONDecodeError:
        reason = said[-1][:200] if said else "it said nothing"
        return Verdict(name=NAME, unreachable=reason)
