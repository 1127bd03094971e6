"""The settings, read again while the service runs.

SIGHUP makes gunicorn read its configuration anew, start workers with it and end the old
ones. It would end itself where that fails; a secret's file that is just being written
must not do that.
"""

from __future__ import annotations

from collections.abc import Mapping

from ingest_service.settings import IngestSettings
from shared import logs
from shared.errors import SettingsError

log = logs.get(__name__)


class _Kept:
    """What was read last and could be used; a worker inherits it from gunicorn."""

    settings: IngestSettings | None = None


def settings(environ: Mapping[str, str]) -> IngestSettings:
    """Return the settings, or the former ones where the new ones are wrong.

    Raises SettingsError where there are none before.
    """
    try:
        _Kept.settings = IngestSettings.load(environ)
    except SettingsError as error:
        if _Kept.settings is None:
            raise
        log.error("settings.refused", faults=error.faults)
    return _Kept.settings
