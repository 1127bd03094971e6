"""CycloneDX documents (specification 1.6; npm's own: 1.5), made from the locks alone.

A document has what is installed by the lock, with the licence where the package is
installed here too and states one. The system packages of the base images are in none;
their suppliers publish their own.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion

from devstack.dashboard import node
from shared.version import __version__

SERVICES = ("ingest", "gateway", "mailer", "devstack")
DEADLINE = 120
NPM = ("npm", "sbom", "--package-lock-only", "--sbom-format", "cyclonedx")
Document = dict[str, Any]


class Invalid(Exception):
    """A tool failed, or what it made breaks the schema."""


def documents(root: Path) -> Mapping[str, Callable[[], Document]]:
    """Return by file name what makes each document; the dashboard's asks for npm."""
    made: dict[str, Callable[[], Document]] = {
        f"melotech-{name}.cdx.json": lambda name=name: python(root, name)  # type: ignore[misc]
        for name in SERVICES
    }
    return made | {"melotech-dashboard.cdx.json": lambda: dashboard(root)}


def python(root: Path, name: str) -> Document:
    """Return a service's document; raises Invalid."""
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--no-validate"]
    command += ["--output-reproducible", "--spec-version", "1.6"]
    made = _run([*command, f"locks/{name}.txt"], root)
    made["components"] = [_component(each) for each in made.get("components", ())]
    made["dependencies"] = [{"ref": c["bom-ref"]} for c in made["components"]]
    return _ours(made, f"melotech-{name}", ecosystem="pypi")


def dashboard(root: Path) -> Document:
    """Return the dashboard's document, build tools marked as such; raises Invalid."""
    made = _run([*NPM, "--sbom-type", "application"], root / "dashboard")
    return _ours(made, "melotech-dashboard", ecosystem="npm")


def check(document: Document) -> None:
    """Raise Invalid where the document breaks the schema of its version."""
    # Takes longer to import than all else here.
    from cyclonedx.validation.json import JsonStrictValidator  # noqa: PLC0415

    version = SchemaVersion[f"V{document['specVersion'].replace('.', '_')}"]
    fault = JsonStrictValidator(version).validate_str(json.dumps(document))
    if fault is not None:
        raise Invalid(str(fault)[:500])


def _component(made: Document) -> Document:
    # Where it was looked for, and on which line, is no part of what it is.
    kept = {key: made[key] for key in ("type", "name", "version", "purl")}
    licence = _licence(made["name"], made["version"])
    stated = {"licenses": [{"expression": licence}]} if licence else {}
    return {"bom-ref": made["purl"]} | kept | stated


def _licence(name: str, version: str) -> str | None:
    with suppress(metadata.PackageNotFoundError):
        installed = metadata.metadata(name).json
        if installed["version"] == version:
            return str(installed.get("license_expression", "")) or None
    return None


def _ours(document: Document, name: str, *, ecosystem: str) -> Document:
    about = document.setdefault("metadata", {})
    former = about.get("component", {}).get("bom-ref")
    about.pop("timestamp", None)
    about["component"] = {
        "type": "application",
        "bom-ref": former or name,
        "name": name,
        "version": __version__,
        "purl": f"pkg:{ecosystem}/{name}@{__version__}",
    }
    # The same content has the same number, whoever makes it and when.
    document.pop("serialNumber", None)
    content = json.dumps(document, sort_keys=True)
    document["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_OID, content).urn
    check(document)
    return document


def _run(command: Sequence[str], folder: Path) -> Document:
    done = node.finished(folder, command, timeout=DEADLINE)
    if done.returncode:
        said = re.sub(r"\s+", " ", done.stderr)[-300:]
        raise Invalid(f"{' '.join(command[:4])}: {said}")
    made: Document = json.loads(done.stdout)
    return made
