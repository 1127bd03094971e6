"""The demo changes rows for as long as it was told, and ends cleanly early."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import requests

from tests.plugins.services import ANON_KEY, ROOT, SERVICE_KEY

SERVICE = {"apikey": SERVICE_KEY, "Authorization": f"Bearer {SERVICE_KEY}"}


def demo(supabase, **environ):
    return subprocess.Popen(
        [sys.executable, "-m", "devstack.demo"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "SUPABASE_URL": supabase.url,
            "VITE_SUPABASE_ANON_KEY": ANON_KEY,
            **environ,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def rows(supabase):
    url = f"{supabase.url}/rest/v1/submissions"
    return requests.get(url, headers=SERVICE, timeout=5).json()


def test_each_line_is_a_change_and_the_last_one_sums_up(supabase):
    before = rows(supabase)

    with demo(supabase, DEMO_SECONDS="1.5", DEMO_SEED="7") as process:
        *changes, summary = process.communicate(timeout=20)[0].splitlines()

    assert process.returncode == 0
    assert changes
    assert all(change[:2] in {"+ ", "~ ", "- "} for change in changes)
    assert summary.startswith(f"{len(changes)} changes: ")
    assert rows(supabase) != before


def test_ctrl_c_ends_it_with_a_summary(supabase):
    with demo(supabase) as process:
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=10)[0]

    assert first
    assert process.returncode == 0
    assert " changes: " in rest
    assert "Traceback" not in rest


def test_project_that_cannot_be_reached_is_told_in_one_line(supabase):
    with demo(supabase, SUPABASE_URL="http://127.0.0.1:9") as process:
        told = process.communicate(timeout=20)[0]

    assert process.returncode == 1
    assert told.startswith("demo: http://127.0.0.1:9")
