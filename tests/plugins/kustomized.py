"""Kustomizations read as far as ours go, for machines without `kubectl kustomize`.

Debian's own kubectl is older than components. What this makes is what kubectl does, but
that generated names have no hash at their end; a test holds one against the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Thing = dict[str, Any]
_KNOWN = {
    *("apiVersion", "kind", "namespace", "resources", "components", "images", "labels"),
    *("configMapGenerator", "secretGenerator", "patches"),
}


def render(folder: Path) -> list[Thing]:
    """Return the objects of a kustomization."""
    return _applied(folder, [])


def _applied(folder: Path, things: list[Thing]) -> list[Thing]:
    told = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
    assert told.keys() <= _KNOWN, f"this reads no {told.keys() - _KNOWN}"
    for name in told.get("resources", ()):
        path = folder / name
        things += (
            render(path)
            if path.is_dir()
            else yaml.safe_load_all(path.read_text("utf-8"))
        )
    things += _generated_all(folder, told)
    for name in told.get("components", ()):
        things = _applied(folder / name, things)
    for patch in told.get("patches", ()):
        things = list(_patched(folder, patch, things))
    for image in told.get("images", ()):
        _with_image(things, image)
    for thing in things:
        _told_of_all(thing["metadata"], told)
    return things


def _told_of_all(metadata: Thing, told: Thing) -> None:
    if "namespace" in told:
        metadata["namespace"] = told["namespace"]
    for label in told.get("labels", ()):
        metadata.setdefault("labels", {}).update(label["pairs"])


def _generated_all(folder: Path, told: Thing) -> Iterator[Thing]:
    for kind in ("ConfigMap", "Secret"):
        for entry in told.get(f"{kind[0].lower()}{kind[1:]}Generator", ()):
            yield _generated(folder, kind, entry)


def _generated(folder: Path, kind: str, entry: Thing) -> Thing:
    values: dict[str, str] = {}
    for name in entry.get("files", ()):
        values[Path(name).name] = (folder / name).read_text("utf-8")
    for name in entry.get("envs", ()):
        lines = (folder / name).read_text("utf-8").splitlines()
        pairs = (line.partition("=") for line in lines if line and line[0] != "#")
        values |= {variable: value for variable, _, value in pairs}
    field = "data" if kind == "ConfigMap" else "stringData"
    metadata = {"name": entry["name"]}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, field: values}


def _patched(folder: Path, patch: Thing, things: list[Thing]) -> Iterator[Thing]:
    text = patch.get("patch") or (folder / patch["path"]).read_text("utf-8")
    change = yaml.safe_load(text)
    named = change if isinstance(change, dict) else {}
    target = patch.get("target") or {
        "kind": named["kind"],
        "name": named["metadata"]["name"],
    }
    for thing in things:
        name = target.get("name", ".*")
        is_meant = thing["kind"] == target["kind"] and re.fullmatch(
            name, thing["metadata"]["name"]
        )
        if not is_meant:
            yield thing
        elif isinstance(change, list):
            for step in change:
                _step(thing, step)
            yield thing
        elif named.get("$patch") != "delete":
            _merge(thing, named)
            yield thing


def _step(thing: Thing, step: Thing) -> None:
    """Do one step of a JSON patch (RFC 6902) in place."""
    *way, last = step["path"].split("/")[1:]
    place: Any = thing
    for word in way:
        place = place[int(word) if isinstance(place, list) else word]
    key: Any = int(last) if isinstance(place, list) and last != "-" else last
    if step["op"] == "test":
        assert place[key] == step["value"], step
    elif step["op"] == "remove":
        del place[key]
    elif key == "-":
        place.append(step["value"])
    else:
        assert step["op"] == "add" or key in place or isinstance(place, list), step
        place[key] = step["value"]


def _merge(thing: Thing, change: Thing) -> None:
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(thing.get(key), dict):
            _merge(thing[key], value)
        else:
            thing[key] = value


def _with_image(part: Any, image: Thing) -> None:
    if isinstance(part, dict):
        if part.get("image") == image["name"]:
            part["image"] = f"{image['newName']}:{image['newTag']}"
        for each in part.values():
            _with_image(each, image)
    elif isinstance(part, list):
        for each in part:
            _with_image(each, image)
