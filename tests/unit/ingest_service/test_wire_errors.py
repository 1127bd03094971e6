"""What is told to a peer that sent no request: the fault, and never its bytes."""

import json
from http import HTTPStatus

import pytest
from gunicorn.http import errors

from ingest_service import wire_errors


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidRequestLine("a@b.test"), 400),
        (errors.InvalidRequestMethod("a@b.test"), 400),
        (errors.InvalidHTTPVersion("a@b.test"), 400),
        (errors.InvalidHeader("a@b.test"), 400),
        (errors.InvalidHeaderName("a@b.test"), 400),
        (errors.InvalidChunkSize(b"a@b.test"), 400),
        (errors.ObsoleteFolding("a@b.test"), 400),
        (errors.LimitRequestLine(9_000, 2_048), 414),
        (errors.LimitRequestHeaders("a@b.test"), 431),
        (errors.ExpectationFailed("a@b.test"), 417),
        (errors.UnsupportedTransferCoding("a@b.test"), 501),
        (TimeoutError("a@b.test"), 408),
    ],
)
def test_fault_of_a_peer_is_told_without_what_it_sent(error, status):
    told, sentence = wire_errors.told_of(error)

    assert told == status
    assert "a@b.test" not in sentence


@pytest.mark.parametrize("error", [RuntimeError(), ConnectionResetError(), KeyError()])
def test_what_is_no_fault_of_the_bytes_is_not_told_as_one(error):
    assert wire_errors.told_of(error) is None


def test_answer_is_a_whole_one_and_the_last():
    head, _, body = wire_errors.answer(
        HTTPStatus.BAD_REQUEST, "no", request_id="r-1"
    ).partition(b"\r\n\r\n")

    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 400 Bad Request"
    assert "Connection: close" in lines
    assert "X-Request-Id: r-1" in lines
    assert f"Content-Length: {len(body)}" in lines
    assert json.loads(body)["request_id"] == "r-1"
