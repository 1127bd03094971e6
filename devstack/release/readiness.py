"""Whether a version can be cut here and now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devstack.release import changelog, places


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """What git says of the folder."""

    branch: str
    changed: Sequence[str]
    tags: Sequence[str]


def faults(root: Path, repository: Repository, version: str) -> list[str]:
    """Return everything that stands in the way; empty where nothing does."""
    current = places.SOURCE.versions((root / places.SOURCE.files).read_text("utf-8"))[0]
    try:
        is_older = places.order(version) < places.order(current)
    except ValueError as error:
        return [str(error)]
    wrong = [f"{version} is older than {current}"] if is_older else []
    wrong += places.disagreements(root, current)
    wrong += [f"not committed: {name}" for name in repository.changed]
    if not repository.branch:
        wrong.append("no branch is checked out")
    if f"v{version}" in repository.tags:
        wrong.append(f"the tag v{version} is there already")
    if unready := changelog.fault((root / "CHANGELOG.md").read_text("utf-8")):
        wrong.append(unready)
    return wrong
