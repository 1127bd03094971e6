"""Where a command works: the settings and the ledger, or one sentence and exit 1."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
from sqlalchemy import make_url

from mailer_worker.ledger import database
from mailer_worker.ledger.ledger import Ledger
from mailer_worker.settings import LedgerSettings
from shared import logs
from shared.errors import MeloTechError, SettingsError

P = ParamSpec("P")
T = TypeVar("T")

Environ = Mapping[str, str]


def settings_of(environ: Environ) -> LedgerSettings:
    """Return the settings; raise ClickException that names every fault."""
    logs.errors_only()
    try:
        return LedgerSettings.load(environ)
    except SettingsError as error:
        faults = "\n".join(f"  - {fault}" for fault in error.faults)
        raise click.ClickException(f"the settings are wrong:\n{faults}") from error


def fails_plainly(command: Callable[P, T]) -> Callable[P, T]:
    """Let a command's own errors end it with their sentence and exit code 1."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except MeloTechError as error:
            raise click.ClickException(str(error)) from error

    return run


def missing_file(settings: LedgerSettings) -> Path | None:
    """Return the ledger's file where it is one that is not there yet."""
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite":
        return None
    file = Path(url.database or "")
    return None if file.exists() else file


@contextmanager
def ledger(settings: LedgerSettings) -> Iterator[Ledger]:
    """Yield the ledger; raise ClickException where there is none yet.

    An empty one, made here, would say that nothing was ever sent.
    """
    missing = missing_file(settings)
    if missing is not None:
        raise click.ClickException(
            f"there is no ledger at {missing}: has the mailer run here,"
            " with this MAILER_DATABASE_URL and this RABBITMQ_URL?"
        )
    opened = database.connect(settings.database_url, threads=1)
    try:
        yield Ledger(opened, settle=0, lease=0)
    finally:
        opened.close()
