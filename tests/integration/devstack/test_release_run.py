"""A release in a repository of its own: told, and done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.version import __version__

ROOT = Path(__file__).parents[3]
#: Neither Docker nor npm: what they would make is said to be left out.
ALONE = {"DOCKER_HOST": "tcp://127.0.0.1:1"}


def git(folder, *words):
    done = subprocess.run(
        ["git", "-c", "user.name=T", "-c", "user.email=t@example.com", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


@pytest.fixture
def repository(tmp_path):
    """The files as they are here, committed in a repository without a past."""
    try:
        names = git(ROOT, "ls-files", "-co", "--exclude-standard", "-z").split("\0")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not in a repository: nothing says which files are the project's")
    folder = tmp_path / "clone"
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "config", "user.name", "T")
    git(folder, "config", "user.email", "t@example.com")
    (folder / "CHANGELOG.md").write_text(
        f"# Changelog\n\n## {__version__} (unreleased)\n\n### Added\n- One.\n"
    )
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "All")
    return folder


@pytest.fixture
def only_git(tmp_path):
    """A PATH that leads to git alone."""
    folder = tmp_path / "bin"
    folder.mkdir()
    found = subprocess.run(
        ["sh", "-c", "command -v git"], capture_output=True, text=True, check=True
    )
    (folder / "git").symlink_to(found.stdout.strip())
    return str(folder)


def release(folder, version, **environ):
    return subprocess.run(
        [sys.executable, "-m", "devstack.release", version],
        cwd=folder,
        env=os.environ | ALONE | environ,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def state(folder):
    return (
        git(folder, "rev-parse", "HEAD"),
        git(folder, "status", "--porcelain", "--ignored"),
        git(folder, "tag"),
    )


def test_dry_run_tells_every_step_and_changes_nothing(repository):
    # Python's own caches are none of it.
    quiet = {"PYTHONDONTWRITEBYTECODE": "1"}
    before = state(repository)

    told = release(repository, "99.1.0", **quiet)

    assert told.returncode == 0, told.stderr
    for word in (
        '+__version__ = "99.1.0"',
        "melotech/gateway:99.1.0",
        "## 99.1.0 (",
        "melotech-realtime-99.1.0.tgz",
        "SHA256SUMS",
        "git tag v99.1.0",
        "git push origin main v99.1.0",
        "nothing was changed",
    ):
        assert word in told.stdout
    assert state(repository) == before


def test_release_writes_commits_and_tags_and_pushes_nothing(repository, only_git):
    told = release(repository, "99.1.0", DRY_RUN="0", PATH=only_git)

    assert told.returncode == 0, told.stdout + told.stderr
    assert git(repository, "tag").split() == ["v99.1.0"]
    assert git(repository, "log", "-1", "--format=%s").strip() == "Release 99.1.0"
    assert git(repository, "status", "--porcelain") == ""
    made = {path.name for path in (repository / "dist" / "v99.1.0").iterdir()}
    assert {"SHA256SUMS", "melotech-gateway.cdx.json"} <= made
    document = (repository / "dist/v99.1.0/melotech-gateway.cdx.json").read_text()
    assert '"version": "99.1.0"' in document
    assert told.stdout.count("skipped: no ") == 2
    again = release(repository, "99.1.0")
    assert again.returncode == 1
    assert "the tag v99.1.0 is there already" in again.stderr


def test_what_is_not_committed_stands_in_the_way(repository):
    (repository / "README.md").write_text("changed\n")

    told = release(repository, "99.1.0", DRY_RUN="0")

    assert told.returncode == 1
    assert "README.md" in told.stderr
    assert git(repository, "tag") == ""
