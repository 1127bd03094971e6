"""The secrets as files in one folder, for containers that mount it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from devstack.broker.configuration import definitions
from devstack.credentials import generated
from shared.passwords import password_hash

#: Readable by the services' group; the broker's own user is given that group too.
FILE_MODE = 0o440
USER = "melotech"


def write(folder: Path, environ: Mapping[str, str], *, broker_host: str) -> None:
    """Write each secret to a file of its name in lower case, and the broker's files.

    A value in `environ` wins; one that was generated earlier comes back when that is
    taken away.
    """
    kept = folder / "generated.json"
    known = json.loads(kept.read_text()) if kept.exists() else {}
    known |= generated.missing(known)
    _put(kept, json.dumps(known), mode=0o400)
    values = {name: environ.get(name) or made for name, made in known.items()}
    for name, value in values.items():
        _put(folder / name.lower(), value)
    password = values["RABBITMQ_PASSWORD"]
    login = f"{USER}:{quote(password, safe='')}"
    _put(folder / "rabbitmq_url", f"amqp://{login}@{broker_host}:5672/%2F")
    users = definitions(USER, password_hash(password), ("/",))
    _put(folder / "rabbitmq-definitions.json", json.dumps(users))
    _put(
        folder / "rabbitmq.conf",
        f"load_definitions = {folder / 'rabbitmq-definitions.json'}\n",
    )


def read(folder: Path) -> dict[str, str]:
    """Return the secrets by their names."""
    names = (*generated.MAKERS, "RABBITMQ_URL")
    return {name: (folder / name.lower()).read_text() for name in names}


def _put(path: Path, text: str, *, mode: int = FILE_MODE) -> None:
    # Whoever reads sees the old value or the new one, never half of one.
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(beside, flags, mode), "w") as file:
        file.write(text)
    beside.chmod(mode)
    beside.replace(path)
