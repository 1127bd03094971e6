"""Is there room, and may the service write?"""

from __future__ import annotations

from shared.doctor.findings import Finding, fault, ok, warning
from shared.doctor.probes.folders import Folder

GROUP = "Disk"
#: With less than this SQLite cannot go on for long, in bytes.
LEAST_FREE = 100_000_000


def judged(name: str, folder: Folder, *, may_grow_to: int, limit: str) -> list[Finding]:
    """Judge a data folder; `limit` names the variable that bounds it, if any."""
    found = _rights(name, folder) or _room(name, folder, may_grow_to, limit)
    state = "writable" if folder.exists else "made by the service when it starts"
    return [found or ok(GROUP, name, f"{state}, {_size(folder.free)} free")]


def _rights(name: str, folder: Folder) -> Finding | None:
    if not folder.is_folder:
        text = f"{folder.path} is no folder"
        return fault(GROUP, name, text, "Name a folder, or move what is in its place.")
    if not folder.writable:
        return fault(
            GROUP,
            name,
            f"{folder.path} cannot be written",
            "Give it to the user that the service runs as (10001 in containers):"
            f" chown -R 10001:10001 {folder.path}",
        )
    if folder.foreign:
        return fault(
            GROUP,
            name,
            f"{folder.foreign} in {folder.path} cannot be written",
            f"Give it to the service's user: chown -R 10001:10001 {folder.path}",
        )
    return None


def _room(name: str, folder: Folder, may_grow_to: int, limit: str) -> Finding | None:
    free = folder.free
    if free < LEAST_FREE:
        text = f"only {_size(free)} are free on the disk of {folder.path}"
        return fault(
            GROUP, name, text, "Make room, or move the folder to another disk."
        )
    needs = may_grow_to - folder.used
    if needs > free:
        text = f"may grow by {_size(needs)}, and {_size(free)} are free"
        remedy = f"Make room, or lower {limit}." if limit else "Make room."
        return warning(GROUP, name, text, remedy)
    return None


def _size(count: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"
