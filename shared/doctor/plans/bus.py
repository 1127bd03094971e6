"""The broker: by AMQP, and by its management pages where their address is given."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from shared.amqp import survey
from shared.doctor.checks import clock, topology
from shared.doctor.checks.reached import document_of
from shared.doctor.findings import Finding, warning
from shared.doctor.place import Place, text_of
from shared.doctor.probes.http import NoAnswer, Reply, ask
from shared.doctor.running import Check
from shared.errors import SettingsError
from shared.settings import BrokerSettings
from shared.topology import TOPOLOGY


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """What the management pages answered."""

    queues: Reply
    bindings: Reply


def checks(place: Place) -> Iterator[Check[Any]]:
    """Return what there is to ask of the broker."""
    try:
        settings = BrokerSettings.load(place.environ)
    except SettingsError:
        return  # said of each service
    url = settings.rabbitmq_url.get_secret_value()
    management = text_of(place.own.rabbitmq_management_url)
    yield Check(
        group=topology.BROKER,
        name="login",
        fetch=partial(survey.look, url, TOPOLOGY),
        decide=partial(_surveyed, described=bool(management)),
    )
    if management:
        yield Check(
            group=topology.GROUP,
            name="management pages",
            fetch=partial(_pages, management, url),
            decide=_described,
        )


def _surveyed(found: survey.Survey | survey.Shut, *, described: bool) -> list[Finding]:
    told = topology.reached(found)
    if isinstance(found, survey.Survey):
        told += topology.looked_at(found, described=described)
    return told


def _pages(management: str, url: str) -> Pages:
    parts, broker = urlsplit(management), urlsplit(url)
    login = parts if parts.username else broker
    words = f"{unquote(login.username or '')}:{unquote(login.password or '')}"
    headers = {"Authorization": "Basic " + base64.b64encode(words.encode()).decode()}
    vhost = quote(unquote(broker.path[1:]) or "/", safe="")
    root = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
    return Pages(
        queues=ask(f"{root}/api/queues/{vhost}", headers=headers),
        bindings=ask(f"{root}/api/bindings/{vhost}", headers=headers),
    )


def _described(pages: Pages) -> list[Finding]:
    queues, bindings = _listed(pages.queues), _listed(pages.bindings)
    told = clock.beside("broker", pages.queues)
    if queues is None or bindings is None:
        return [_unread(pages.queues), *told]
    return [*topology.described(TOPOLOGY, queues=queues, bindings=bindings), *told]


def _listed(reply: Reply) -> list[Any] | None:
    if isinstance(reply, NoAnswer) or reply.status != HTTPStatus.OK:
        return None
    told = document_of(reply)
    if not isinstance(told, list):
        return None
    return [each for each in told if isinstance(each, dict)]


def _unread(reply: Reply) -> Finding:
    why = reply.reason if isinstance(reply, NoAnswer) else f"answer {reply.status}"
    return warning(
        topology.GROUP,
        "management pages",
        f"cannot be read: {why}",
        "See RABBITMQ_MANAGEMENT_URL (http://user:password@host:15672); the user needs"
        " the tag monitoring and a right in the virtual host.",
    )
