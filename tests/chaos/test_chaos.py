"""One short run that breaks every family once; `make chaos` does more of them."""

from __future__ import annotations

import os

import pytest

from devstack.broker.node import server_program
from tests.chaos.run import run
from tests.chaos.telling import told
from tests.plugins.broker import unavailable
from tests.plugins.postgres import need_postgres

SEED, SECONDS = 171, 24.0
AGAIN = f"make chaos SEED={SEED} SECONDS={SECONDS:.0f}"
FAMILIES = {"processes", "lines", "brokers", "disks", "clocks", "mails", "clients"}


@pytest.mark.timeout(300)
def test_whatever_breaks_nothing_that_was_promised_is_lost_doubled_or_told_to_strangers(
    tmp_path, record_property
):
    if server_program() is None:
        unavailable()
    need_postgres()

    report = run(SEED, seconds=SECONDS, folder=tmp_path)

    for name, figure in report.figures.items():
        record_property(name, figure)
    assert not report.faults, told(report, again=AGAIN, folder=tmp_path)
    assert {step.family for step in report.steps} == FAMILIES - report.missing.keys()
    if os.environ.get("CI") == "true":
        assert report.missing == {}
