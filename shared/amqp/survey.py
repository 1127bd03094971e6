"""Look at the broker as it is: who may log in, what is there, and with which arguments.

Nothing is made: what a passive declare does not find is not declared. What it finds is
declared once more as the topology has it, which changes nothing either: the broker
compares, and refuses what differs (406). A user without the right to configure is
refused that as well (403); then arguments cannot be compared this way.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pika
import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel

from shared.topology import Topology

#: Of each step of the way in, in seconds.
TIMEOUT = 4.0

_ACCESS_REFUSED, _NOT_FOUND, _PRECONDITION_FAILED, _NOT_ALLOWED = 403, 404, 406, 530
_LOGIN_REFUSED = (
    pika.exceptions.ProbableAuthenticationError,
    pika.exceptions.AuthenticationError,
)


class State(StrEnum):
    """How a queue or an exchange stands beside the topology."""

    RIGHT = "right"
    MISSING = "missing"
    DIFFERENT = "different"
    #: It is there; its arguments cannot be compared by this user.
    PRESENT = "present"
    #: It is there and does not answer as it should; `detail` says how.
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A queue or an exchange; `detail` is the argument that differs, or a reason."""

    name: str
    state: State
    detail: str = ""


class Closed(StrEnum):
    """Why there is no way in."""

    LOGIN = "login"
    VHOST = "vhost"
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shut:
    """The broker did not let us in; `detail` is for who is away."""

    why: Closed
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What is there, the exchange first."""

    things: tuple[Thing, ...]


def look(url: str, topology: Topology) -> Survey | Shut:
    """Return how the broker at `url` stands; its own texts are never repeated whole."""
    try:
        connection = pika.BlockingConnection(_parameters(url))
    except _LOGIN_REFUSED:
        return Shut(why=Closed.LOGIN)
    except pika.exceptions.ConnectionClosedByBroker as error:
        return _refused(error.reply_code)
    except pika.exceptions.ProbableAccessDeniedError:
        return Shut(why=Closed.VHOST)
    except (pika.exceptions.AMQPError, OSError) as error:
        return Shut(why=Closed.AWAY, detail=_cause(error))
    try:
        return Survey(things=tuple(_things(connection, topology)))
    except (pika.exceptions.AMQPError, OSError) as error:
        return Shut(why=Closed.AWAY, detail=_cause(error))
    finally:
        if connection.is_open:
            connection.close()


def _parameters(url: str) -> pika.URLParameters:
    parameters = pika.URLParameters(url)
    parameters.client_properties = {"connection_name": "doctor"}
    parameters.connection_attempts = 1
    parameters.socket_timeout = parameters.stack_timeout = TIMEOUT
    parameters.blocked_connection_timeout = TIMEOUT
    return parameters


def _things(connection: Any, topology: Topology) -> list[Thing]:
    def exchange(channel: BlockingChannel, *, passive: bool) -> None:
        channel.exchange_declare(
            topology.exchange, exchange_type="topic", durable=True, passive=passive
        )

    found = [_standing(connection, topology.exchange, exchange)]
    for queue in topology.queues:

        def declare(
            channel: BlockingChannel, *, passive: bool, queue: Any = queue
        ) -> None:
            channel.queue_declare(
                queue.name,
                durable=True,
                arguments=dict(queue.arguments),
                passive=passive,
            )

        found.append(_standing(connection, queue.name, declare))
    return found


def _standing(connection: Any, name: str, declare: Callable[..., None]) -> Thing:
    for passive in (True, False):
        # A refusal closes the channel that it is told on.
        channel = connection.channel()
        try:
            declare(channel, passive=passive)
        except pika.exceptions.ChannelClosedByBroker as error:
            return _thing(name, error, passive=passive)
        channel.close()
    return Thing(name=name, state=State.RIGHT)


def _thing(name: str, error: Any, *, passive: bool) -> Thing:
    code, text = int(error.reply_code), str(error.reply_text)
    if not passive and code == _PRECONDITION_FAILED:
        argument = text.partition("inequivalent arg '")[2].partition("'")[0]
        return Thing(name=name, state=State.DIFFERENT, detail=argument)
    if not passive and code == _ACCESS_REFUSED:
        return Thing(name=name, state=State.PRESENT)
    if code == _NOT_FOUND and "no " in text:
        return Thing(name=name, state=State.MISSING)
    return Thing(name=name, state=State.UNUSABLE, detail=f"the broker answers {code}")


def _refused(code: int) -> Shut:
    if code == _ACCESS_REFUSED:
        return Shut(why=Closed.LOGIN)
    if code == _NOT_ALLOWED:
        return Shut(why=Closed.VHOST)
    return Shut(why=Closed.AWAY, detail=f"the broker closes the connection ({code})")


def _cause(error: BaseException) -> str:
    words = {
        socket.gaierror: "its name is not known to DNS",
        ConnectionRefusedError: "the connection is refused: nobody listens there",
        TimeoutError: "nothing is answered in time",
    }
    for each in _chain(error):
        for kind, text in words.items():
            if isinstance(each, kind):
                return text
    return f"the connection breaks ({type(error).__name__})"


def _chain(error: BaseException) -> list[BaseException]:
    """Return the error and what it was made of, in pika's several ways."""
    found: list[BaseException] = [error]
    for each in found:
        inner = [
            *each.args,
            *getattr(each, "exceptions", ()),
            getattr(each, "exception", None),
            each.__cause__,
            each.__context__,
        ]
        found += [
            more
            for more in inner
            if isinstance(more, BaseException) and more not in found
        ]
    return found
