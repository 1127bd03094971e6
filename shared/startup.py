"""How every process begins: settings read, logs configured, or one message and out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TypeVar

from shared import logs
from shared.errors import SettingsError
from shared.settings import Settings

S = TypeVar("S", bound=Settings)


def begin(service: str, settings: type[S], environ: Mapping[str, str]) -> S:
    """Return the settings, with logs configured and the start told.

    Exits 1, naming every fault, where the environment cannot be used.
    """
    try:
        loaded = settings.load(environ)
    except SettingsError as error:
        sys.exit(f"{service} {error}")
    logs.configure(service, debug=loaded.debug)
    logs.get(__name__).info("service.starting", settings=loaded.summary())
    return loaded
