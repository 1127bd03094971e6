"""The page and its charts say what the figures say, and those what was measured."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from functools import cache

import pytest

from bench.performance import charts, page, summing, tables
from bench.performance.figures import Origin, Spread, decode, encode
from tests.plugins.measured import SAMPLES, measured, rows_of

#: Of a chart, in bytes.
MAX_CHART = 60_000


@cache
def drawings():
    """Return the charts of the stored samples."""
    return charts.draw(measured())


@pytest.mark.parametrize("name", page.TEMPLATES)
def test_the_page_is_what_template_and_figures_say(name):
    made = page.page(name, page.HERE.load())

    written = (page.HERE.pages / name).read_text("utf-8")
    assert written == made, "run `make bench ARGS=--render`"


def test_the_charts_are_what_the_figures_say():
    for name, drawn in charts.draw(page.HERE.load()).items():
        file = page.HERE.images / page.image(name)

        assert file.read_text("utf-8") == drawn, "run `make bench ARGS=--render`"


def test_figures_survive_being_written_down_and_charts_are_always_the_same(tmp_path):
    place = page.within(tmp_path)

    files = place.write(measured())

    assert place.load() == decode(encode(measured())) == measured()
    assert all(file.exists() for file in files)
    # Drawn a second time: the same to the last byte.
    for name, drawn in drawings().items():
        assert (place.images / page.image(name)).read_text("utf-8") == drawn
    for name in page.TEMPLATES:
        assert "{{" not in (place.pages / name).read_text("utf-8")


def test_a_part_that_is_measured_again_replaces_its_own_figures_alone():
    told = json.loads(SAMPLES.read_text())["mail"]
    origin = Origin(**{**told["origin"], "date": "2030-01-01"})

    found = summing.add(measured(), "mail", origin, told["found"][:1])

    assert len(found.mail) == 1
    assert found.fanout == measured().fanout
    assert "2030-01-01" in tables.origins(found)


def test_every_server_has_its_row_in_order():
    found = [(row[0], row[1]) for row in rows_of(tables.ingest(measured()))]

    servers = ("`ours`", "`plain`", "`fastapi`", "`echo`")
    loads = ("`c1`", "`c16`", "`c64`", "`c200`", "`200/s`")
    assert found == [(load, server) for load in loads for server in servers]
    assert len(rows_of(tables.fanout(measured()))) == len(measured().fanout) > 0
    assert len(rows_of(tables.mail(measured()))) == len(measured().mail) > 0


def test_what_was_not_sustained_is_said_to_be_so_without_a_percentile():
    rows = rows_of(tables.endtoend(measured()))
    lost = [row for row in rows if row[3] == "**not sustained**"]

    assert len(lost) == sum(not each.sustained for each in measured().endtoend) > 0
    assert all(row[4:6] == ["", ""] and "gone after" in row[8] for row in lost)
    assert all(float(row[3].replace(",", "")) > 0 for row in rows if row not in lost)


def test_quartiles_stand_beside_a_median_of_several_turns():
    assert Spread.of([4]) == Spread(low=4, median=4, high=4)
    assert Spread.of([5, 1, 2, 3, 4]) == Spread(low=2, median=3, high=4)


@pytest.mark.parametrize("name", charts.CHARTS)
def test_a_chart_is_small_and_has_words_and_a_dark_side(name):
    drawn = drawings()[name]

    assert len(drawn) < MAX_CHART
    root = ET.fromstring(drawn)
    assert root.find("{http://www.w3.org/2000/svg}title").text == charts.ALT[name]
    assert "prefers-color-scheme: dark" in drawn
    assert "nan" not in drawn.lower()
