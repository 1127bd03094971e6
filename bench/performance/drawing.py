"""How charts look: one style, SVG that is the same for the same figures, two themes."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

#: The colours of light pages, and what they become where the reader prefers dark.
INK, CARD, GRID = "#0f172a", "#ffffff", "#cbd5e1"
OURS, SECOND, THIRD, FOURTH = "#4f46e5", "#c2410c", "#0f766e", "#a21caf"
DARK: Mapping[str, str] = {
    INK: "#f8fafc",
    CARD: "#0f172a",
    GRID: "#475569",
    OURS: "#a5b4fc",
    SECOND: "#fdba74",
    THIRD: "#5eead4",
    FOURTH: "#f0abfc",
}
STYLE: Mapping[str, object] = {
    # Else ids are drawn by chance.
    "svg.hashsalt": "melotech",
    # Text stays text: small files, and the reader's own letters.
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GRID,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.axisbelow": True,
    "axes.facecolor": CARD,
    "figure.facecolor": CARD,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "lines.markersize": 6,
}
#: In inches, of 72 points.
WIDTH, HEIGHT = 10.0, 3.9
_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_FONTS = re.compile(r"font-family: [^;\"]*")
_PROLOG = re.compile(r"\A.*?(?=<svg)", re.DOTALL)


def panels(count: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with so many charts beside each other."""
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    drawn = figure.subplots(1, count, squeeze=False)
    axes = [each for row in drawn for each in row]
    for each in axes:
        each.grid(axis="y")
        each.tick_params(length=0)
    return figure, axes


def legend(figure: Figure, axes: Axes) -> None:
    """Say below all charts what the first one's marks are."""
    marks, names = axes.get_legend_handles_labels()
    figure.legend(marks, names, loc="outside lower center", ncols=len(names))


def svg(figure: Figure, title: str) -> str:
    """Return the figure as an SVG that reads `title` where it cannot be seen."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata=_METADATA)
    return themed(_PROLOG.sub("", text.getvalue()), title)


def themed(drawn: str, title: str) -> str:
    """Name each colour, so that a dark page's reader sees others; pure."""
    drawn = _FONTS.sub("font-family: system-ui, sans-serif", drawn)
    for place, light in enumerate(DARK):
        drawn = drawn.replace(f": {light}", f": var(--c{place}, {light})")
    dark = " ".join(f"--c{place}: {dark};" for place, dark in enumerate(DARK.values()))
    style = f"@media (prefers-color-scheme: dark) {{ svg {{ {dark} }} }}"
    head, _, rest = drawn.partition(">")
    named = f"{head} role='img'>\n <title>{escape(title)}</title>"
    lines = f"{named}\n <style>{style}</style>{rest}".splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def style() -> object:
    """Return the style as a context."""
    return mpl.rc_context(dict(STYLE))
