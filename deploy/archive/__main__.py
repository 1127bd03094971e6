"""`python -m deploy.archive pack > FILE` and `unpack [--overwrite] < FILE`."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from pathlib import Path

from deploy.archive.packing import pack
from deploy.archive.unpacking import Occupied, Unusable, unpack

ROOT = Path("/keep")
#: The broker's data, the spool, the ledger, the edge's certificates; those of a cluster
#: are there where they are mounted.
KEPT = (
    *("rabbitmq", "ingest", "mailer", "edge"),
    *("rabbitmq_2", "rabbitmq_3", "postgres"),
)
#: Copies of the stream, read again: after a restore they would be of another stream.
REBUILT = ("gateway", "gateway_2", "gateway_3")


def main() -> int:
    """Pack or unpack by the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="deploy.archive")
    parser.add_argument("verb", choices=("pack", "unpack"))
    parser.add_argument("--overwrite", action="store_true")
    parser.add_argument("--needs", type=int, default=0, metavar="BYTES")
    parser.add_argument("--root", type=Path, default=ROOT)
    options = parser.parse_args()
    try:
        if options.verb == "pack":
            here = [name for name in KEPT if (options.root / name).is_dir()]
            count = pack(options.root, here, sys.stdout.buffer)
        else:
            count = unpack(
                sys.stdin.buffer,
                options.root,
                KEPT,
                also_empty=REBUILT,
                overwrite=options.overwrite,
                needs=options.needs,
            )
    except (Occupied, Unusable, OSError, sqlite3.Error) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(f"{count} files", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
