"""The SQL side of the stand-in."""

from __future__ import annotations

from importlib.resources import files

import psycopg


def install(dsn: str, *, cron: bool = True) -> None:
    """Create what is missing of `net`, and of `cron` where asked; as a superuser."""
    names = ["net.sql", "cron.sql"] if cron else ["net.sql"]
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name in names:
            connection.execute(files(__package__).joinpath(name).read_bytes())
