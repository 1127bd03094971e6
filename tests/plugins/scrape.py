"""A service's `/metrics`, as Prometheus reads it."""

from __future__ import annotations

import requests
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from tests.plugins.services import Process

OPENMETRICS = "application/openmetrics-text; version=1.0.0"

Sample = tuple[str, frozenset[tuple[str, str]]]


class Scrape:
    """All samples of one answer."""

    def __init__(self, service: Process, *, accept: str = "") -> None:
        self._text, self.media = _asked(service, accept)
        self.families = list(
            openmetrics.text_string_to_metric_families(self._text)
            if self.media.startswith("application/openmetrics-text")
            else text_string_to_metric_families(self._text)
        )
        self.samples: dict[Sample, float] = {
            (each.name, frozenset(each.labels.items())): each.value
            for family in self.families
            for each in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        """Return a sample's value, None where there is none."""
        return self.samples.get((name, frozenset(labels.items())))

    def labels(self, name: str, label: str) -> set[str]:
        """Return all values of a label of these samples."""
        return {dict(labels)[label] for found, labels in self.samples if found == name}

    def text(self) -> str:
        """Return the answer as it came."""
        return self._text


def _asked(service: Process, accept: str) -> tuple[str, str]:
    answer = requests.get(
        f"{service.url}/metrics", headers={"Accept": accept}, timeout=5
    )
    assert answer.status_code == 200, answer.text
    return answer.text, answer.headers["Content-Type"]
