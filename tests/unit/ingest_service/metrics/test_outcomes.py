"""What requests are counted as: few words, whatever a stranger sends."""

from http import HTTPStatus

import pytest

from ingest_service.metrics import outcomes
from ingest_service.metrics.counted import Counted


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/webhook/submission-update", "submission-update"),
        ("/webhook/submission-update/", "submission-update"),
        ("/webhook/submission-status-update", "submission-status-update"),
        ("/webhook/mailgun", "mailgun"),
        ("/unsubscribe/a-token", "unsubscribe"),
        ("/webhook/anything/else", "other"),
        ("/", "other"),
        ("", "other"),
        ("/health", None),
        ("/ready", None),
        ("/metrics", None),
    ],
)
def test_endpoint_follows_from_the_path_and_is_never_the_path(path, endpoint):
    assert outcomes.endpoint_of(path) == endpoint


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "ignored"),
        (202, "published"),
        (401, "unauthorized"),
        (404, "unknown"),
        (405, "unknown"),
        (408, "timed_out"),
        (413, "too_large"),
        (415, "malformed"),
        (429, "rate_limited"),
        (431, "too_large"),
        (500, "failed"),
        (503, "unavailable"),
    ],
)
def test_outcome_follows_from_the_status(status, outcome):
    assert outcomes.outcome_of(status, {}) == outcome


def test_every_status_is_one_of_the_outcomes():
    assert {outcomes.of_status(s) for s in HTTPStatus} <= set(outcomes.OUTCOMES)


def test_what_was_noted_says_more_than_the_status():
    environ = {}
    outcomes.note(environ, "spooled")

    assert outcomes.outcome_of(202, environ) == "spooled"


def test_watchers_of_the_service_are_not_counted():
    counted = []

    class Meter:
        def answered(self, endpoint, outcome, seconds):
            counted.append((endpoint, outcome))

    def app(environ, start_response):
        start_response("404 NOT FOUND", [])
        return [b"told"]

    begun = []
    wsgi = Counted(app, Meter())
    for path in ("/metrics", "/nowhere"):
        assert wsgi({"PATH_INFO": path}, lambda *words: begun.append(words)) == [
            b"told"
        ]

    assert counted == [("other", "unknown")]
    assert begun == [("404 NOT FOUND", [])] * 2


@pytest.mark.parametrize(
    ("method", "outcome"), [("POST", "ignored"), ("OPTIONS", "unknown")]
)
def test_only_what_was_sent_can_have_been_ignored(method, outcome):
    counted = []

    class Meter:
        def answered(self, endpoint, outcome, seconds):
            counted.append((endpoint, outcome))

    def app(environ, start_response):
        start_response("200 OK", [])
        return []

    environ = {"PATH_INFO": "/webhook/mailgun", "REQUEST_METHOD": method}
    list(Counted(app, Meter())(environ, lambda *words: None))

    assert counted == [("mailgun", outcome)]
