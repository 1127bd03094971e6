"""docs/performance.md, docs/scaling.md and their charts, of templates and figures.

In the template `{{ name }}` stands for a table, and `{{ chart name }}` for a chart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bench.performance import charts, headlines, tables
from bench.performance.figures import Figures, decode, encode
from bench.programs import ROOT
from bench.sizing import tables as sizing

#: By the name of the page.
TEMPLATES = {
    "performance.md": Path(__file__).with_name("performance.template.md"),
    "scaling.md": Path(sizing.__file__).with_name("scaling.template.md"),
}
_PLACE = re.compile(r"^\{\{ (chart )?(\w+) \}\}$", re.MULTILINE)
_NOTE = (
    "<!-- Made by `make bench` of a template and bench/figures.json: {template} -->\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where figures, pages and charts are."""

    figures: Path
    pages: Path
    images: Path

    def load(self) -> Figures:
        """Return the figures; none where there is no file yet."""
        if not self.figures.exists():
            return Figures(origins={})
        return decode(self.figures.read_bytes())

    def write(self, figures: Figures) -> list[Path]:
        """Write figures, pages and charts; return the files."""
        texts = {self.figures: encode(figures).decode()}
        for name in TEMPLATES:
            texts[self.pages / name] = page(name, figures)
        for name, drawn in charts.draw(figures).items():
            texts[self.images / image(name)] = drawn
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return list(texts)


#: Those of the repository.
HERE = Place(
    figures=ROOT / "bench" / "figures.json",
    pages=ROOT / "docs",
    images=ROOT / "docs" / "img",
)


def within(folder: Path) -> Place:
    """Return a place that is no part of the repository."""
    return Place(
        figures=folder / "figures.json",
        pages=folder,
        images=folder / "img",
    )


def page(name: str, figures: Figures) -> str:
    """Return the page of this name as Markdown."""
    made = {**tables.TABLES, **sizing.TABLES, "headlines": headlines.text_of}
    template = TEMPLATES[name]

    def filled(place: re.Match[str]) -> str:
        name = place[2]
        if place[1]:
            return f"![{charts.ALT[name]}](img/{image(name)})"
        return made[name](figures)

    note = _NOTE.format(template=template.relative_to(ROOT))
    return note + "\n" + _PLACE.sub(filled, template.read_text(encoding="utf-8"))


def image(name: str) -> str:
    """Return a chart's file name."""
    return f"performance-{name}.svg"
