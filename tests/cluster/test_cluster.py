"""Three brokers, of which now one, now two, now all are away, and nothing is lost."""

from __future__ import annotations

import pytest

from devstack.broker.node import server_program
from devstack.postgres import REMEDY, server_binaries
from tests.chaos.telling import told
from tests.cluster.run import run
from tests.plugins.broker import unavailable


@pytest.mark.timeout(1500)
def test_nodes_that_die_hang_and_restart_cost_no_change_no_mail_and_no_order(
    tmp_path, record_property
):
    if server_program() is None:
        unavailable()
    if server_binaries() is None:
        pytest.skip(REMEDY)

    report = run(tmp_path)

    for name, figure in report.figures.items():
        record_property(name, figure)
    record_property("timeline", report.timeline)
    assert not report.faults, told(report, again="make cluster-test", folder=tmp_path)
