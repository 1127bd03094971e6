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

from deploy.definitions import layout, logins
from deploy.nodes import address_of, nodes_of, password_of
from deploy.plans import CLUSTER, ONE
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
LEDGER = "mailer_database_url"
#: Asked for where several mailers run, which is wherever the broker has several nodes:
#: each would send the same mails by a ledger of its own.
SHARED: Mapping[str, str] = {
    LEDGER: "the mailers' ledger: postgresql://LOGIN@HOST/DATABASE",
}
#: Empty unless deploy/.env names their paths, or the profile relay is on.
OPTIONAL = (
    "supabase_jwt_secret",
    "mailgun_log_api_key",
    "outbox_database_url",
    LEDGER,
)
WHERE = {**ISSUED, **SHARED}
#: Ours too, made for compose.cluster.yml alone: what nodes of the broker know each
#: other by, and the password of the ledger's database.
COOKIE = "rabbitmq_cookie"
LEDGER_PASSWORD = "postgres_password"  # noqa: S105 # nosec B105 # a file's name


class Missing(Exception):
    """Values that only others know, and that nobody has given."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        told = "\n".join(f"  {name.upper()} ({WHERE[name]})" for name in self.names)
        super().__init__(f"give these by the environment or at a terminal:\n{told}")


def complete(
    folder: Path,
    given: Mapping[str, str],
    ask: Callable[[str, str], str],
    *,
    nodes: tuple[str, ...] = (),
) -> list[str]:
    """Write what is missing; return the names of the files that were written.

    `given` are values by the names of variables; they win over a file. `ask(name,
    where)` returns a value or "". What there is stays; `nodes` put other nodes of the
    broker in the place of those that there are. Raises Missing, after having written
    the rest.
    """
    _make_folder(folder)
    nodes = nodes or nodes_in(folder)
    written = _complete_cluster(folder) if nodes == CLUSTER.brokers else []
    asked = WHERE if len(nodes) > 1 else ISSUED
    missing = []
    for name in (*OURS, *ISSUED, *OPTIONAL):
        value = given.get(name.upper(), "").strip()
        old = _read(folder, name)
        may_lack = name in OPTIONAL and name not in asked
        if not value and (old or (old is not None and may_lack)):
            continue
        if not value and name in OURS:
            value = OURS[name]()
        if not value and name in asked:
            value = ask(name.upper(), asked[name]).strip()
        if value or may_lack:
            _write(folder, name, value)
            written.append(name)
        else:
            missing.append(name)
    written += _complete_broker(folder, nodes)
    if missing:
        raise Missing(missing)
    return written


def rotate(folder: Path, name: str) -> None:
    """Put a new value before the old ones; `rabbitmq`: new passwords for all users."""
    if name == "rabbitmq":
        nodes = nodes_in(folder)
        for user in USERS:
            (folder / f"rabbitmq_url_{user.name}").unlink(missing_ok=True)
        (folder / DEFINITIONS).unlink(missing_ok=True)
        _complete_broker(folder, nodes)
    else:
        _write(folder, name, f"{OURS[name]()},{_read(folder, name) or ''}".rstrip(","))


def forget(folder: Path, name: str) -> None:
    """Leave the first value alone: the others are no longer good."""
    _write(folder, name, (_read(folder, name) or "").split(",")[0])


def nodes_in(folder: Path) -> tuple[str, ...]:
    """Return the broker's nodes that the services are told of."""
    addresses = (_read(folder, f"rabbitmq_url_{user.name}") for user in USERS)
    return nodes_of(next(filter(None, addresses), "")) or ONE.brokers


def _complete_broker(folder: Path, nodes: tuple[str, ...]) -> list[str]:
    """Make a password for each user that has none; return what was written."""
    written, passwords = [], {}
    for user in (user.name for user in USERS):
        name = f"rabbitmq_url_{user}"
        old = _read(folder, name) or ""
        passwords[user] = password_of(old) or secrets.token_hex(RANDOM_BYTES)
        if nodes_of(old) != nodes:
            _write(folder, name, address_of(user, passwords[user], nodes))
            written.append(name)
    # Anew each time, since the topology may be another one now.
    _write(folder, DEFINITIONS, json.dumps(logins(passwords), indent=1))
    _write(folder, TOPOLOGY, json.dumps(layout(), indent=1))
    return [*written, DEFINITIONS, TOPOLOGY]


def _complete_cluster(folder: Path) -> list[str]:
    """Make what the nodes and the ledger's database there need; return what was."""
    new = [name for name in (COOKIE, LEDGER_PASSWORD) if not _read(folder, name)]
    for name in new:
        _write(folder, name, secrets.token_hex(RANDOM_BYTES))
    if not _read(folder, LEDGER):
        password = _read(folder, LEDGER_PASSWORD)
        address = f"postgresql://mailer:{password}@postgres:5432/mailer"
        _write(folder, LEDGER, address)
        new.append(LEDGER)
    return new


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
