"""Secrets as files for containers, in CREDENTIALS_DIR.

`python -m devstack.credentials` writes them, once before the services start; a value
that the environment gives under its own name wins. With words it runs Python on them
with the secrets in its environment: `python -m devstack.credentials -m devstack.smoke`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from devstack.credentials import files


def main() -> None:
    """Write the files, or run Python with what they hold."""
    folder = Path(os.environ.get("CREDENTIALS_DIR", "/credentials"))
    words = sys.argv[1:]
    if words:
        values = {**os.environ, **files.read(folder)}
        os.execve(sys.executable, [sys.executable, *words], values)  # noqa: S606
    host = os.environ.get("BROKER_HOST", "rabbitmq")
    files.write(folder, os.environ, broker_host=host)


if __name__ == "__main__":
    main()
