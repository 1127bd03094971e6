"""`python -m devstack.audit [--offline]`: look for weak spots; exit 1 where one is.

`--offline`: only what needs no data of others. STRICT=1: what could not be checked
counts as a fault.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from devstack.audit import code, locks, npm_packages, python_packages
from devstack.audit.verdict import passes

ROOT = Path(__file__).resolve().parents[2]
OFFLINE = (locks.audit, code.audit)
ALL = (*OFFLINE, python_packages.audit, npm_packages.audit)


def main() -> int:
    """Run the checks, one line each; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m devstack.audit")
    parser.add_argument("--offline", action="store_true")
    checks = OFFLINE if parser.parse_args().offline else ALL
    verdicts = []
    for check in checks:
        verdict = check(ROOT)
        verdicts.append(verdict)
        print(*verdict.lines(), sep="\n", flush=True)
    strict = os.environ.get("STRICT", "").lower() in {"1", "true", "yes"}
    return 0 if passes(verdicts, strict=strict) else 1


if __name__ == "__main__":
    sys.exit(main())
