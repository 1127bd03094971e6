"""`python -m devstack.images scan [NAME[=TAG] ...]`: look into images that were built.

NAME: devstack, edge, gateway, ingest, mailer (all, where none is given); TAG: what it
is called, where not melotech/NAME with the project's version. Exit 1 where something
speaks against one, 2 where there is no Docker engine or no such image.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from devstack.images.engine import Unavailable, saved
from devstack.images.rules import Terms, findings
from shared.version import __version__

IMAGES: Mapping[str, Terms] = {
    "devstack": Terms(volumes=frozenset({"data", "credentials"})),
    "edge": Terms(
        volumes=frozenset({"edge"}),
        tools={"wget": "asks for /health"},
        # Caddy's own packaging; containers get no more than compose adds.
        capabilities={"usr/bin/caddy": "may listen at 80 and 443"},
    ),
    "gateway": Terms(volumes=frozenset({"data"})),
    "ingest": Terms(volumes=frozenset({"data"})),
    "mailer": Terms(volumes=frozenset({"data"})),
}


def tag_of(name: str) -> str:
    """Return what compose calls the image."""
    return f"melotech/{name}:{__version__}"


def main(words: list[str]) -> int:
    """Scan what the words name; return the exit code."""
    asked = dict(word.partition("=")[::2] for word in words[1:] or IMAGES)
    if words[:1] != ["scan"] or not set(asked) <= set(IMAGES):
        sys.exit(str(__doc__))
    try:
        return max(_scan(name, tag or tag_of(name)) for name, tag in asked.items())
    except Unavailable as error:
        print(f"not scanned: {error}", file=sys.stderr)
        return 2


def _scan(name: str, tag: str) -> int:
    with saved(tag) as image:
        found = findings(image, IMAGES[name])
    print(f" {'✗' if found else '✓'} {tag}: {len(image.entries)} paths", flush=True)
    for each in found:
        print(f"     {each.rule}: {each.detail}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
