"""An image as `docker save` writes it: its settings, its files, its layers.

Nothing of the image is run. Layers lie on each other as the OCI image specification
says: a file `.wh.NAME` takes NAME away, `.wh..wh..opq` takes what the folder had.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_GONE = ".wh."
_EMPTIED = ".wh..wh..opq"
_CAPABILITY = "SCHILY.xattr.security.capability"
#: Path and content of a file -> what secret it has.
Betrays = Callable[[str, bytes], str | None]
#: Of a larger file only the name is looked at.
MOST_READ = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an image has at one path; `path` begins without a slash."""

    path: str
    kind: str  # file, folder, link
    mode: int
    uid: int
    gid: int
    target: str = ""
    has_capability: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The image: the config of its JSON document, and what its containers see."""

    config: Mapping[str, Any]
    history: tuple[str, ...]
    entries: Mapping[str, Entry]
    #: Everything that some layer has, also what a later one takes away.
    in_layers: frozenset[str]
    #: Of files of any layer: the path, and what secret seems to be in it.
    suspicions: tuple[tuple[str, str], ...]


def read(saved: Path, *, betrays: Betrays) -> Image:
    """Read a saved image; `betrays` tells of a file what is secret in it."""
    entries: dict[str, Entry] = {}
    seen: set[str] = set()
    suspicions: list[tuple[str, str]] = []
    with tarfile.open(saved) as outer:
        manifest = json.load(_member(outer, "manifest.json"))[0]
        document = json.load(_member(outer, manifest["Config"]))
        for name in manifest["Layers"]:
            with tarfile.open(fileobj=_member(outer, name), mode="r:*") as layer:
                added = _lay(layer, entries)
                seen.update(added)
                suspicions += _suspicions(layer, added, betrays)
    history = tuple(each.get("created_by", "") for each in document.get("history", ()))
    return Image(
        config=document["config"],
        history=history,
        entries=entries,
        in_layers=frozenset(seen),
        suspicions=tuple(suspicions),
    )


def _lay(
    layer: tarfile.TarFile, entries: dict[str, Entry]
) -> dict[str, tarfile.TarInfo]:
    """Lay a layer over the entries; return what it adds."""
    members = layer.getmembers()
    _take_away(entries, (member.name for member in members))
    added = {}
    for member in members:
        if entry := _entry(member):
            entries[entry.path] = entry
            added[entry.path] = member
    return added


def _suspicions(
    layer: tarfile.TarFile, added: Mapping[str, tarfile.TarInfo], betrays: Betrays
) -> Iterator[tuple[str, str]]:
    for path, member in added.items():
        if member.isreg() and member.size <= MOST_READ:
            content = layer.extractfile(member)
            if content and (found := betrays(path, content.read())):
                yield path, found


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.extractfile(name)
    assert found is not None, name  # noqa: S101 # it is a file in every such archive
    return found


def _take_away(entries: dict[str, Entry], names: Iterable[str]) -> None:
    # Before what the layer adds: its marks speak of the layers below.
    for name in names:
        folder, _, last = _clean(name).rpartition("/")
        under = f"{folder}/" if folder else ""
        if last == _EMPTIED:
            _drop(entries, under)
        elif last.startswith(_GONE):
            path = under + last.removeprefix(_GONE)
            entries.pop(path, None)
            _drop(entries, f"{path}/")


def _drop(entries: dict[str, Entry], prefix: str) -> None:
    for path in [path for path in entries if path.startswith(prefix)]:
        del entries[path]


def _entry(member: tarfile.TarInfo) -> Entry | None:
    path = _clean(member.name)
    if not path or path.rpartition("/")[2].startswith(_GONE):
        return None
    kinds = {tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "link"}
    return Entry(
        path=path,
        kind=kinds.get(member.type, "file"),
        mode=member.mode,
        uid=member.uid,
        gid=member.gid,
        target=member.linkname if member.issym() else "",
        has_capability=_CAPABILITY in member.pax_headers,
    )


def _clean(name: str) -> str:
    return "" if name in {".", "./"} else name.removeprefix("./").strip("/")
