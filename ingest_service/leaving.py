"""`python -m ingest_service.leaving`: wait until the service here may be ended.

For who takes the spool's disk away with it, as Kubernetes does with a pod's
(deploy/kubernetes/base/ingest.yaml): first until nobody is sent here any more, then
until what waits in the spool is in the broker.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.error
import urllib.request

#: Between looks, and for an answer, in seconds.
LOOK_EVERY, TIMEOUT = 0.5, 5.0


def main(arguments: list[str] | None = None) -> int:
    """Return 0 once the spool is empty, 1 where it is not so in time."""
    parser = argparse.ArgumentParser(prog="ingest_service.leaving")
    parser.add_argument("--url", default="http://127.0.0.1:8001")
    parser.add_argument("--pause", type=float, default=10, metavar="SECONDS")
    parser.add_argument("--within", type=float, default=120, metavar="SECONDS")
    options = parser.parse_args(arguments)
    time.sleep(options.pause)
    until = time.monotonic() + options.within
    while (depth := _depth(f"{options.url}/health")) != 0:
        if time.monotonic() > until:
            waiting = "nobody knows how many" if depth is None else depth
            sys.stderr.write(f"{waiting} events wait in the spool\n")
            return 1
        time.sleep(LOOK_EVERY)
    return 0


def _depth(url: str) -> int | None:
    """Return how many events wait; None where that is not told."""
    try:
        try:
            # The service's own address, from the command line.
            with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 # nosec B310
                body = answer.read()
        except urllib.error.HTTPError as error:
            # An unhealthy one tells it too.
            body = error.read()
        return int(json.loads(body)["spool"]["depth"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


if __name__ == "__main__":
    sys.exit(main())
