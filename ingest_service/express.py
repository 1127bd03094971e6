"""An express lane past Flask for what comes all day.

What Flask does for each request is more than a third of a webhook's cost (bench/).

Flask keeps every other address and method, and the same endpoints where they are
addressed in another way (with a slash at the end).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from ingest_service import answers, problems
from ingest_service.answers import Answer

Environ = dict[str, Any]
Take = Callable[[Environ], Answer]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]


_STATUS = {status: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Express:
    """A WSGI application: `takes` answer a POST by its path, `app` all the rest."""

    def __init__(self, app: Wsgi, takes: Mapping[str, Take]) -> None:
        self._app = app
        self._takes = takes

    def __call__(
        self, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one request."""
        take = self._takes.get(environ["PATH_INFO"])
        if take is None or environ["REQUEST_METHOD"] != "POST":
            return self._app(environ, start_response)
        request_id = answers.request_id_of(environ)
        try:
            answer = take(environ)
        except Exception as error:  # noqa: BLE001 # as Flask's handlers do
            answer = problems.of_error(error, request_id)
        headers = [
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            ("X-Request-Id", request_id),
            *answer.headers.items(),
        ]
        start_response(_STATUS[answer.status], headers)
        return (answer.body,)
