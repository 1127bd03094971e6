"""What all services' metrics have in common: registry, buckets, and the text of it all.

Labels are bounded: never an id, an address, or anything that a stranger chooses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from shared.version import __version__

#: The way of a change, 0.5 ms to 10 s. In seconds, as all metrics are.
PATH_BUCKETS: Final = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1),
    *(0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
#: The way of a mail, 0.1 s to a day: its last attempt comes so late.
MAIL_BUCKETS: Final = (
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0),
    *(300.0, 900.0, 3_600.0, 14_400.0, 86_400.0),
)

_OPENMETRICS = "application/openmetrics-text"


def registry(service: str, *, own_process: bool = True) -> CollectorRegistry:
    """Return a registry that tells of Python and the build.

    `own_process`: of this process and its garbage collector too, where it is all there
    is of the service.
    """
    # A series more for each, which says when it began: nobody asks that here.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    made = CollectorRegistry()
    PlatformCollector(registry=made)
    made.register(_Build(service))
    if own_process:
        ProcessCollector(registry=made)
        GCCollector(registry=made)
    return made


def exposition(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """Return all metrics as text and its media type; `accept` is the request's header.

    OpenMetrics for who names it, else Prometheus's text format.
    """
    # The header itself stays outside: the encoder stumbles over odd versions in it.
    wanted = f"{_OPENMETRICS}; version=1.0.0" if _OPENMETRICS in accept.lower() else ""
    encode, content_type = choose_encoder(wanted)
    return encode(registry), content_type


class _Build(Collector):
    def __init__(self, service: str) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        told = GaugeMetricFamily(
            "melotech_build_info", "What runs here.", labels=["service", "version"]
        )
        told.add_metric([self._service, __version__], 1)
        yield told
