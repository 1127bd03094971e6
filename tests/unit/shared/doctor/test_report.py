"""The report: readable, and without secrets whatever a finding says."""

from __future__ import annotations

import json
import threading

from shared.doctor import report, running, services
from shared.doctor.findings import fault, ok, warning
from shared.settings import BrokerSettings

FINDINGS = [
    ok("Broker", "login", "accepted"),
    fault("Edge", "edge", "is not reached", "Start the edge."),
    warning("Broker", "queue", "differs", "Delete it."),
]


def test_lines_stand_in_their_groups_with_their_remedies():
    assert report.as_text(FINDINGS).splitlines() == [
        "Broker",
        "  ✓ ok       login: accepted",
        "  ! warning  queue: differs",
        "      -> Delete it.",
        "",
        "Edge",
        "  ✗ fault    edge: is not reached",
        "      -> Start the edge.",
        "",
        "1 ok, 1 warnings, 1 faults",
    ]


def test_machines_get_the_same():
    told = json.loads(report.as_json(FINDINGS))

    assert told["healthy"] is False
    assert told["counts"] == {"ok": 1, "warning": 1, "fault": 1}
    assert told["findings"][1] == {
        "group": "Edge",
        "check": "edge",
        "verdict": "fault",
        "text": "is not reached",
        "remedy": "Start the edge.",
    }


def test_warnings_alone_are_no_failure():
    assert report.exit_code(FINDINGS) == 1
    assert report.exit_code(FINDINGS[::2]) == 0


def test_secrets_and_mailboxes_are_blotted_out():
    said = fault(
        "A", "b", "key-123456 of ann.lee@melotech.test", "not \x1b[2Jkey-123456"
    )

    (clean,) = report.guarded([said], {"key-123456", "b"})

    assert clean.text == "*** of ***@melotech.test"
    assert "\x1b" not in clean.remedy
    assert "key-123456" not in clean.remedy


def test_secrets_are_known_with_their_parts_and_passwords(tmp_path):
    file = tmp_path / "url"
    file.write_text("amqp://user:pass%2Fword@broker/\n")

    found = services.secrets_of([BrokerSettings], {"RABBITMQ_URL_FILE": str(file)})

    assert {"pass%2Fword", "pass/word"} < found


def check(name, fetch):
    return running.Check(group="G", name=name, fetch=fetch, decide=lambda found: found)


def test_check_that_hangs_or_breaks_costs_the_others_nothing():
    ended = threading.Event()
    checks = [
        check("hangs", lambda: ended.wait(60) and []),
        check("breaks", lambda: {}["x"]),
        check("works", lambda: [ok("G", "works", "yes")]),
    ]

    found = running.run(checks, deadline=0.5)
    ended.set()

    assert [(each.check, each.verdict) for each in found] == [
        ("hangs", "fault"),
        ("breaks", "fault"),
        ("works", "ok"),
    ]
    assert "in time" in found[0].text
    assert "KeyError" in found[1].text
