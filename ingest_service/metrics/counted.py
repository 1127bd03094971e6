"""Counts what Flask answers, by the status that it begins its answer with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from ingest_service.metrics.meter import Meter
from ingest_service.metrics.outcomes import endpoint_of, outcome_of

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Counted:
    """A WSGI application: `app`, and what it answers counted by `meter`."""

    def __init__(self, app: Wsgi, meter: Meter) -> None:
        self._app = app
        self._meter = meter

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request."""
        endpoint = endpoint_of(environ["PATH_INFO"])
        if endpoint is None:
            return self._app(environ, start_response)
        started = time.perf_counter()

        def begin(status: str, *words: Any) -> Any:
            outcome = outcome_of(int(status[:3]), environ)
            if outcome == "ignored" and environ["REQUEST_METHOD"] != "POST":
                # Flask answers OPTIONS by itself, whoever asks.
                outcome = "unknown"
            self._meter.answered(endpoint, outcome, time.perf_counter() - started)
            return start_response(status, *words)

        return self._app(environ, begin)
