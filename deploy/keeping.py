"""Backup and restore of what must be kept, without losing an accepted webhook.

The broker's data is consistent only while it stands still. Webhooks are taken all the
same: they wait in the spool, which is copied after it, with all that came meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from deploy.archive.unpacking import verify
from deploy.compose import Compose

#: Whoever has a file of a volume open; the gateways' is emptied, the edge's replaced.
WRITERS = (
    "edge",
    "ingest_1",
    "ingest_2",
    "gateway_1",
    "gateway_2",
    "mailer_worker",
    "outbox_relay",
    "rabbitmq",
)
READY_DEADLINE = "180"


class Refused(Exception):
    """What was asked would destroy something."""


def backup(compose: Compose, file: Path, say: Callable[[str], None]) -> None:
    """Write the archive; the broker stands still while it is packed.

    Raises Refused where the file is there, Failed and Unusable where nothing came of
    it. The broker is started again in any case.
    """
    if file.exists():
        raise Refused(f"{file} is there already")
    part = file.with_name(file.name + ".part")
    was_running = "rabbitmq" in compose.running()
    try:
        compose("stop", "rabbitmq")
        # What the archive holds is as secret as the mails.
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as output:
            output.truncate()
            compose("run", "--rm", "--no-deps", "-T", "keeper", "pack", stdout=output)
            output.flush()
            os.fsync(output.fileno())
    finally:
        if was_running:
            compose(
                "up",
                "-d",
                "--no-deps",
                "--no-recreate",
                "--wait",
                "--wait-timeout",
                READY_DEADLINE,
                "rabbitmq",
            )
    manifest = _verified(part)
    part.rename(file)
    say(f"{file}: {len(manifest['files'])} files, {file.stat().st_size} bytes, whole")


def restore(
    compose: Compose, file: Path, say: Callable[[str], None], *, overwrite: bool
) -> None:
    """Stop everything, unpack, and start everything.

    Raises Unusable before anything is stopped, and Failed where something is in the
    volumes and `overwrite` is not said: nothing has been touched then.
    """
    manifest = _verified(file)
    say(f"{file}: {len(manifest['files'])} files, whole")
    stopped = sorted(compose.running() & set(WRITERS))
    if stopped and not overwrite:
        raise Refused(
            f"running: {', '.join(stopped)}. --overwrite stops them and puts the"
            " archive in place of what they have"
        )
    if stopped:
        compose("stop", *stopped)
    words = ["run", "--rm", "--no-deps", "-T", "keeper", "unpack"]
    with file.open("rb") as archive:
        compose(*words, *(["--overwrite"] if overwrite else []), stdin=archive)
    compose("up", "-d", "--wait", "--wait-timeout", READY_DEADLINE)


def _verified(file: Path) -> dict[str, dict[str, object]]:
    with file.open("rb") as archive:
        return verify(archive)
