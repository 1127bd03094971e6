"""The audit: what locks must be like, and what each tool's answer means."""

import json
from pathlib import Path

import pytest

from devstack.audit import code, locks, npm_packages, python_packages
from devstack.audit.verdict import Verdict, passes

ROOT = Path(__file__).parents[3]
HASH = "--hash=sha256:" + "0" * 64


def test_locks_of_the_project_pin_every_package_by_its_checksum():
    assert locks.audit(ROOT).faults == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"flask==3.1 \\\n    {HASH}\n", None),
        (
            f"uvloop[x]==0.22 ; sys_platform != 'win32' \\\n    {HASH} \\\n    {HASH}",
            None,
        ),
        ("# a comment\n\n", None),
        ("flask==3.1\n", "no SHA-256"),
        ("flask==3.1 --hash=md5:00\n", "no SHA-256"),
        (f"flask==3.1 {HASH} --hash=sha256:00\n", "no SHA-256"),
        (f"flask>=3.1 {HASH}\n", "no exact version"),
        (f"flask @ https://example.com/flask.whl {HASH}\n", "names an address"),
        ("--index-url https://example.com/simple\n", "names an address"),
        ("-e .\n", "no exact version"),
    ],
)
def test_lock_of_python_packages_is_exact(text, fault):
    found = locks.python_faults(text)

    assert (found == []) if fault is None else any(fault in each for each in found)


@pytest.mark.parametrize(
    ("package", "fault"),
    [
        ({"integrity": "sha512-abc"}, None),
        ({"inBundle": True}, None),
        ({"link": True}, None),
        ({"integrity": "sha1-abc"}, "no SHA-512"),
        ({}, "no SHA-512"),
        ({"integrity": "sha512-abc", "resolved": "x"}, "names an address"),
    ],
)
def test_lock_of_npm_packages_is_exact(package, fault):
    text = json.dumps({"packages": {"": {}, "node_modules/one": package}})

    found = locks.npm_faults(text)

    assert (found == []) if fault is None else any(fault in each for each in found)


def test_bandit_finds_nothing_in_what_runs_in_production():
    verdict = code.audit(ROOT)

    assert verdict.faults == ()
    assert {"shared", "ingest_service", "realtime_gateway", "mailer_worker"} <= set(
        code.targets(ROOT)
    )


def test_finding_of_bandit_is_told_with_its_place(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.bandit]\ntargets = ["weak", "gone"]'
    )
    (tmp_path / "weak").mkdir()
    (tmp_path / "weak" / "a.py").write_text("import os\n\n\nos.system(input())\n")

    verdict = code.audit(tmp_path)

    assert any(fault.startswith("weak/a.py:4 B605") for fault in verdict.faults)


def report(*packages):
    return {"dependencies": list(packages), "fixes": []}


def test_source_that_knows_no_package_has_checked_nothing():
    unknown = {"name": "flask", "skip_reason": "not found"}

    assert python_packages.judged(report(unknown)).unreachable
    assert python_packages.judged(report()).unreachable


def test_weak_python_package_is_told_with_what_mends_it():
    weak = {
        "name": "flask",
        "version": "3.1",
        "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.2"]}],
    }
    unknown = {"name": "ours", "skip_reason": "not found"}

    verdict = python_packages.judged(report(weak, unknown))

    assert verdict.faults == ("flask 3.1: PYSEC-1, mended in 3.2",)
    assert "1 not known" in verdict.checked


@pytest.mark.parametrize("said", [[], ["WARNING", "ConnectionError: no route"]])
def test_pip_audit_without_a_report_has_checked_nothing(said):
    verdict = python_packages.read("", said)

    assert verdict.unreachable
    assert not verdict.faults


def test_npms_failure_has_checked_nothing_and_its_report_is_read():
    failure = {"message": "405 Method Not Allowed", "statusCode": 405}
    weak = {"name": "vite", "range": "<7", "severity": "high"}
    metadata = {"dependencies": {"total": 600}}

    assert "405" in npm_packages.judged(failure).unreachable
    found = npm_packages.judged(
        {"vulnerabilities": {"vite": weak}, "metadata": metadata}
    )
    assert found.faults == ("vite <7: high",)
    assert not npm_packages.judged({"vulnerabilities": {}, "metadata": metadata}).faults


@pytest.mark.parametrize(
    ("faults", "unreachable", "strict", "good"),
    [
        ((), "", True, True),
        (("one",), "", False, False),
        ((), "no answer", False, True),
        ((), "no answer", True, False),
    ],
)
def test_what_cannot_be_checked_is_a_fault_only_where_it_must_not_be(
    faults, unreachable, strict, good
):
    verdict = Verdict(name="x", faults=faults, unreachable=unreachable)

    assert passes([verdict], strict=strict) is good
    assert verdict.lines()
