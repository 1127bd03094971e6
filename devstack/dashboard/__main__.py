"""`python -m devstack.dashboard build | check | dev`.

build: make the pages that the edge serves; check: packages, types, style, tests, build
and size; dev: Vite's own server with hot reload, for a system that runs already.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from devstack.dashboard import building, currency, node
from devstack.dashboard.building import Standing
from devstack.stack import environment

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "dashboard"
#: Scripts of package.json, in the order in which a fault is found soonest.
CHECKS = ("types", "lint", "test", "build")
CHECK_DEADLINE = 900.0


def main() -> None:
    """Do what the first word says."""
    commands: Mapping[str, Callable[[], None]] = {
        "build": _build,
        "check": _check,
        "dev": _dev,
    }
    command = commands.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if command is None:
        sys.exit(str(__doc__))
    try:
        command()
    except node.Failed as error:
        sys.exit(str(error))


def _build() -> None:
    found = building.standing(FOLDER)
    if found is Standing.DUE:
        print("Building the dashboard ...", flush=True)
        started = time.monotonic()
        building.build(FOLDER)
        print(f"Built in {time.monotonic() - started:.1f} s.")
    elif found is Standing.CURRENT:
        print("The dashboard is up to date.")
    else:
        sys.exit(f"dashboard: {found.value}")


def _check() -> None:
    if not node.is_here():
        _without_node()
        return
    building.install(FOLDER)
    digest = currency.digest_of(FOLDER)
    for script in CHECKS:
        print(f"--- dashboard: {script}", flush=True)
        done = subprocess.run(
            ["npm", "run", "--silent", script],
            cwd=FOLDER,
            env=node.plain(os.environ),
            stdin=subprocess.DEVNULL,
            timeout=CHECK_DEADLINE,
            check=False,
        )
        if done.returncode:
            sys.exit(f"dashboard: {script} failed")
    # What was built along the way is what `make run` would build.
    currency.stamp(FOLDER, digest)


def _without_node() -> None:
    # On a laptop the rest can still be checked; a verdict must not leave half out.
    text = f"dashboard: {Standing.NO_NODE.value}"
    if os.environ.get("CI") == "true":
        sys.exit(text)
    print(text)


def _dev() -> None:
    if not node.is_here():
        sys.exit(f"dashboard: {node.ADVICE}")
    values = environment.prepare(ROOT, os.environ)
    values.setdefault("VITE_BACKEND_URL", f"http://localhost:{values['EDGE_PORT']}")
    building.install(FOLDER)
    # The services' secrets are none of Vite's business.
    told = {name: value for name, value in values.items() if name.startswith("VITE_")}
    with suppress(KeyboardInterrupt):
        subprocess.run(
            ["npx", "--no-install", "vite"],
            cwd=FOLDER,
            env=node.plain(os.environ) | told,
            check=False,
        )


if __name__ == "__main__":
    main()
