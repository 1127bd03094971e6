"""Where does a mail go? The row's own address, else the one that Supabase knows."""

from __future__ import annotations

import threading

import requests
from urllib3.exceptions import HTTPError

from mailer_worker.bounded import body_of
from mailer_worker.plan import Send
from shared import supabase
from shared.errors import Permanent, Transient
from shared.supabase import Query

TIMEOUT = (5.0, 10.0)


class Recipients:
    """Look addresses up; each thread keeps a connection of its own."""

    def __init__(self, *, supabase_url: str, service_key: str) -> None:
        self._supabase_url = supabase_url
        self._headers = supabase.credentials(service_key)
        self._of_thread = threading.local()

    def address_for(self, send: Send) -> str:
        """Return the artist's address.

        Raises Permanent where there is none, Transient or Misconfigured where
        Supabase cannot be asked.
        """
        if send.own_email:
            return send.own_email
        if send.artist_id is None:
            raise Permanent("the submission names no artist and carries no address")
        user = supabase.read_user(*self._get(supabase.user_by("id", send.artist_id)))
        if user and user.email:
            return user.email
        # A project may refer to auth users directly, without a row in `users`.
        auth_id = user.authid if user else send.artist_id
        if auth_id:
            email = supabase.read_auth_email(*self._get(supabase.auth_user(auth_id)))
            if email:
                return email
        raise Permanent("no mail address is known for the artist")

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
            raise Transient(f"Supabase: {type(error).__name__}") from error

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = requests.Session()
            session.headers.update(self._headers)
            self._of_thread.session = session
        return session
