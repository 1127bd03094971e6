"""Programs that a release runs: git, docker, npm."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from devstack.dashboard import node
from devstack.release.readiness import Repository

DEADLINE = 1800


class Failed(Exception):
    """A program did not succeed; the text has what it said last."""


def run(words: Sequence[str], folder: Path) -> str:
    """Return what a program printed; raise Failed."""
    done = node.finished(folder, words, timeout=DEADLINE)
    if done.returncode:
        raise Failed(
            f"{' '.join(words)}: {(done.stderr or done.stdout).strip()[-600:]}"
        )
    return done.stdout


def repository(root: Path) -> Repository:
    """Ask git; raise Failed where the folder is none of its own."""
    return Repository(
        branch=run(["git", "branch", "--show-current"], root).strip(),
        changed=run(["git", "status", "--porcelain"], root).splitlines(),
        tags=run(["git", "tag", "--list"], root).split(),
    )
