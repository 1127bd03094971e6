"""What a client says on its socket: a message within its limits, or a complaint."""

from __future__ import annotations

import msgspec

from realtime_gateway import protocol
from realtime_gateway.protocol import Auth, ClientMessage, Error, Filter, Wanted
from shared.errors import Malformed
from tests.fuzz import words
from tests.fuzz.reading import read
from tests.fuzz.target import Target

KINDS = {"auth", "ping", "filter"}
LONGEST = 200


def check(data: bytes) -> None:
    """Raise where a text is understood wrongly, or raises another error."""
    # WebSockets carry no halves of characters; whoever reads them anyway, no error.
    for text in (_text(data, "strict"), _text(data, "surrogatepass")):
        if text is None:
            continue
        try:
            message = protocol.read(text)
        except Malformed as error:
            protocol.write(Error(code="bad_message", message=str(error)[:200]))
            continue
        _check_message(text, message)


def _text(data: bytes, errors: str) -> str | None:
    try:
        return data.decode("utf-8", errors)
    except UnicodeDecodeError:
        return None


def _check_message(text: str, message: ClientMessage) -> None:
    said = read(text)
    assert said["type"] in KINDS
    assert protocol.read(msgspec.json.encode(message).decode()) == message
    if isinstance(message, Auth):
        assert message.token == said.get("token", "")
        assert message.max_rate is None or 0.01 <= message.max_rate <= 1_000
        _check_filter(message.filter or protocol.EVERYTHING)
    if isinstance(message, Filter):
        _check_filter(message)


def _check_filter(wanted: Wanted) -> None:
    for name in Wanted.__struct_fields__:
        assert len(getattr(wanted, name) or "") <= LONGEST


TARGET = Target(
    name="socket_messages",
    check=check,
    seeds=words.client_messages(),
    words=[
        *words.JSON,
        *(b'"type":"auth",', b'"type":"filter",', b'"type":"ping",', b'"since":"e"'),
        *(
            b'"max_rate":1e3',
            b'"max_rate":1e-9',
            b'"status":"approved"',
            b'"filter":{}',
        ),
    ],
)
