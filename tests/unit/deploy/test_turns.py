"""One command at a time, held by what it has started, and ended in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.turns import Busy, turn

ROOT = Path(__file__).parents[3]
WAITING = """
import signal, time
from deploy.turns import end_in_order
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # it may be that of a `nohup`
end_in_order()
try:
    print("begun", flush=True)
    time.sleep(60)
finally:
    print("ended", flush=True)
"""


def test_second_command_is_told_that_another_is_at_work(tmp_path):
    with turn(tmp_path), pytest.raises(Busy, match="another"), turn(tmp_path):
        pass


def test_next_one_has_its_turn_after_the_first_whatever_became_of_it(tmp_path):
    with pytest.raises(ValueError, match="failed"), turn(tmp_path):
        raise ValueError("failed")

    with turn(tmp_path):
        pass


def test_what_a_killed_command_left_running_is_waited_for(tmp_path):
    with turn(tmp_path) as lock:
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[lock])

    try:
        with pytest.raises(Busy), turn(tmp_path):
            pass
    finally:
        child.communicate(timeout=10)
    with turn(tmp_path):
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_command_that_is_asked_to_end_ends_what_it_began(number):
    with subprocess.Popen(
        [sys.executable, "-c", WAITING],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == "begun\n"
        os.kill(command.pid, number)
        assert command.stdout.readline() == "ended\n"
