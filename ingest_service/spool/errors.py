"""Why an event could not be spooled: in both cases nothing has been promised."""

from __future__ import annotations

from shared.errors import MeloTechError


class NotSpooled(MeloTechError):
    """The spool did not take the events: answer 503, the sender tries again."""


class SpoolFull(NotSpooled):
    """Its bound of bytes or of age is reached: nothing that is in it is dropped."""


class SpoolUnwritable(NotSpooled):
    """The file cannot be used now: disk full, read-only, locked too long, damaged."""
