"""Whether each program works: its `/ready`, or a login at the broker."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException

from devstack.broker.private import can_log_in
from devstack.stack.programs import Program

ANSWER_DEADLINE = 2.0
UNWELL = {"degraded", "unhealthy"}
#: A proxy of the environment is for addresses elsewhere.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

Check = Callable[[], bool]


def checks(programs: Sequence[Program], broker_url: str) -> Mapping[str, Check]:
    """Return a check for the broker and for each program, in the order of the start."""
    return {
        "rabbitmq": lambda: can_log_in(broker_url),
        **{each.name: _works(each.ready) for each in programs if each.ready},
    }


def works(url: str) -> bool:
    """Tell whether `url` answers 200, and does not speak of itself as unwell."""
    try:
        with _opener.open(url, timeout=ANSWER_DEADLINE) as answer:
            body = json.loads(answer.read())
    except (OSError, HTTPException, ValueError):
        return False
    # Behind the edge this is the whole system: degraded while no mailer listens.
    return isinstance(body, dict) and body.get("status") not in UNWELL


def _works(url: str) -> Check:
    return lambda: works(url)
