"""Where the doctor looks: the environment, and what settings it made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from shared.doctor.services import Standing
from shared.doctor.settings import DoctorSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """All that the plans go by; `now` in seconds since 1970."""

    environ: Mapping[str, str]
    own: DoctorSettings
    standings: Sequence[Standing]
    now: float

    # The settings' classes are known by name alone, so their fields are Any here.
    def settings(self, *services: str) -> Any:
        """Return the settings of the first of these that could be read, or None."""
        for name in services:
            for standing in self.standings:
                if standing.service.name == name and standing.settings is not None:
                    return standing.settings
        return None

    def field(self, name: str, *services: str) -> Any:
        """Return a field of the first of these that has it, or None."""
        found = self.settings(*services)
        return getattr(found, name, None)


def text_of(value: SecretStr | None) -> str:
    """Return what a secret says, "" where there is none."""
    return value.get_secret_value() if value is not None else ""


def texts_of(values: Sequence[SecretStr]) -> tuple[str, ...]:
    """Return what secrets say."""
    return tuple(value.get_secret_value() for value in values)
