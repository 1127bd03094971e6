"""The configuration reference says what the settings classes say."""

from __future__ import annotations

import importlib

import pytest
from pydantic import Field

from devstack.site import configuration
from devstack.site.configuration import (
    PAGE,
    ROOT,
    TEMPLATE,
    Incomplete,
    page,
    variables,
)
from devstack.site.meanings import Meaning, meanings
from shared.settings import Secrets, Settings


class Example(Settings):
    """Told of in `variables`."""

    # For readers of the code.
    #: How many there may be,
    #: at once.
    limit: int = Field(default=5, ge=1, le=9)
    #: Signs things.
    #: Default: the key above
    keys: Secrets = ()


class Silent(Settings):
    limit: int = 5


def test_page_is_up_to_date():
    made = page(TEMPLATE.read_text("utf-8"))

    assert PAGE.read_text("utf-8") == made, "run `make configuration`"


def test_every_settings_class_has_a_place_in_the_page():
    for path in ROOT.glob("*/**/settings.py"):
        if not {".venv", "node_modules", "tests"} & set(path.parts):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            importlib.import_module(name)

    named = configuration.classes(TEMPLATE.read_text("utf-8"))
    ours = {f"{each.__module__}.{each.__name__}" for each in _below(Settings)}

    assert {name for name in ours if "test" not in name} - named == set()


def test_meaning_is_what_the_lines_above_a_field_say():
    assert meanings(Example) == {
        "limit": Meaning(text="How many there may be, at once."),
        "keys": Meaning(text="Signs things.", default="the key above"),
    }


def test_row_tells_default_kind_and_bounds():
    limit, keys = variables(Example)

    assert limit.row() == (
        "| `LIMIT` | `5` | whole number from 1 to 9 | How many there may be, at once |"
    )
    assert keys.row() == "| `KEYS` | the key above | secrets | Signs things |"


def test_variable_without_a_meaning_is_a_fault_that_names_it():
    with pytest.raises(Incomplete, match="LIMIT"):
        variables(Silent)


def test_table_that_begins_with_a_field_ends_the_one_before():
    name = "realtime_gateway.settings.GatewaySettings"

    made = page(f"{{{{ {name} }}}}\n\nThen:\n\n{{{{ {name} from drain_seconds }}}}\n")

    first, second = made.split("Then:")
    assert "`MAX_LAG_SECONDS`" in first
    assert "`DRAIN_SECONDS`" not in first
    assert "`DRAIN_SECONDS`" in second


def test_check_says_what_to_do_about_a_stale_page(tmp_path, monkeypatch, capsys):
    stale = tmp_path / "configuration.md"
    stale.write_text("old")
    monkeypatch.setattr(configuration, "PAGE", stale)

    assert configuration.main(["--check"]) == 1
    assert "make configuration" in capsys.readouterr().out
    assert configuration.main([]) == 0
    assert configuration.main(["--check"]) == 0


def _below(kind):
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)
