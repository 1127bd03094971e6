"""Tables and verdicts as lines of text, and as Markdown; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows with their columns aligned, the first one to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def times(value: float | None) -> str:
    """Return a ratio as a cell; a dash where there is nothing to compare with."""
    return "-" if value is None else f"{value:.2f}"


def verdict(what: str, *, kept: bool) -> str:
    """Say whether what was aimed at is reached."""
    return f"{'within' if kept else 'OVER  '}  {what}"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]], *, left: int) -> str:
    """Return a Markdown table; all but the first `left` columns are numbers."""
    under = ["---"] * left + ["--:"] * (len(head) - left)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, under, *rows))
