"""The broker: by AMQP, and by its management pages where their address is given."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from shared.amqp import survey
from shared.amqp.nodes import addresses_of
from shared.doctor.checks import clock, topology
from shared.doctor.checks.reached import document_of
from shared.doctor.findings import Finding, warning
from shared.doctor.place import Place, text_of
from shared.doctor.probes.http import NoAnswer, Reply, ask
from shared.doctor.running import Check
from shared.errors import SettingsError
from shared.settings import BrokerSettings
from shared.topology import TOPOLOGY

#: What was found at each node, by its host and port.
Looks = dict[str, survey.Survey | survey.Shut]


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
        fetch=partial(_looks, addresses_of(url)),
        decide=partial(_surveyed, described=bool(management)),
    )
    if management:
        yield Check(
            group=topology.GROUP,
            name="management pages",
            fetch=partial(_pages, management, addresses_of(url)[0]),
            decide=partial(_described, nodes=len(addresses_of(url))),
        )


def _looks(addresses: tuple[str, ...]) -> Looks:
    """Look at all nodes at once: one that hangs must not hide the others."""
    found: dict[str, survey.Survey | survey.Shut] = {}

    def look(address: str) -> None:
        found[address] = survey.look(address, TOPOLOGY)

    threads = [
        threading.Thread(target=look, args=(each,), daemon=True) for each in addresses
    ]
    until = time.monotonic() + survey.TIMEOUT
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    late = survey.Shut(why=survey.Closed.AWAY, detail="nothing is answered in time")
    return {_node(each): found.get(each, late) for each in addresses}


def _node(address: str) -> str:
    return urlsplit(address).netloc.rpartition("@")[2]


def _surveyed(looks: Looks, *, described: bool) -> list[Finding]:
    told = topology.reached(looks)
    for found in topology.cluster_in(looks)[:1]:
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


def _described(pages: Pages, *, nodes: int) -> list[Finding]:
    queues, bindings = _listed(pages.queues), _listed(pages.bindings)
    told = clock.beside("broker", pages.queues)
    if queues is None or bindings is None:
        return [_unread(pages.queues), *told]
    return [
        *topology.described(TOPOLOGY, queues=queues, bindings=bindings),
        *topology.spread(TOPOLOGY, queues=queues, nodes=nodes),
        *told,
    ]


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
