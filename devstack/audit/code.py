"""Bandit over the code that runs in production."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

from devstack.audit.verdict import Verdict

DEADLINE = 300
OPTIONS = ("-q", "-c", "pyproject.toml", "-f", "json")


def targets(root: Path) -> list[str]:
    """Return the packages that pyproject.toml names, those that are there."""
    document = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    named: list[str] = document["tool"]["bandit"]["targets"]
    return [name for name in named if (root / name).is_dir()]


def audit(root: Path) -> Verdict:
    """Run it; every finding counts, whatever its severity."""
    done = subprocess.run(
        [sys.executable, "-m", "bandit", *OPTIONS, "-r", *targets(root)],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        return Verdict(name="bandit", faults=(f"gave no report: {done.stderr[-300:]}",))
    found = [
        f"{each['filename']}:{each['line_number']} {each['test_id']} "
        f"{each['issue_text']}"
        for each in report["results"]
    ]
    found += [f"{each['filename']}: {each['reason']}" for each in report["errors"]]
    lines = report["metrics"]["_totals"]["loc"]
    return Verdict(name="bandit", faults=tuple(found), checked=f"{lines} lines")
