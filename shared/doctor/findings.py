"""What a check found: a verdict, a sentence, and the remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad it is: `warning` works, and should not stay so."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report; `remedy` says what to do, empty where all is well."""

    group: str
    check: str
    verdict: Verdict
    text: str
    remedy: str = ""


def ok(group: str, check: str, text: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(group=group, check=check, verdict=Verdict.OK, text=text)


def warning(group: str, check: str, text: str, remedy: str) -> Finding:
    """Say what works, and should not stay as it is."""
    return Finding(
        group=group, check=check, verdict=Verdict.WARNING, text=text, remedy=remedy
    )


def fault(group: str, check: str, text: str, remedy: str) -> Finding:
    """Say what does not work, or will not."""
    return Finding(
        group=group, check=check, verdict=Verdict.FAULT, text=text, remedy=remedy
    )
