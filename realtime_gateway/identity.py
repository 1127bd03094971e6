"""The `users` row of whoever connects, remembered for a minute."""

from __future__ import annotations

import time
from collections import OrderedDict

import aiohttp

from shared import supabase
from shared.errors import Transient
from shared.supabase import User

LIFETIME = 60.0
MAX_REMEMBERED = 10_000
TIMEOUT = aiohttp.ClientTimeout(total=5)


class UserDirectory:
    """Look users up by their auth id; a storm of reconnects asks once each."""

    def __init__(
        self, session: aiohttp.ClientSession, *, supabase_url: str, service_key: str
    ) -> None:
        self._session = session
        self._supabase_url = supabase_url
        self._headers = supabase.credentials(service_key)
        self._known: OrderedDict[str, tuple[float, User | None]] = OrderedDict()

    async def user_of(self, auth_id: str) -> User | None:
        """Return the row whose authid this is, None where there is none.

        Raises Transient or Misconfigured where Supabase cannot be asked.
        """
        known = self._known.get(auth_id)
        if known and time.monotonic() - known[0] < LIFETIME:
            return known[1]
        user = await self._ask(auth_id)
        self._known[auth_id] = (time.monotonic(), user)
        self._known.move_to_end(auth_id)
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        return user

    async def _ask(self, auth_id: str) -> User | None:
        query = supabase.user_by("authid", auth_id)
        try:
            async with self._session.get(
                self._supabase_url + query.path,
                params=query.params,
                headers=self._headers,
                timeout=TIMEOUT,
            ) as answer:
                return supabase.read_user(answer.status, await answer.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            kind = type(error).__name__
            raise Transient(f"Supabase cannot be asked ({kind})") from error
