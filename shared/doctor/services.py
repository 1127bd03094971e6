"""The services as the doctor knows them: by name, since it may import none of them.

An image holds `shared` and one service; what is not there is not looked at.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from shared.doctor.settings import DoctorSettings
from shared.errors import SettingsError
from shared.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Where a service's settings class is.

    `own` are the variables without which it cannot be, and which no other needs;
    `bind` says where it listens. An `optional` one is not missed.
    """

    name: str
    module: str
    settings: str
    own: tuple[str, ...]
    bind: str
    optional: bool = False

    @property
    def package(self) -> str:
        """Return the service's own package."""
        return self.module.partition(".")[0]

    def settings_class(self) -> type[Settings]:
        """Return its settings class."""
        found: type[Settings] = getattr(
            importlib.import_module(self.module), self.settings
        )
        return found


SERVICES = (
    Service(
        name="ingest",
        module="ingest_service.settings",
        settings="IngestSettings",
        own=("WEBHOOK_SECRET",),
        bind="INGEST_BIND",
    ),
    Service(
        name="relay",
        module="ingest_service.outbox_relay.settings",
        settings="RelaySettings",
        own=("OUTBOX_DATABASE_URL",),
        bind="RELAY_BIND",
        optional=True,
    ),
    Service(
        name="gateway",
        module="realtime_gateway.settings",
        settings="GatewaySettings",
        own=("GATEWAY_DATA_DIR",),
        bind="GATEWAY_BIND",
    ),
    Service(
        name="mailer",
        module="mailer_worker.settings",
        settings="MailerSettings",
        own=("MAILGUN_API_KEY", "MAILGUN_DOMAIN", "MAILGUN_FROM_EMAIL"),
        bind="MAILER_BIND",
    ),
)
NAMES = tuple(service.name for service in SERVICES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A service that is here; `settings` are None where `faults` speak against them.

    One that is not `configured` has none of its own variables.
    """

    service: Service
    configured: bool
    settings: Settings | None = None
    faults: tuple[str, ...] = ()


def present() -> tuple[Service, ...]:
    """Return the services whose packages are installed here."""
    return tuple(each for each in SERVICES if importlib.util.find_spec(each.package))


def classes_of(here: Iterable[Service]) -> list[type[Settings]]:
    """Return every settings class that is read here, the doctor's own first."""
    return [DoctorSettings, *(service.settings_class() for service in here)]


def chosen(
    here: Sequence[Service], environ: Mapping[str, str], only: Sequence[str]
) -> list[Standing]:
    """Return the services to look at, with their settings.

    `only` names them. Else it is those that are configured; where none is, a variable
    is missing, and all are told what they lack.
    """
    if only:
        return [_loaded(each, environ) for each in here if each.name in only]
    if not any(_is_configured(each, environ) for each in here):
        return [_loaded(each, environ) for each in here if not each.optional]
    return [
        _loaded(each, environ)
        if _is_configured(each, environ)
        else Standing(service=each, configured=False)
        for each in here
    ]


def secrets_of(
    classes: Iterable[type[Settings]], environ: Mapping[str, str]
) -> set[str]:
    """Return each secret that the environment holds.

    With the parts of lists, and the passwords in addresses, as written and as meant.
    """
    found: set[str] = set()
    for cls in classes:
        for name, field in cls.model_fields.items():
            if "SecretStr" in repr(field.annotation):
                value = _value(name.upper(), environ)
                found |= {value, *(part.strip() for part in value.split(","))}
                found |= _passwords(value)
    return found - {""}


def is_set(name: str, environ: Mapping[str, str]) -> bool:
    """Tell whether a variable is given, itself or as a file."""
    return any(environ.get(each, "").strip() for each in (name, f"{name}_FILE"))


def _is_configured(service: Service, environ: Mapping[str, str]) -> bool:
    return any(is_set(name, environ) for name in service.own)


def _loaded(service: Service, environ: Mapping[str, str]) -> Standing:
    try:
        settings = service.settings_class().load(environ)
    except SettingsError as error:
        return Standing(service=service, configured=True, faults=tuple(error.faults))
    return Standing(service=service, configured=True, settings=settings)


def _passwords(value: str) -> set[str]:
    try:
        password = urlsplit(value).password or ""
    except ValueError:
        return set()
    return {password, unquote(password)}


def _value(name: str, environ: Mapping[str, str]) -> str:
    file = environ.get(f"{name}_FILE", "").strip()
    if not file:
        return environ.get(name, "").strip()
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
