"""What an image of ours must keep to; each rule tells what speaks against it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from devstack.images.archive import Entry, Image
from devstack.images.secrets import FILES, betrayed_by, is_secret
from shared.version import __version__

USER = 10001
_BINARIES = {"bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin"}
#: Installers, fetchers, compilers and shells of others' machines.
_TOOLS = re.compile(
    r"apk|apt(?:-\w+)?|dpkg(?:-\w+)?|pip[\d.]*|easy_install|uv|npm|npx|node|yarn|corepack"
    r"|curl|wget|nc|ncat|netcat|telnet|tftp|ftpget|ftpput|socat|ssh|scp|rsync|git|sudo"
    r"|gcc(?:-\d+)?|g\+\+(?:-\d+)?|cc|c\+\+|clang|ld|as|make|cmake|go|rustc|cargo|gdb|strace"
)
_INSTALLERS = re.compile(
    r"(?:^|/)python3[\d.]*/(?:\w+-packages/)?(?:pip|setuptools|wheel|ensurepip)$"
)
_CACHES = re.compile(
    r"^(?:var/lib/apt/lists/.*(?:Packages|Release)|var/cache/apt/.*\.(?:bin|deb)"
    r"|var/cache/apk/.*\.(?:apk|gz)|root/\.(?:cache|npm)/.+)"
)
#: The engine lays these over what the image has.
_MOUNTED = re.compile(r"^(?:proc|sys|dev|tmp)(?:/|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What one image may have, each with its reason."""

    volumes: frozenset[str]
    tools: Mapping[str, str] = field(default_factory=dict)
    capabilities: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """What speaks against an image."""

    rule: str
    detail: str


def findings(image: Image, terms: Terms) -> list[Finding]:
    """Hold the image against all rules."""
    return sorted(
        Finding(rule=rule, detail=detail)
        for rule, against in RULES.items()
        for detail in against(image, terms)
    )


def _root(image: Image, _terms: Terms) -> Iterator[str]:
    user = image.config.get("User", "")
    if user != f"{USER}:{USER}":
        yield f"its user is {user or 'root'!r}, not {USER}:{USER}"


def _labels(image: Image, _terms: Terms) -> Iterator[str]:
    labels = image.config.get("Labels") or {}
    if not labels.get("org.opencontainers.image.title"):
        yield "it has no title"
    version = labels.get("org.opencontainers.image.version")
    if version != __version__:
        yield f"its version is {version!r}, not {__version__!r}"


def _writable(image: Image, terms: Terms) -> Iterator[str]:
    for entry in image.entries.values():
        inside = _MOUNTED.match(entry.path) or any(
            entry.path == volume or entry.path.startswith(f"{volume}/")
            for volume in terms.volumes
        )
        if not inside and entry.kind != "link" and _may_write(entry):
            yield f"/{entry.path}"


def _may_write(entry: Entry) -> bool:
    # Its owner may give itself the right.
    return entry.uid == USER or bool(
        entry.mode & (0o022 if entry.gid == USER else 0o002)
    )


def _rights(image: Image, terms: Terms) -> Iterator[str]:
    for entry in image.entries.values():
        if entry.kind == "file" and entry.mode & 0o6000:
            yield f"/{entry.path} has mode {entry.mode & 0o7777:o}"
        if entry.has_capability and entry.path not in terms.capabilities:
            yield f"/{entry.path} has file capabilities"


def _tools(image: Image, terms: Terms) -> Iterator[str]:
    for entry in image.entries.values():
        folder, name = posixpath.split(entry.path)
        installed = folder in _BINARIES or folder.endswith("venv/bin")
        is_tool = installed and entry.kind != "folder" and _TOOLS.fullmatch(name)
        is_left = _INSTALLERS.search(entry.path) or _CACHES.match(entry.path)
        if is_left or (is_tool and name not in terms.tools):
            yield f"/{entry.path}"


def _told(image: Image, _terms: Terms) -> Iterator[str]:
    for word in image.config.get("Env") or ():
        name, _, value = word.partition("=")
        if value and is_secret(name):
            yield f"the variable {name} has a value"
        elif found := betrayed_by(value.encode()):
            yield f"the variable {name} looks like {found}"
    for command in image.history:
        if found := betrayed_by(command.encode()):
            yield f"a command of its build has {found}"


def _kept(image: Image, _terms: Terms) -> Iterator[str]:
    for path in sorted(image.in_layers):
        if FILES.search(path):
            yield f"a layer has /{path}"
    for path, found in image.suspicions:
        yield f"a layer has {found} in /{path}"


RULES: Mapping[str, Callable[[Image, Terms], Iterator[str]]] = {
    "runs as root": _root,
    "labels": _labels,
    "writable": _writable,
    "more rights": _rights,
    "leftover": _tools,
    "secret told": _told,
    "secret kept": _kept,
}
