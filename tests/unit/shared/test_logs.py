"""Log lines: one shape, and no address in any of them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.plugins.services import ROOT

#: In a process of its own: loggers stay as they were first configured.
PROGRAM = """
import logging, sys
from shared import logs

debug, text = sys.argv[1] == "1", sys.argv[2]
logs.configure("test", debug=debug)
log = logs.get("x")
log.info("work.done", event_id="evt_1", reason=text, nested={"of": [text, 1, None]})
logging.getLogger("some.library").warning("it says %s", text)
secret = "".join(["of the ", "frame"])
try:
    raise ValueError(text)
except ValueError as error:
    log.error("work.failed", exc_info=error)
log.debug("detail")
"""


def lines(text, *, debug):
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(int(debug)), text],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert told.stderr == ""
    assert "of the frame" not in told.stdout
    return told.stdout.splitlines()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no address", "no address"),
        ("ada@artist.test", "(address)"),
        ("to Ada <ada@artist.test>: no", "to Ada <(address)>: no"),
        ("/x?to=ada%40artist.test&y=1", "/x?to=(address)&y=1"),
        ("amqp://user:pw@host:5672/", "amqp://user:(address):5672/"),
        ("a\nada@artist.test\tb", "a\n(address)\tb"),
        ("ü.ß@artist.test", "(address)"),
        ("at @ alone", "at @ alone"),
    ],
)
def test_address_is_taken_out_of_every_line(text, told):
    ours, library, failed = map(json.loads, lines(text, debug=False))

    assert ours["reason"] == told
    assert ours["nested"] == {"of": [told, 1, None]}
    assert ours["service"] == failed["service"] == "test"
    assert library["event"] == f"it says {told}"
    assert failed["exception"][0]["exc_value"] == told


def test_lines_for_people_have_name_and_fields_and_are_no_json():
    ours, library, *rest = lines("ada@artist.test", debug=True)

    assert "work.done" in ours
    assert "event_id=evt_1" in ours
    assert "reason=(address)" in ours
    assert "it says (address)" in library
    assert any("ValueError: (address)" in each for each in rest)
    assert "detail" in rest[-1]
    assert not any(each.startswith("{") for each in (ours, library, *rest))


def test_long_word_beside_an_address_costs_no_time():
    # From each letter anew, this took minutes.
    long = "a" * 60_000

    ours, *_ = lines(f"ada@artist.test {long}", debug=False)

    assert json.loads(ours)["reason"] == f"(address) {long}"
