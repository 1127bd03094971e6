"""A report in words: what went wrong, what had been done, and how to repeat it."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.run import Report


def told(report: Report, *, again: str, folder: Path) -> str:
    """Return it for people; `again` is the command that does all of it again."""
    parts = [figures(report)]
    if report.faults:
        parts = [
            f"seed {report.seed}: {len(report.faults)} faults",
            *(f"  - {fault}" for fault in report.faults),
            "",
            report.timeline,
            "",
            *parts,
            f"repeat it: {again}",
            f"logs: {folder}",
        ]
    return "\n".join(parts)


def figures(report: Report) -> str:
    """Return a run in a line."""
    shown = ", ".join(
        f"{name.replace('_', ' ')} {figure:g}"
        for name, figure in report.figures.items()
    )
    return f"seed {report.seed}: {len(report.steps)} faults done; {shown}"
