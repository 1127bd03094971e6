"""Where the version stands: shared/version.py says it, the others repeat it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

#: MAJOR.MINOR.PATCH, with a pre-release of one word or number; no build metadata.
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:a|b|rc)\d+))?")
_V = r"(\d+\.\d+\.\d+(?:-\w+)?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file (or several, by a pattern) with the version in group 1 of each match."""

    files: str
    pattern: str

    def versions(self, text: str) -> list[str]:
        """Return what stands there."""
        return [found[1] for found in re.finditer(self.pattern, text, re.MULTILINE)]

    def with_version(self, text: str, version: str) -> str:
        """Return the text with another version in all its places."""

        def renewed(found: re.Match[str]) -> str:
            start, end = found.start(1) - found.start(), found.end(1) - found.start()
            return found[0][:start] + version + found[0][end:]

        return re.sub(self.pattern, renewed, text, flags=re.MULTILINE)


SOURCE = Place(files="shared/version.py", pattern=rf'^__version__ = "{_V}"')
PLACES = (
    SOURCE,
    Place(files="pyproject.toml", pattern=rf'^version = "{_V}"'),
    Place(files="docker-compose.yml", pattern=rf"image: .*melotech/\w+:{_V}$"),
    Place(
        files="deploy/compose.production.yml",
        pattern=rf"\$\{{MELOTECH_VERSION:-{_V}\}}$",
    ),
    Place(
        files="deploy/kubernetes/site.example/kustomization.yaml",
        pattern=rf"newTag: {_V}\}}$",
    ),
    Place(files="*/Dockerfile", pattern=rf'org\.opencontainers\.image\.version="{_V}"'),
    Place(files="dashboard/package.json", pattern=rf'^  "version": "{_V}"'),
    # Its own, at the top and as the first package.
    Place(
        files="dashboard/package-lock.json",
        pattern=rf'"name": "melotech-dashboard",\s+"version": "{_V}"',
    ),
    Place(
        files="dashboard/src/realtime/package.json", pattern=rf'^  "version": "{_V}"'
    ),
    Place(files="docs/openapi.yaml", pattern=rf"^info:\n(?:  .*\n)*?  version: {_V}$"),
    Place(files="docs/asyncapi.yaml", pattern=rf"^info:\n(?:  .*\n)*?  version: {_V}$"),
)


def found(root: Path) -> Iterator[tuple[Place, Path]]:
    """Yield every place with the files that are there."""
    for place in PLACES:
        for path in sorted(root.glob(place.files)):
            yield place, path


def disagreements(root: Path, version: str) -> list[str]:
    """Return the places that say another version, or none."""
    wrong = []
    for place, path in found(root):
        said = place.versions(path.read_text("utf-8"))
        name = path.relative_to(root)
        if not said:
            wrong.append(f"{name} says no version")
        wrong += [f"{name} says {each}" for each in said if each != version]
    return wrong


def renewed(root: Path, version: str) -> Mapping[Path, tuple[str, str]]:
    """Return what would change for a version: file -> its text before and after."""
    changes: dict[Path, tuple[str, str]] = {}
    for place, path in found(root):
        before, current = changes.get(path, (text := path.read_text("utf-8"), text))
        after = place.with_version(current, version)
        if after != before:
            changes[path] = (before, after)
    return changes


def order(version: str) -> tuple[int, int, int, bool, str, int]:
    """Return what versions are compared by: 1.0.0-rc2 comes before 1.0.0."""
    match = VERSION.fullmatch(version)
    if match is None:
        raise ValueError(f"{version!r} is no version: write 1.2.3 or 1.2.3-rc1")
    stage = match[4] or ""
    name, number = (
        stage.rstrip("0123456789"),
        stage.lstrip("abcdefghijklmnopqrstuvwxyz"),
    )
    major, minor, patch = int(match[1]), int(match[2]), int(match[3])
    return major, minor, patch, not stage, name, int(number or 0)
