"""The benches run to their ends; every server delivers, or accepts, everything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bench.fanout import servers as fanout
from bench.ingest.loads import PACED
from bench.ingest.servers import SERVERS
from bench.mail.contestants import CONTESTANTS
from bench.outbox.ways import WAYS
from devstack.broker.node import server_program
from devstack.postgres import server_binaries
from tests.plugins.broker import unavailable
from tests.plugins.postgres import need_postgres

ROOT = Path(__file__).parents[2]
CLIENTS = 10


def run_quickly(module: str, *words: str) -> str:
    """Run a bench for a moment; return what it prints."""
    run = subprocess.run(
        [sys.executable, "-m", module, "--quick", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stdout


def test_every_server_of_the_bench_delivers_everything_to_everyone(
    tmp_path: Path,
) -> None:
    if server_program() is None:
        unavailable()
    file = tmp_path / "samples.json"

    words = ["--clients", str(CLIENTS), "--seconds", "0.1", "--quiet", "0.1"]
    printed = run_quickly("bench.fanout", *words, "--json", str(file))

    told = json.loads(file.read_text())
    measured = {(sample["server"], sample["mode"]) for sample in told["samples"]}
    modes = {mode.name for mode in fanout.MODES}
    assert measured == {(s.name, m) for s in fanout.SERVERS for m in s.modes & modes}
    for sample in told["samples"]:
        assert sample["deliveries"] == sample["expected"] > 0, sample
    assert [each["server"] for each in told["arrivals"]] == [
        s.name for s in fanout.SERVERS
    ]
    assert all(f"{CLIENTS} clients, {name}" in printed for name in modes)
    assert fanout.IDLE in printed


def test_every_way_of_taking_webhooks_accepts_and_publishes_all_of_them(
    tmp_path: Path,
) -> None:
    if server_program() is None:
        unavailable()
    file = tmp_path / "samples.json"

    words = ["--concurrency", "1,16", "--seconds", "0.1"]
    printed = run_quickly("bench.ingest", *words, "--json", str(file))

    samples = json.loads(file.read_text())["samples"]
    measured = {(sample["server"], sample["load"]) for sample in samples}
    loads = {"c1", "c16", PACED.name}
    assert measured == {(server.name, load) for server in SERVERS for load in loads}
    assert all(sample["requests"] > 0 for sample in samples)
    assert all(f"\n{load}\n" in printed for load in loads)


def test_every_way_from_the_outbox_leads_to_the_socket(tmp_path: Path) -> None:
    if server_program() is None:
        unavailable()
    need_postgres()
    file = tmp_path / "samples.json"

    printed = run_quickly("bench.outbox", "--json", str(file))

    told = json.loads(file.read_text())
    assert list(dict.fromkeys(each["way"] for each in told)) == [w.name for w in WAYS]
    assert all(len(each["milliseconds"]) > 1 for each in told)
    assert all(f"\n{way.name}" in printed for way in WAYS)


def test_every_mailer_of_the_bench_sends_one_mail_for_each_change(
    tmp_path: Path,
) -> None:
    if server_program() is None:
        unavailable()
    file = tmp_path / "samples.json"

    words = ["--latency", "20", "--seconds", "0.3"]
    printed = run_quickly("bench.mail", *words, "--json", str(file))

    told = {sample["contestant"]: sample for sample in json.loads(file.read_text())}
    names = [c.name for c in CONTESTANTS if server_binaries() or not c.on_postgres]
    assert set(told) == set(names)
    assert all(sample["mails"] > 0 == sample["twice"] for sample in told.values())
    assert all(f"\n{name}" in printed for name in names)
