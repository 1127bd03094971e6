"""`npm audit` over the dashboard's lock, where its data can be had."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devstack.audit.verdict import Verdict
from devstack.dashboard import node

DEADLINE = 300
NAME = "npm audit"
COMMAND = (
    "npm", "audit", "--json", "--package-lock-only",
    "--fetch-retries=0", "--fetch-timeout=15000",
)  # fmt: skip


def audit(root: Path) -> Verdict:
    """Ask npm; without a Node on this machine nothing is checked."""
    if not node.is_here():
        return Verdict(name=NAME, unreachable=node.ADVICE)
    try:
        done = node.finished(root / "dashboard", COMMAND, timeout=DEADLINE)
        return judged(json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        return Verdict(name=NAME, unreachable=f"no answer within {DEADLINE} s")
    except json.JSONDecodeError:
        return Verdict(name=NAME, unreachable="npm gave no report")


def judged(report: Mapping[str, Any]) -> Verdict:
    """Read npm's report: it has one form for answers and one for failures."""
    if "vulnerabilities" not in report:
        status = report.get("statusCode", "no answer")
        return Verdict(name=NAME, unreachable=f"the registry's advisories: {status}")
    faults = tuple(
        f"{each['name']} {each['range']}: {each['severity']}"
        for each in report["vulnerabilities"].values()
    )
    total = report["metadata"]["dependencies"]["total"]
    return Verdict(
        name=NAME, faults=faults, checked=f"{total} packages, none known weak"
    )
