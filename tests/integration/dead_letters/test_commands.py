"""The operator's `dead-letters` on a real broker: nothing is lost, nothing returned."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys

import pytest

from mailer_worker.settlement import (
    WAITED_HEADER,
)
from shared.amqp import rotation
from shared.topology import (
    MAILER_DEAD_LETTERS,
    MAILER_DELIVERY_LIMIT,
)
from tests.plugins.letters import HOUR, ids, letter, listed
from tests.plugins.operator import PROGRAM
from tests.plugins.services import ROOT


def test_list_shows_what_each_letter_says(operator, letters):
    letters.fill([letter(1, status=400, age=2 * HOUR + 5)])

    shown = operator.run("dead-letters", "list").out

    for word in ("evt_1", "s-1", "approved", "400", "3", "2h", "Mailgun said 400: bad"):
        assert word in shown
    assert "\x1b" not in shown
    (entry,) = operator.run("dead-letters", "list", "--json").json
    assert entry["event_id"] == "evt_1"
    assert entry["http_status"] == 400
    assert entry["dead_at"].endswith("+00:00")


def test_list_leaves_the_queue_as_it_was_however_often(bus_url, letters):
    sent = [letter(number) for number in range(250)]
    letters.fill(sent)

    for _ in range(MAILER_DELIVERY_LIMIT + 10):
        turned = rotation.rotate(
            bus_url, MAILER_DEAD_LETTERS, lambda _: rotation.Keep(), name="test"
        )
        assert turned.done == turned.total == 250

    found = letters.take()
    assert [(p.headers, body) for p, body in found] == [
        (p.headers, body) for p, body in sent
    ]
    for properties, (before, _) in zip((p for p, _ in found), sent, strict=True):
        assert properties.delivery_mode == 2
        assert vars(properties) == vars(before)


def test_letters_are_chosen_by_all_that_they_say(operator, letters):
    letters.fill(
        [
            letter(1, reason="no such domain", status=400, age=HOUR),
            letter(2, reason="Gone away", status=503, age=3 * HOUR),
            letter(3, reason="gone for good", status=410, age=5 * HOUR),
        ]
    )

    assert listed(operator) == ["evt_1", "evt_2", "evt_3"]
    assert listed(operator, "--id", "evt_1", "--id", "evt_3") == ["evt_1", "evt_3"]
    assert listed(operator, "--reason", "GONE") == ["evt_2", "evt_3"]
    assert listed(operator, "--status", "503") == ["evt_2"]
    assert listed(operator, "--older-than", "2h") == ["evt_2", "evt_3"]
    assert listed(operator, "--newer-than", "90m") == ["evt_1"]
    assert listed(operator, "--submission", "s-3") == ["evt_3"]
    assert listed(operator, "--limit", "2") == ["evt_1", "evt_2"]
    assert listed(operator, "--reason", "gone", "--newer-than", "4h") == ["evt_2"]


def test_replay_gives_the_mailer_the_letter_without_its_past(operator, letters, mails):
    sent = [letter(1), letter(2, reason="gone"), letter(3)]
    letters.fill(sent)

    answer = operator.run("dead-letters", "replay", "--reason", "gone", "--yes")

    assert answer.code == 0
    assert "1 of 3" in answer.out
    ((properties, body),) = mails.take()
    assert properties.message_id == "evt_2"
    assert properties.headers == {"x-kept": "n2", WAITED_HEADER: 1}
    assert properties.delivery_mode == 2
    assert body == sent[1][1]
    assert ids(letters.take()) == ["evt_1", "evt_3"]


def test_purge_lets_go_of_those_that_were_meant(operator, letters, mails):
    letters.fill([letter(1, age=HOUR), letter(2, age=5 * HOUR), letter(3, age=60)])

    answer = operator.run("dead-letters", "purge", "--older-than", "30m", "--yes")

    assert "2 of 3" in answer.out
    assert ids(letters.take()) == ["evt_3"]
    assert mails.count() == 0


def test_dry_run_says_which_ones_and_does_nothing(operator, letters, mails):
    letters.fill([letter(1), letter(2)])

    answer = operator.run("dead-letters", "purge", "--all", "--dry-run")

    assert "evt_1" in answer.out
    assert "evt_2" in answer.out
    assert letters.count() == 2


@pytest.mark.parametrize("verb", ["replay", "purge"])
def test_nothing_is_done_without_a_choice_and_a_yes(operator, letters, verb):
    letters.fill([letter(1)])

    assert operator.run("dead-letters", verb, "--yes").code == 2
    unasked = operator.run("dead-letters", verb, "--all")

    assert unasked.code == 2
    assert "--yes" in unasked.err
    assert letters.count() == 1


def test_person_at_a_terminal_is_asked_first(operator, letters):
    letters.fill([letter(1), letter(2)])

    assert "purge 2 dead letters?" in answered(operator, b"n\n")
    assert letters.count() == 2
    assert "purged 2 of 2" in answered(operator, b"y\n")
    assert letters.count() == 0


def answered(operator, answer):
    """Purge at a terminal of its own; return all that it showed."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "dead-letters", "purge", "--all"],
        cwd=ROOT,
        env=operator.environ | {"TERM": "xterm"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    ) as process:
        os.close(slave)
        shown = b""
        with contextlib.suppress(OSError):
            while piece := os.read(master, 4096):
                shown += piece
                if b"?" in shown and answer:
                    os.write(master, answer)
                    answer = b""
        process.wait(20)
    os.close(master)
    return shown.decode()


def test_show_masks_addresses_until_asked_not_to(operator, letters):
    letters.fill(
        [letter(1, email="ada@melotech.test", feedback="ask bob@artist.test, please")]
    )

    for arguments in ((), ("--json",)):
        shown = operator.run("dead-letters", "show", "evt_1", *arguments).out
        assert "ada@melotech.test" not in shown
        assert "bob@artist.test" not in shown
        assert "a***@melotech.test" in shown
        assert "x-melotech-reason" in shown
    full = operator.run("dead-letters", "show", "evt_1", "--full", "--json").json
    assert full[0]["event"]["data"]["record"]["email"] == "ada@melotech.test"
    assert operator.run("dead-letters", "show", "evt_9").code == 1
