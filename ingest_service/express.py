"""An express lane past Flask for what comes all day.

What Flask does for each request is more than a third of a webhook's cost (bench/).

Flask keeps every other address and method, and the same endpoints where they are
addressed in another way (with a slash at the end).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from ingest_service import answers, problems
from ingest_service.answers import Answer
from ingest_service.metrics.meter import Meter
from ingest_service.metrics.outcomes import endpoint_of, outcome_of

Environ = dict[str, Any]
Take = Callable[[Environ], Answer]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]


_STATUS = {status: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Express:
    """A WSGI application: `takes` answer a POST by its path, `app` all the rest."""

    def __init__(self, app: Wsgi, takes: Mapping[str, Take], meter: Meter) -> None:
        self._app = app
        self._takes = takes
        self._endpoints = {path: str(endpoint_of(path)) for path in takes}
        self._meter = meter

    def __call__(
        self, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"]
        take = self._takes.get(path)
        if take is None or environ["REQUEST_METHOD"] != "POST":
            return self._app(environ, start_response)
        started = time.perf_counter()
        request_id = answers.request_id_of(environ)
        try:
            answer = take(environ)
        except Exception as error:  # noqa: BLE001 # as Flask's handlers do
            answer = problems.of_error(error, request_id)
        outcome = outcome_of(answer.status, environ)
        seconds = time.perf_counter() - started
        self._meter.answered(self._endpoints[path], outcome, seconds)
        headers = [
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            ("X-Request-Id", request_id),
            *answer.headers.items(),
        ]
        start_response(_STATUS[answer.status], headers)
        return (answer.body,)
