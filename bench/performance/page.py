"""docs/performance.md and its charts, made of a template and of the figures.

In the template `{{ name }}` stands for a table, and `{{ chart name }}` for a chart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bench.performance import charts, headlines, tables
from bench.performance.figures import Figures, decode, encode
from bench.programs import ROOT

TEMPLATE = Path(__file__).with_name("performance.template.md")
_PLACE = re.compile(r"^\{\{ (chart )?(\w+) \}\}$", re.MULTILINE)
_NOTE = (
    "<!-- Made by `make bench` of bench/performance: change the template there. -->\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where figures, page and charts are."""

    figures: Path
    page: Path
    images: Path

    def load(self) -> Figures:
        """Return the figures; none where there is no file yet."""
        if not self.figures.exists():
            return Figures(origins={})
        return decode(self.figures.read_bytes())

    def write(self, figures: Figures) -> list[Path]:
        """Write figures, page and charts; return the files."""
        texts = {
            self.figures: encode(figures).decode(),
            self.page: page(TEMPLATE.read_text(encoding="utf-8"), figures),
        }
        for name, drawn in charts.draw(figures).items():
            texts[self.images / image(name)] = drawn
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return list(texts)


#: Those of the repository.
HERE = Place(
    figures=ROOT / "bench" / "figures.json",
    page=ROOT / "docs" / "performance.md",
    images=ROOT / "docs" / "img",
)


def within(folder: Path) -> Place:
    """Return a place that is no part of the repository."""
    return Place(
        figures=folder / "figures.json",
        page=folder / "performance.md",
        images=folder / "img",
    )


def page(template: str, figures: Figures) -> str:
    """Return the page as Markdown."""
    made = {**tables.TABLES, "headlines": headlines.text_of}

    def filled(place: re.Match[str]) -> str:
        name = place[2]
        if place[1]:
            return f"![{charts.ALT[name]}](img/{image(name)})"
        return made[name](figures)

    return _NOTE + "\n" + _PLACE.sub(filled, template)


def image(name: str) -> str:
    """Return a chart's file name."""
    return f"performance-{name}.svg"
