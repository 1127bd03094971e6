"""The same without atheris: seeds changed at random, until the time is over.

`python -m tests.fuzz.unguided NAME SECONDS PREFIX`
"""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from random import Random

from tests.fuzz.every_target import TARGETS
from tests.fuzz.mutations import changed

#: What libFuzzer exits with.
FOUND = 77

log = logging.getLogger(__name__)


def main(name: str, seconds: float, prefix: str) -> int:
    """Try inputs; return FOUND where one broke a promise, and leave it in a file."""
    target, random = TARGETS[name], Random()
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        data = changed(target, random)
        count += 1
        try:
            target.check(data)
        except Exception:
            log.exception("a promise was broken")
            Path(f"{prefix}crash").write_bytes(data)
            return FOUND
    log.info("Done %d runs", count)
    return 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sys.exit(main(sys.argv[1], float(sys.argv[2]), sys.argv[3]))
