"""`make chaos`: run seed after seed until the minutes are over, or one has failed."""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.run import SMALL, run
from tests.chaos.telling import told
from tests.cluster.run import SHAPE


def main() -> None:
    """Run; exit with 1 after the first failure, whose logs stay."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--nodes", type=int, choices=(1, 3), default=1)
    given = parser.parse_args()
    ends = time.monotonic() + given.minutes * 60
    seed = given.seed
    while True:
        seed = secrets.randbelow(10**6) if seed is None else seed
        print(f"seed {seed} ...", flush=True)
        folder = Path(tempfile.mkdtemp(prefix="melotech-chaos-"))
        shape = SHAPE if given.nodes > 1 else SMALL
        report = run(seed, seconds=given.seconds, folder=folder, shape=shape)
        again = f"make chaos SEED={seed} SECONDS={given.seconds:.0f}"
        again += f" NODES={given.nodes}" if given.nodes > 1 else ""
        print(told(report, again=again, folder=folder), flush=True)
        if report.faults:
            sys.exit(1)
        shutil.rmtree(folder)
        if time.monotonic() > ends:
            return
        seed = None


if __name__ == "__main__":
    main()
