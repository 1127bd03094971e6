"""`python -m devstack.sbom [FOLDER]`: write the documents (into dist/ by default)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from devstack.dashboard import node
from devstack.sbom.documents import Invalid, documents

ROOT = Path(__file__).resolve().parents[2]


def write(folder: Path) -> list[Path]:
    """Write every document that can be made; raises Invalid."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, make in documents(ROOT).items():
        if "dashboard" in name and not node.is_here():
            print(f" - {name}: skipped, {node.ADVICE}")
            continue
        document = make()
        path = folder / name
        path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
        print(f" ✓ {path}: {len(document['components'])} components", flush=True)
        written.append(path)
    return written


if __name__ == "__main__":
    try:
        write(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist")
    except Invalid as error:
        sys.exit(f"no SBOM: {error}")
