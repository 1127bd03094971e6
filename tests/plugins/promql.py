"""What PromQL expressions ask for: metrics, and what their labels must be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: The functions and words that the rules and panels use; another name is a metric.
WORDS = frozenset(
    (
        *("and", "or", "unless", "on", "by", "without", "offset", "ignoring"),
        *("sum", "max", "min", "count", "rate", "increase", "deriv"),
        *("absent", "last_over_time", "vector", "histogram_quantile", "label_values"),
    )
)
#: What Prometheus itself adds.
OWN_METRICS = frozenset(("up", "ALERTS"))
OWN_LABELS = frozenset(("job", "instance"))

_SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?")
_GROUPING = re.compile(r"\b(by|without|on|ignoring)\s*\(([^)]*)\)")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
_DURATION = re.compile(r"\[[^\]]*\]|\boffset\s+\w+")
_NUMBER = re.compile(r"\b\d[\w.]*")


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on a label."""

    label: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric that is asked for."""

    metric: str
    matchers: tuple[Matcher, ...]


def selectors(expression: str) -> Iterator[Selector]:
    """Return all that the expression asks for."""
    for name, conditions in _SELECTOR.findall(_bare(expression)):
        if name not in WORDS:
            found = (Matcher(*each) for each in _MATCHER.findall(conditions))
            yield Selector(name, tuple(found))


def grouped_by(expression: str) -> set[str]:
    """Return the labels that the expression groups by, or joins on."""
    lists = [labels for _, labels in _GROUPING.findall(expression)]
    return {label.strip() for each in lists for label in each.split(",")} - {""}


def _bare(expression: str) -> str:
    """Take out groupings, durations and numbers; in quotes they are a matcher's."""
    parts = re.split(r'("(?:[^"\\]|\\.)*")', expression)
    for number in range(0, len(parts), 2):
        for pattern in (_GROUPING, _DURATION, _NUMBER):
            parts[number] = pattern.sub(" ", parts[number])
    return "".join(parts)
