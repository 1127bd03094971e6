"""The steps of a release, in order; each can be told without being done."""

from __future__ import annotations

import datetime as dt
import difflib
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack.release import changelog, making, places, tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`told` is what it does; `act` does it and returns what became of it."""

    title: str
    told: tuple[str, ...]
    act: Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A version that is cut from a folder of the repository."""

    root: Path
    version: str
    branch: str
    day: dt.date

    @property
    def folder(self) -> Path:
        """Return where its files go; git ignores it."""
        return self.root / "dist" / f"v{self.version}"

    def changes(self) -> Mapping[Path, tuple[str, str]]:
        """Return what is written: file -> its text before and after."""
        changes = dict(places.renewed(self.root, self.version))
        log = self.root / "CHANGELOG.md"
        before = log.read_text("utf-8")
        changes[log] = before, changelog.released(before, self.version, self.day)
        return changes

    def steps(self) -> Iterator[Step]:
        """Yield all steps. Nothing is committed before everything is made."""
        images = [making.image(name, self.version) for name in making.FOLDERS]
        yield Step(title="versions", told=tuple(self._diff()), act=self._write)
        yield Step(
            title="images",
            told=(*(f"docker build -t {tag}" for tag in images), "look into each"),
            act=self._images,
        )
        yield Step(
            title="SBOMs", told=(f"{self._shown}/melotech-*.cdx.json",), act=self._sboms
        )
        yield Step(
            title="package",
            told=(f"npm pack: {self._shown}/melotech-realtime-{self.version}.tgz",),
            act=lambda: making.package(self.root, self.folder),
        )
        yield Step(
            title="checksums",
            told=(f"{self._shown}/SHA256SUMS",),
            act=lambda: making.checksums(self.folder),
        )
        yield Step(
            title="tag",
            told=(f"git commit: Release {self.version}", f"git tag v{self.version}"),
            act=self._tag,
        )

    def pushes(self) -> Iterator[str]:
        """Yield what is left to whoever releases; nothing here pushes anything."""
        yield f"git push origin {self.branch} v{self.version}"
        for name in making.FOLDERS:
            yield f"docker push <registry>/{making.image(name, self.version)}"
        yield f"npm publish {self._shown}/melotech-realtime-{self.version}.tgz"

    @property
    def _shown(self) -> str:
        return str(self.folder.relative_to(self.root))

    def _diff(self) -> Iterator[str]:
        for path, (before, after) in self.changes().items():
            name = str(path.relative_to(self.root))
            lines = difflib.unified_diff(
                before.splitlines(), after.splitlines(), n=0, lineterm=""
            )
            for line in lines:
                if not line.startswith(("---", "+++", "@@")):
                    yield f"{name}: {line}"

    def _write(self) -> str:
        changes = self.changes()
        for path, (_, after) in changes.items():
            path.write_text(after, "utf-8")
        self.folder.mkdir(parents=True, exist_ok=True)
        return f"{len(changes)} files written"

    def _images(self) -> str:
        told = making.images(self.root, self.version)
        if not told.startswith("skipped"):
            self._ours("devstack.images", "scan")
        return told

    def _sboms(self) -> str:
        return self._ours("devstack.sbom", str(self.folder)).strip()

    def _ours(self, module: str, *words: str) -> str:
        # A process of its own: this one was started with the version before.
        return tools.run([sys.executable, "-m", module, *words], self.root)

    def _tag(self) -> str:
        names = [str(path) for path in self.changes_made()]
        tools.run(["git", "add", "--", *names], self.root)
        if tools.run(["git", "diff", "--cached", "--name-only"], self.root):
            message = f"Release {self.version}"
            tools.run(["git", "commit", "--quiet", "-m", message], self.root)
        tools.run(
            ["git", "tag", "-a", "-m", self.version, f"v{self.version}"], self.root
        )
        return f"v{self.version}"

    def changes_made(self) -> list[Path]:
        """Return the files that a release may write."""
        written = {path for _, path in places.found(self.root)}
        return sorted(written | {self.root / "CHANGELOG.md"})
