"""Cutting a version: its order, its places, the changelog, what stands in the way."""

import datetime as dt
import hashlib
import shutil
from pathlib import Path

import pytest

from devstack.release import changelog, making, places
from devstack.release.readiness import Repository, faults
from shared.version import __version__

ROOT = Path(__file__).parents[3]
CLEAN = Repository(branch="main", changed=(), tags=("v0.0.1",))
DAY = dt.date(2026, 1, 31)


@pytest.fixture
def copy(tmp_path):
    """Every file that names the version, in a folder of its own."""
    for path in {p for _, p in places.found(ROOT)} | {ROOT / "CHANGELOG.md"}:
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    log = tmp_path / "CHANGELOG.md"
    log.write_text(
        f"# Changelog\n\n## {__version__} (unreleased)\n\n### Added\n- One.\n"
    )
    return tmp_path


def test_every_place_of_the_project_says_the_same_version():
    assert places.disagreements(ROOT, __version__) == []
    for place in places.PLACES:
        # The production file comes with the deployment.
        if not place.files.startswith("deploy/compose"):
            assert list(ROOT.glob(place.files)), place.files


def test_new_version_is_written_in_every_place_and_nowhere_else(copy):
    changes = places.renewed(copy, "9.8.7-rc1")
    for path, (_, after) in changes.items():
        path.write_text(after)

    assert places.disagreements(copy, "9.8.7-rc1") == []
    for before, after in changes.values():
        changed = [
            (a, b)
            for a, b in zip(before.splitlines(), after.splitlines(), strict=True)
            if a != b
        ]
        assert [a.replace(__version__, "9.8.7-rc1") for a, _ in changed] == [
            b for _, b in changed
        ]


def test_place_that_says_another_version_is_named(copy):
    package = copy / "dashboard" / "package.json"
    package.write_text(package.read_text().replace(__version__, "0.0.3"))
    (copy / "deploy" / "Dockerfile").write_text("FROM scratch\n")

    assert places.disagreements(copy, __version__) == [
        "deploy/Dockerfile says no version",
        "dashboard/package.json says 0.0.3",
    ]


def test_versions_are_ordered_as_semver_has_it():
    ordered = ["0.9.9", "0.10.0-a1", "0.10.0-b2", "0.10.0-rc2", "0.10.0-rc10", "0.10.0"]

    assert [*map(places.order, ordered)] == sorted(map(places.order, ordered))


@pytest.mark.parametrize("text", ["1.2", "v1.2.3", "1.2.3.4", "01.2.3", "1.2.3-x", ""])
def test_what_is_no_version_is_refused(text):
    with pytest.raises(ValueError, match="is no version"):
        places.order(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("## 1.0.0 (unreleased)\n\n- One.\n", None),
        ("# Changelog\n", "no version"),
        ("## 1.0.0 (2026-01-01)\n\n- One.\n", "is released"),
        ("## 1.0.0 (unreleased)\n\n## 0.9.0 (2026-01-01)\n\n- One.\n", "says nothing"),
    ],
)
def test_changelog_must_tell_of_what_is_released(text, fault):
    found = changelog.fault(text)

    assert (found is None) if fault is None else (fault in str(found))


def test_changelogs_topmost_version_gets_its_name_and_day():
    text = "# C\n\n## 0.1.0 (unreleased)\n- One.\n\n## 0.0.9 (2025-01-01)\n- Two.\n"

    assert changelog.released(text, "0.2.0", DAY) == (
        "# C\n\n## 0.2.0 (2026-01-31)\n- One.\n\n## 0.0.9 (2025-01-01)\n- Two.\n"
    )


def test_clean_repository_can_be_released_in_this_version_or_a_later_one(copy):
    assert faults(copy, CLEAN, __version__) == []
    assert faults(copy, CLEAN, "99.0.0") == []


def test_everything_that_stands_in_the_way_is_named_at_once(copy):
    repository = Repository(branch="", changed=(" M x",), tags=("v0.0.1",))

    found = faults(copy, repository, "0.0.1")

    assert len(found) == 4
    assert "older" in found[0]


def test_word_that_is_no_version_is_named_alone(copy):
    assert faults(copy, CLEAN, "next") == [
        "'next' is no version: write 1.2.3 or 1.2.3-rc1"
    ]


def test_checksums_are_those_of_all_that_lies_there(tmp_path):
    (tmp_path / "b").write_bytes(b"two")
    (tmp_path / "a").write_bytes(b"one")

    making.checksums(tmp_path)
    making.checksums(tmp_path)

    lines = (tmp_path / "SHA256SUMS").read_text().splitlines()
    assert lines == [
        f"{hashlib.sha256(b'one').hexdigest()}  a",
        f"{hashlib.sha256(b'two').hexdigest()}  b",
    ]
