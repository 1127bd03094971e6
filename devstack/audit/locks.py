"""How the locks pin: each package by version and checksum, none by an address."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from devstack.audit.verdict import Verdict

_PIN = re.compile(r"[A-Za-z0-9][\w.-]*(?:\[[\w,-]+\])?==[\w.!+-]+(?: ; .+)?")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def pins(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what a Python lock requires: `name==version ; marker`, and its options."""
    for line in text.replace("\\\n", " ").splitlines():
        words = line.split(" --")
        if line.strip() and not line.startswith("#"):
            yield words[0].strip(), [f"--{word.strip()}" for word in words[1:]]


def python_faults(text: str) -> list[str]:
    """Return what is wrong with a lock of Python packages."""
    faults = ["names an address"] if "://" in text else []
    for requirement, options in pins(text):
        if not _PIN.fullmatch(requirement):
            faults.append(f"{requirement!r} is no exact version")
        elif not options or not all(map(_HASH.fullmatch, options)):
            faults.append(f"{requirement!r} has no SHA-256 alone")
    return faults


def npm_faults(text: str) -> list[str]:
    """Return what is wrong with a package-lock.json."""
    packages = json.loads(text)["packages"]
    faults = ["names an address"] if '"resolved"' in text else []
    faults += [
        f"{path} has no SHA-512"
        for path, package in packages.items()
        if path
        # What is bundled lies in its parent's archive, under that checksum.
        and not (package.get("link") or package.get("inBundle"))
        and not package.get("integrity", "").startswith("sha512-")
    ]
    return faults


def audit(root: Path) -> Verdict:
    """Look at every lock of the project."""
    python = sorted((root / "locks").glob("*.txt"))
    npm = root / "dashboard" / "package-lock.json"
    faults = [
        f"locks/{path.name}: {fault}"
        for path in python
        for fault in python_faults(path.read_text("utf-8"))
    ]
    faults += [f"{npm.name}: {fault}" for fault in npm_faults(npm.read_text("utf-8"))]
    return Verdict(
        name="locks",
        faults=tuple(faults),
        checked=f"{len(python) + 1} files, every package by its checksum",
    )
