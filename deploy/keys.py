"""The secrets as files: ours are made, those that others issue are asked for.

The folder is its owner's alone, and each file is for the containers' group: compose
mounts a file with its owner and its mode, and the services are nobody special.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from deploy.definitions import layout, logins
from deploy.users import USERS

#: User and group of the services in their containers.
SERVICES_ID = 10001
RANDOM_BYTES = 32
#: What the broker loads: users with their rights, and the topology.
DEFINITIONS = "rabbitmq_definitions"
TOPOLOGY = "rabbitmq_topology"

#: Several values count, separated by commas: a new one goes before the old ones.
OURS: Mapping[str, Callable[[], str]] = {
    "webhook_secret": lambda: (
        "whsec_" + base64.b64encode(secrets.token_bytes(RANDOM_BYTES)).decode()
    ),
    "unsubscribe_secret": lambda: secrets.token_hex(RANDOM_BYTES),
}
#: Where the value is found.
ISSUED: Mapping[str, str] = {
    "supabase_service_role_key": "Supabase: Project Settings, API Keys, secret key",
    "vite_supabase_anon_key": "Supabase: Project Settings, API Keys, publishable key",
    "mailgun_api_key": "Mailgun: the domain's settings, Sending keys",
    "mailgun_webhook_signing_key": "Mailgun: Send, Webhooks, HTTP webhook signing key",
}
#: Empty unless deploy/.env names their paths, or the profile relay is on.
OPTIONAL = ("supabase_jwt_secret", "mailgun_log_api_key", "outbox_database_url")


class Missing(Exception):
    """Secrets that others issue, and that nobody has given."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        told = "\n".join(f"  {name.upper()} ({ISSUED[name]})" for name in self.names)
        super().__init__(f"give these by the environment or at a terminal:\n{told}")


def complete(
    folder: Path, given: Mapping[str, str], ask: Callable[[str, str], str]
) -> list[str]:
    """Write what is missing; return the names of the files that were written.

    `given` are values by the names of variables; they win over a file. `ask(name,
    where)` returns a value or "". What there is stays. Raises Missing, after having
    written the rest.
    """
    _make_folder(folder)
    written, missing = [], []
    for name in (*OURS, *ISSUED, *OPTIONAL):
        value = given.get(name.upper(), "").strip()
        old = _read(folder, name)
        if not value and (old or (old is not None and name in OPTIONAL)):
            continue
        if not value and name in OURS:
            value = OURS[name]()
        if not value and name in ISSUED:
            value = ask(name.upper(), ISSUED[name]).strip()
        if value or name in OPTIONAL:
            _write(folder, name, value)
            written.append(name)
        else:
            missing.append(name)
    written += _complete_broker(folder)
    if missing:
        raise Missing(missing)
    return written


def rotate(folder: Path, name: str) -> None:
    """Put a new value before the old ones; `rabbitmq`: new passwords for all users."""
    if name == "rabbitmq":
        for user in USERS:
            (folder / f"rabbitmq_url_{user.name}").unlink(missing_ok=True)
        (folder / DEFINITIONS).unlink(missing_ok=True)
        _complete_broker(folder)
    else:
        _write(folder, name, f"{OURS[name]()},{_read(folder, name) or ''}".rstrip(","))


def forget(folder: Path, name: str) -> None:
    """Leave the first value alone: the others are no longer good."""
    _write(folder, name, (_read(folder, name) or "").split(",")[0])


def _complete_broker(folder: Path) -> list[str]:
    """Make a password for each user that has none; return what was written."""
    new = [u.name for u in USERS if not _read(folder, f"rabbitmq_url_{u.name}")]
    for user in new:
        login = f"{user}:{secrets.token_hex(RANDOM_BYTES)}"
        _write(folder, f"rabbitmq_url_{user}", f"amqp://{login}@rabbitmq:5672/%2F")
    passwords = {user.name: _password(folder, user.name) for user in USERS}
    # Anew each time, since the topology may be another one now.
    _write(folder, DEFINITIONS, json.dumps(logins(passwords), indent=1))
    _write(folder, TOPOLOGY, json.dumps(layout(), indent=1))
    return [*(f"rabbitmq_url_{user}" for user in new), DEFINITIONS, TOPOLOGY]


def _password(folder: Path, user: str) -> str:
    return urlsplit(_read(folder, f"rabbitmq_url_{user}") or "").password or ""


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def _read(folder: Path, name: str) -> str | None:
    try:
        return (folder / name).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def _write(folder: Path, name: str, value: str) -> None:
    # Whoever reads sees the old value or the new one, never half of one.
    beside = folder / f".{name}.new"
    beside.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(beside, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(value)
        file.flush()
        os.fsync(file.fileno())
    if os.geteuid() == 0:
        os.chown(beside, SERVICES_ID, SERVICES_ID)
        beside.chmod(0o440)
    else:
        # Behind a folder that nobody else may enter; the containers need not pass it.
        beside.chmod(0o444)
    beside.replace(folder / name)
