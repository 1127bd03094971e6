"""The findings as lines for people or as JSON, with nothing secret in either."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from shared.doctor.findings import Finding, Verdict

SIGNS = {Verdict.OK: "✓", Verdict.WARNING: "!", Verdict.FAULT: "✗"}
#: Shorter ones are words, and stand everywhere.
SHORTEST_SECRET = 6
_ADDRESS = re.compile(r"[\w.+-]+@(?=[\w-]+\.)")


def guarded(findings: Sequence[Finding], secrets: Collection[str]) -> list[Finding]:
    """Return the findings with each secret and each mailbox blotted out."""
    longest_first = sorted(secrets, key=len, reverse=True)

    def clean(text: str) -> str:
        for secret in longest_first:
            if len(secret) >= SHORTEST_SECRET:
                text = text.replace(secret, "***")
        return "".join(
            mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}"
            for mark in _ADDRESS.sub("***@", text)
        )

    return [
        replace(each, text=clean(each.text), remedy=clean(each.remedy))
        for each in findings
    ]


def as_text(findings: Sequence[Finding]) -> str:
    """Return a line for each finding in its group, remedies below, a count last."""
    lines: list[str] = []
    for group in dict.fromkeys(each.group for each in findings):
        lines += ["", group] if lines else [group]
        for each in findings:
            if each.group == group:
                lines += _lines(each)
    return "\n".join([*lines, "", _count(findings)])


def as_json(findings: Sequence[Finding]) -> str:
    """Return the same for machines."""
    counts = Counter(each.verdict for each in findings)
    listed = [
        {
            "group": each.group,
            "check": each.check,
            "verdict": each.verdict,
            "text": each.text,
            "remedy": each.remedy or None,
        }
        for each in findings
    ]
    document = {
        "healthy": not counts[Verdict.FAULT],
        "counts": {verdict: counts[verdict] for verdict in Verdict},
        "findings": listed,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 1 where there is a fault; warnings alone are no failure."""
    return int(any(each.verdict is Verdict.FAULT for each in findings))


def _lines(each: Finding) -> Iterator[str]:
    yield f"  {SIGNS[each.verdict]} {each.verdict:<8} {each.check}: {each.text}"
    if each.remedy:
        yield f"      -> {each.remedy}"


def _count(findings: Sequence[Finding]) -> str:
    counts = Counter(each.verdict for each in findings)
    words = (
        f"{counts[Verdict.OK]} ok",
        f"{counts[Verdict.WARNING]} warnings",
        f"{counts[Verdict.FAULT]} faults",
    )
    return ", ".join(words)
