"""Backup and restore of what must be kept, without losing an accepted webhook.

The broker's data is consistent only while it stands still, all its nodes together.
Webhooks are taken all the same: they wait in the spool, which is copied after it, with
all that came meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, Any

from deploy.archive.unpacking import verify
from deploy.compose import Compose
from deploy.plans import CLUSTER

READY_DEADLINE = "180"


class Refused(Exception):
    """What was asked would destroy something."""


def backup(compose: Compose, file: Path, say: Callable[[str], None]) -> None:
    """Write the archive; the broker stands still while it is packed.

    Raises Refused where the file is there, OSError where it cannot be written, Failed
    and Unusable where nothing came of it; nothing is left of it then. The broker is
    started again in any case, also where an earlier backup that was killed has left it
    standing.
    """
    if file.exists():
        raise Refused(f"{file} is there already")
    part = file.with_name(file.name + ".part")
    # Before anything is stopped. What it holds is as secret as the mails.
    part.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        with os.fdopen(os.open(part, flags, 0o600), "wb") as output:
            _pack(compose, output)
            output.flush()
            os.fsync(output.fileno())
        manifest = _verified(part)
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    say(f"{file}: {len(manifest['files'])} files, {file.stat().st_size} bytes, whole")


def _pack(compose: Compose, output: IO[bytes]) -> None:
    serves = bool(compose.running() & set(compose.plan.writers))
    stores = compose.plan.stores
    try:
        compose("stop", *stores)
        compose("run", "--rm", "--no-deps", "-T", "keeper", "pack", stdout=output)
    finally:
        if serves:
            wait = ("--wait", "--wait-timeout", READY_DEADLINE)
            compose("up", "-d", "--no-deps", "--no-recreate", *wait, *stores)


def restore(
    compose: Compose, file: Path, say: Callable[[str], None], *, overwrite: bool
) -> None:
    """Stop everything, unpack, and start everything.

    Raises Unusable before anything is stopped, and Failed where something is in the
    volumes and `overwrite` is not said: nothing has been touched then.
    """
    manifest = _verified(file)
    say(f"{file}: {len(manifest['files'])} files, whole")
    _refuse_another_plan(compose, manifest)
    stopped = sorted(compose.running() & set(compose.plan.writers))
    if stopped and not overwrite:
        raise Refused(
            f"running: {', '.join(stopped)}. --overwrite stops them and puts the"
            " archive in place of what they have"
        )
    if stopped:
        compose("stop", *stopped)
    needs = sum(each["size"] for each in manifest["files"].values())
    words = ["run", "--rm", "--no-deps", "-T", "keeper", "unpack", f"--needs={needs}"]
    with file.open("rb") as archive:
        compose(*words, *(["--overwrite"] if overwrite else []), stdin=archive)
    compose("up", "-d", "--wait", "--wait-timeout", READY_DEADLINE)


def _refuse_another_plan(compose: Compose, manifest: dict[str, Any]) -> None:
    """Raise Refused where the archive has other volumes than there are here.

    The nodes of a cluster know each other by what is in their volumes, and the ledger
    is in another database there.
    """
    packed = {PurePosixPath(name).parts[0] for name in manifest["files"]}
    is_of_cluster = bool(packed & set(CLUSTER.marks))
    if is_of_cluster != bool(compose.plan.marks):
        of, here = ("three nodes", "one") if is_of_cluster else ("one node", "three")
        raise Refused(
            f"the archive is of a broker of {of}, and here it has {here}: restore it"
            " where it is so, with the deploy/secrets of that time"
        )


def _verified(file: Path) -> dict[str, Any]:
    with file.open("rb") as archive:
        return verify(archive)
