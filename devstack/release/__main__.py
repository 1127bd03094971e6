"""`python -m devstack.release VERSION`: cut a version. DRY_RUN=0 acts, else it tells.

It never pushes. Exit 1 where something stands in the way, or a step fails; then
`git restore .` takes back what was written.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path

from devstack.release import readiness, tools
from devstack.release.cutting import Release
from devstack.sbom.documents import Invalid

ROOT = Path(__file__).resolve().parents[2]


def main(words: list[str]) -> int:
    """Tell or do every step; return the exit code."""
    if len(words) != 1 or words[0].startswith("-"):
        sys.exit(str(__doc__))
    version, acting = words[0].removeprefix("v"), os.environ.get("DRY_RUN") == "0"
    try:
        repository = tools.repository(ROOT)
        if faults := readiness.faults(ROOT, repository, version):
            print(f"{version} cannot be cut:", *faults, sep="\n  ", file=sys.stderr)
            return 1
        release = Release(
            root=ROOT,
            version=version,
            branch=repository.branch,
            day=dt.datetime.now(dt.UTC).date(),
        )
        _go_through(release, acting=acting)
    except (tools.Failed, Invalid, OSError) as error:
        print(f"not released: {error}", file=sys.stderr)
        return 1
    return 0


def _go_through(release: Release, *, acting: bool) -> None:
    for step in release.steps():
        print(step.title, *step.told, sep="\n  ", flush=True)
        if acting:
            print(f"  -> {step.act()}", flush=True)
    print("to be pushed by you", *release.pushes(), sep="\n  ")
    if not acting:
        print("nothing was changed: DRY_RUN=0 does it")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
