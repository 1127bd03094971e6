"""What the doctor alone reads from the environment."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from shared.settings import HttpUrl, Settings


def _with_login(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http:// or https:// address")
    return value


class DoctorSettings(Settings):
    """Settings of the doctor; all may be left out."""

    #: RabbitMQ's management pages, `http://user:password@host:15672`; without a login
    #: in it that of `RABBITMQ_URL`. With it bindings are compared too.
    rabbitmq_management_url: (
        Annotated[SecretStr, AfterValidator(_with_login)] | None
    ) = None
    #: The edge, as the place where the doctor runs reaches it.
    #: Default: `PUBLIC_URL`
    edge_url: HttpUrl | None = None
