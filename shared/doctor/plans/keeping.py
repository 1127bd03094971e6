"""What is kept: data folders, the ledger, the outbox."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from shared.doctor.checks import databases, folders
from shared.doctor.place import Place, text_of
from shared.doctor.probes import databases as asking
from shared.doctor.probes.folders import look_at
from shared.doctor.running import Check

#: What a ledger of some years of mails takes, in bytes.
LEDGER_BYTES = 200_000_000


def checks(place: Place) -> Iterator[Check[Any]]:
    """Return what there is to look at."""
    yield from _folders(place)
    mailer = place.settings("mailer")
    if mailer is not None:
        layout = importlib.import_module("mailer_worker.ledger.tables").LAYOUT
        yield Check(
            group=databases.GROUP,
            name="ledger",
            fetch=partial(asking.layout_of, mailer.database_url),
            decide=partial(databases.ledger, layout=layout),
        )
    outbox = text_of(place.field("outbox_database_url", "relay"))
    if outbox:
        yield Check(
            group=databases.GROUP,
            name="outbox",
            fetch=partial(asking.pack_of, outbox),
            decide=databases.outbox,
        )


def _folders(place: Place) -> Iterator[Check[Any]]:
    ingest, gateway = place.settings("ingest"), place.settings("gateway")
    mailer = place.settings("mailer")
    if ingest is not None:
        limit = ingest.spool_max_bytes, "SPOOL_MAX_BYTES"
        yield _folder("INGEST_DATA_DIR", ingest.data_dir, *limit)
    if gateway is not None:
        limit = gateway.history_bytes, "HISTORY_BYTES"
        yield _folder("GATEWAY_DATA_DIR", gateway.gateway_data_dir, *limit)
    if mailer is not None and mailer.database_url.startswith("sqlite"):
        file = Path(mailer.database_url.partition("///")[2])
        yield _folder("MAILER_DATABASE_URL", file.parent, LEDGER_BYTES, "")


def _folder(name: str, path: Path, may_grow_to: int, limit: str) -> Check[Any]:
    return Check(
        group=folders.GROUP,
        name=name,
        fetch=partial(look_at, path),
        decide=partial(folders.judged, name, may_grow_to=may_grow_to, limit=limit),
    )
