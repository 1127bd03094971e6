"""An archive back into folders: verified first, and never over what is there."""

from __future__ import annotations

import errno
import json
import shutil
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any

from deploy.archive.packing import FORMAT, MANIFEST, Summing


class Unusable(Exception):
    """The archive is not whole, or not ours."""


class Occupied(Exception):
    """Something is where the archive would go."""


def verify(archive: IO[bytes]) -> dict[str, Any]:
    """Return the manifest; raise Unusable where a file is not what it says."""
    found: dict[str, dict[str, object]] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(fileobj=archive, mode="r|gz") as members:
            for member in members:
                if not (member.isfile() or member.isdir()):
                    raise Unusable(f"{member.name} is neither a file nor a folder")
                file = members.extractfile(member)
                if member.name == MANIFEST and file is not None:
                    manifest = json.loads(file.read())
                elif file is not None:
                    summing = Summing(file)
                    summing.drain()
                    found[member.name] = {
                        "sha256": summing.sum(),
                        "size": member.size,
                    }
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
        raise Unusable(f"the archive is cut or garbled: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise Unusable("the archive has no manifest that this version knows")
    files = manifest.get("files")
    if not isinstance(files, dict):
        raise Unusable("the archive's manifest names no files")
    _compare(found, files)
    return manifest


def _compare(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name in sorted(found.keys() | expected.keys()):
        if found.get(name) != expected.get(name):
            raise Unusable(f"{name} is not what the manifest says")


def occupied(root: Path, names: Sequence[str]) -> list[str]:
    """Return which of the folders have something in them."""
    return [name for name in names if (root / name).is_dir() and any_in(root / name)]


def any_in(folder: Path) -> bool:
    """Tell whether there is anything in the folder."""
    return next(folder.iterdir(), None) is not None


def unpack(
    archive: IO[bytes],
    root: Path,
    names: Sequence[str],
    *,
    also_empty: Sequence[str] = (),
    overwrite: bool = False,
    needs: int = 0,
) -> int:
    """Write what `pack` read, owners and modes too; return the number of files.

    The archive is one that was verified. With `overwrite` the folders, and those in
    `also_empty`, are emptied first; not so where there would be no room for `needs`
    bytes even then. Raises Occupied, Unusable and OSError.
    """
    taken = occupied(root, (*names, *also_empty))
    if taken and not overwrite:
        raise Occupied(f"something is in {', '.join(taken)}: --overwrite empties them")
    if needs and needs > (room := _room(root, names, taken)):
        raise OSError(
            errno.ENOSPC, f"{needs} bytes are needed, there is room for {room}"
        )
    for name in taken:
        _empty(root / name)
    count = 0
    with tarfile.open(fileobj=archive, mode="r|gz") as members:
        for member in members:
            if member.name == MANIFEST:
                continue
            if PurePosixPath(member.name).parts[:1] not in {(name,) for name in names}:
                raise Unusable(f"{member.name} belongs to no folder of ours")
            members.extract(member, root, numeric_owner=True, filter="tar")
            count += member.isfile()
    return count


def _room(root: Path, names: Sequence[str], taken: Sequence[str]) -> int:
    """Return the bytes that are free once the folders `taken` are empty."""
    # The folders are volumes: `root` itself may be of another disk.
    place = next((root / name for name in names if (root / name).is_dir()), root)
    files = (path for name in taken for path in (root / name).rglob("*"))
    return shutil.disk_usage(place).free + sum(path.lstat().st_size for path in files)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
