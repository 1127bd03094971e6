"""A request's span: only an authentic one may say which trace it belongs to.

The span begins when that is known, back-dated to the request's arrival.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from ingest_service import answers
from ingest_service.intake import traceparent_of
from ingest_service.metrics.outcomes import OTHER, endpoint_of
from shared.tracing.spans import NO_SPAN, Kind, Span, Tracer

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_KEY = "melotech.arrival"
_ROUTES = {"unsubscribe": "/unsubscribe/{token}"}
#: Any other method is what a stranger makes up.
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


class _Arrival:
    """A request on its way through the service."""

    def __init__(self, tracer: Tracer, environ: Environ, endpoint: str) -> None:
        self._tracer = tracer
        self._environ = environ
        self._endpoint = endpoint
        self._since = time.time_ns()
        self._span: Span | None = None

    def span(self, *, trusted: bool) -> Span:
        if self._span is None:
            environ, endpoint = self._environ, self._endpoint
            route = _ROUTES.get(endpoint, f"/webhook/{endpoint}")
            told = environ.get("HTTP_TRACEPARENT", "") if trusted else ""
            method = environ["REQUEST_METHOD"]
            method = method if method in _METHODS else "_OTHER"
            self._span = self._tracer.span(
                f"{method} {route}",
                Kind.SERVER,
                parent=traceparent_of(told),
                attributes={
                    "http.request.method": method,
                    "http.route": route,
                    "url.scheme": environ.get("wsgi.url_scheme", "http"),
                    "melotech.request_id": answers.request_id_of(environ),
                },
                since=self._since,
            )
        return self._span


def trusted(environ: Environ) -> Span:
    """Return the span of a request that is authentic, in the trace that it names."""
    arrival: _Arrival | None = environ.get(_KEY)
    return NO_SPAN if arrival is None else arrival.span(trusted=True)


def span_of(environ: Environ) -> Span:
    """Return the span of a request, in a trace of its own if nobody has trusted it."""
    arrival: _Arrival | None = environ.get(_KEY)
    return NO_SPAN if arrival is None else arrival.span(trusted=False)


class Traced:
    """A WSGI application: `app`, with a span for each request to our endpoints."""

    def __init__(self, app: Wsgi, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    def __call__(
        self, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request."""
        endpoint = endpoint_of(environ["PATH_INFO"])
        if endpoint is None or endpoint == OTHER:
            return self._app(environ, start_response)
        arrival = environ[_KEY] = _Arrival(self._tracer, environ, endpoint)
        answered: int = HTTPStatus.INTERNAL_SERVER_ERROR

        def begin(status: str, *words: Any) -> Any:
            nonlocal answered
            answered = int(status[:3])
            return start_response(status, *words)

        try:
            return self._app(environ, begin)
        finally:
            span = arrival.span(trusted=False)
            span.note({"http.response.status_code": answered})
            if answered >= HTTPStatus.INTERNAL_SERVER_ERROR:
                span.fail(str(answered))
            span.end()
