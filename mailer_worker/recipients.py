"""To whom does a mail go, and in which language? The row says, else Supabase."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from mailer_worker.bounded import body_of
from mailer_worker.environment import session_for
from mailer_worker.plan import Send
from shared import supabase
from shared.addresses import one_address
from shared.errors import MeloTechError, Permanent, Transient
from shared.supabase import Query, User

TIMEOUT = (5.0, 10.0)
PEER = "Supabase"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """An address, and the locale that its owner has chosen, as it stands there."""

    address: str
    locale: str | None


class Recipients:
    """Look artists up; each thread keeps a connection of its own."""

    def __init__(self, *, supabase_url: str, service_key: str) -> None:
        self._supabase_url = supabase_url
        self._headers = supabase.credentials(service_key)
        self._of_thread = threading.local()

    def recipient_of(self, send: Send) -> Recipient:
        """Return the artist.

        Raises Permanent where there is no address, Transient or Misconfigured where
        Supabase cannot be asked for it.
        """
        if send.own_email:
            return Recipient(address=send.own_email, locale=self._locale_of(send))
        if send.artist_id is None:
            raise Permanent("the submission names no artist and carries no address")
        user = self._user(send.artist_id)
        locale = send.locale or _locale_in(user)
        address = one_address(user.email if user else None)
        if address:
            return Recipient(address=address, locale=locale)
        # A project may refer to auth users directly, without a row in `users`.
        auth_id = user.authid if user else send.artist_id
        if auth_id:
            answer = self._get(supabase.auth_user(auth_id))
            address = one_address(supabase.read_auth_email(*answer))
            if address:
                return Recipient(address=address, locale=locale)
        raise Permanent("no mail address is known for the artist")

    def _locale_of(self, send: Send) -> str | None:
        if send.locale or send.artist_id is None:
            return send.locale
        try:
            return _locale_in(self._user(send.artist_id))
        except MeloTechError:
            # The mail need not wait for the sake of its language.
            return None

    def _user(self, artist_id: str) -> User | None:
        return supabase.read_user(*self._get(supabase.user_by("id", artist_id)))

    def _get(self, query: Query) -> tuple[int, bytes]:
        try:
            answer = self._session().get(
                self._supabase_url + query.path,
                params=dict(query.params),
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            )
            return answer.status_code, body_of(answer, seconds=TIMEOUT[1])
        except (requests.RequestException, HTTPError) as error:
            raise Transient(f"{PEER}: {type(error).__name__}") from error

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = session_for(self._supabase_url)
            session.headers.update(self._headers)
            self._of_thread.session = session
        return session


def _locale_in(user: User | None) -> str | None:
    found: Any = user.locale if user else None
    return found if isinstance(found, str) else None
