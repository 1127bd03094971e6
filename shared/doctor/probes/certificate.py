"""The certificate that an https address shows, and whether it is believed."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.doctor.probes.http import TIMEOUT, NoAnswer, reason_of

HTTPS_PORT = 443


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """A chain that ends at an authority we know; `ends_at` in seconds since 1970."""

    ends_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Disbelieved:
    """OpenSSL's reason, as the end of a sentence."""

    reason: str


Shown = Believed | Disbelieved | NoAnswer


def certificate_of(url: str) -> Shown:
    """Return what the server at an https address shows."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or HTTPS_PORT
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((host, port), timeout=TIMEOUT) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            told = secured.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return Disbelieved(reason=error.verify_message)
    except OSError as error:
        return NoAnswer(reason_of(error))
    return Believed(ends_at=ssl.cert_time_to_seconds(str(told["notAfter"])))
