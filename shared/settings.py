"""Settings from the environment: typed, frozen, and all faults told at once.

Each variable `NAME` may be given as `NAME_FILE` instead, the path of a file that holds
the value (a mounted secret). An empty value counts as absent, since compose passes
unset variables as empty ones.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from shared.address import host_and_port
from shared.amqp.nodes import addresses_of, is_usable
from shared.errors import SettingsError

#: Of a secret that is ours alone to choose.
MIN_STRONG_LENGTH = 16

_VERSION = re.compile(r"\bv1\s*,\s*(?=whsec_)")


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _split_secrets(value: object) -> object:
    if isinstance(value, str):
        # Supabase writes `v1,whsec_...`: one secret, and "v1" alone must never be one.
        value = _VERSION.sub("", value)
    return _split(value)


def _strong(values: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if any(len(each.get_secret_value()) < MIN_STRONG_LENGTH for each in values):
        raise ValueError(f"must have at least {MIN_STRONG_LENGTH} characters each")
    return values


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http:// or https:// address")
    if parts.username or parts.password:
        raise ValueError("must not carry a login")
    return value.rstrip("/")


def _amqp_url(value: SecretStr) -> SecretStr:
    for url in addresses_of(value.get_secret_value()):
        parts = urlsplit(url)
        if parts.scheme not in {"amqp", "amqps"} or not parts.hostname:
            raise ValueError("must be an amqp:// or amqps:// address")
        # One at the end would be taken for a part of the virtual host's name.
        if "," in f"{parts.hostname}{parts.path}{parts.query}":
            raise ValueError("must name each node by a whole address")
        if not is_usable(url):
            raise ValueError("is not usable: is the password percent-encoded?")
    return value


def _header_list(value: SecretStr) -> SecretStr:
    if not all("=" in each for each in value.get_secret_value().split(",")):
        raise ValueError("must be name=value pairs with commas between")
    return value


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_origin, values))


def _origin(value: str) -> str:
    # Browsers send scheme and host in lower case, and compare to the letter.
    parts = urlsplit(value.rstrip("/").lower())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{value} is no origin (https://host, without a path)")
    if parts.path or parts.query or parts.fragment or parts.username:
        raise ValueError(f"{value} is more than an origin (https://host)")
    return f"{parts.scheme}://{parts.netloc}"


def _bind(value: str) -> str:
    host_and_port(value)
    return value


Bind = Annotated[str, AfterValidator(_bind)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
AmqpUrl = Annotated[SecretStr, AfterValidator(_amqp_url)]
HeaderList = Annotated[SecretStr, AfterValidator(_header_list)]
Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_split_secrets)]
StrongSecrets = Annotated[Secrets, AfterValidator(_strong)]
Origins = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_origins)]
Networks = Annotated[
    tuple[IPv4Network | IPv6Network, ...],
    BeforeValidator(lambda value: tuple(map(ip_network, _split(value)))),
]


class Settings(BaseModel):
    """What every service reads; a field's name in capitals is its variable."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=str.upper,
        hide_input_in_errors=True,
    )

    #: Readable log lines instead of JSON, and more of them.
    debug: bool = False

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """Return the settings; raise SettingsError naming every fault at once."""
        values, faults = _collect(cls, environ)
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            unreadable = {fault.split("_FILE: ")[0] for fault in faults}
            faults += [
                _fault(problem["loc"], problem["type"], problem["msg"])
                for problem in error.errors()
                if str(problem["loc"][0]) not in unreadable
            ]
            raise SettingsError(faults) from None
        if faults:
            raise SettingsError(faults)
        return settings

    def summary(self) -> dict[str, object]:
        """Return the settings for the start-up log line, each secret as true or false.

        Addresses are cut to their host, since they may carry a password.
        """
        return {name: _shown(getattr(self, name)) for name in type(self).model_fields}


class TraceSettings(Settings):
    """Where traces go, and which of them."""

    #: The collector that takes traces by OTLP over HTTP, without `/v1/traces`. Unset,
    #: there are none, and they cost nothing ([operations.md](operations.md#traces)).
    otel_exporter_otlp_endpoint: HttpUrl | None = None
    #: Headers for the collector, `name=value` with commas between.
    otel_exporter_otlp_headers: HeaderList | None = None
    #: How traces call the service.
    #: Default: the service's own name
    otel_service_name: str | None = None
    #: Which traces are kept; the `parentbased_` ones do as the caller does.
    otel_traces_sampler: Literal[
        "parentbased_always_on",
        "parentbased_always_off",
        "parentbased_traceidratio",
        "always_on",
        "always_off",
        "traceidratio",
    ] = "parentbased_always_on"
    #: The share that a `traceidratio` keeps.
    otel_traces_sampler_arg: float = Field(default=1.0, ge=0, le=1)


class BrokerSettings(TraceSettings):
    """What every service on the bus reads."""

    #: `amqp://` or `amqps://` address with login and virtual host. Of a cluster each
    #: node's, with commas between: a client goes on to the next where one is away.
    rabbitmq_url: AmqpUrl

    def state_folder(self, service: str) -> Path:
        """Return a folder in the user's home for what a service keeps by default.

        It is another one for each broker's address; of several, the first counts, so
        that a broker can get more nodes.
        """
        broker = urlsplit(addresses_of(self.rabbitmq_url.get_secret_value())[0])
        address = f"{broker.hostname}:{broker.port or ''}{broker.path}"
        name = f"{service}-{hashlib.sha256(address.encode()).hexdigest()[:12]}"
        return Path.home() / ".local" / "state" / "melotech" / name


def _collect(
    cls: type[Settings], environ: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    values: dict[str, str] = {}
    faults: list[str] = []
    for field in cls.model_fields:
        name = field.upper()
        file = environ.get(f"{name}_FILE", "").strip()
        if file:
            try:
                values[name] = Path(file).read_text(encoding="utf-8").strip()
                if not values[name]:
                    faults.append(f"{name}_FILE: {file}: is empty")
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "is not UTF-8"
                faults.append(f"{name}_FILE: {file}: {reason}")
        elif environ.get(name, "").strip():
            values[name] = environ[name].strip()
    return values, faults


def _fault(location: tuple[int | str, ...], kind: str, message: str) -> str:
    # A default that is at fault is called by its field's name.
    name = str(location[0]).upper()
    if kind == "missing":
        return f"{name}: is missing (set it, or {name}_FILE)"
    return f"{name}: {message.removeprefix('Value error, ')}"


def _shown(value: object) -> object:
    if isinstance(value, IPv4Network | IPv6Network):
        return str(value)
    if isinstance(value, SecretStr):
        return _hosts(value) if _is_url(value) else bool(value.get_secret_value())
    if isinstance(value, tuple):
        return [_shown(part) for part in value]
    return str(value) if isinstance(value, Path) else value


def _hosts(value: SecretStr) -> str:
    urls = addresses_of(value.get_secret_value())
    return ", ".join(urlsplit(url).hostname or "" for url in urls)


def _is_url(value: SecretStr) -> bool:
    return value.get_secret_value().startswith(("amqp://", "amqps://"))
