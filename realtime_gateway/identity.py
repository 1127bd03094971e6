"""Who somebody is to Supabase: the `users` row, kept for a minute, and GoTrue's."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict

import aiohttp

from shared import supabase
from shared.errors import Transient
from shared.supabase import AuthUser, Query, User

LIFETIME = 60.0
#: Who has no row yet may get one at any moment: signing up is two steps.
ABSENT_LIFETIME = 2.0
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
        self._asking: dict[str, asyncio.Task[User | None]] = {}

    async def user_of(self, auth_id: str) -> User | None:
        """Return the row whose authid this is, None where there is none.

        Raises Transient or Misconfigured where Supabase cannot be asked.
        """
        until, user = self._known.get(auth_id, (float("-inf"), None))
        if time.monotonic() < until:
            return user
        asking = self._asking.get(auth_id)
        if asking is None:
            asking = asyncio.create_task(self._ask(auth_id))
            self._asking[auth_id] = asking
            asking.add_done_callback(lambda done: self._answered(auth_id, done))
        return await asyncio.shield(asking)

    def forget(self, auth_id: str) -> None:
        """Ask anew next time."""
        self._known.pop(auth_id, None)

    async def user_with_id(self, user_id: str) -> User | None:
        """Return the row whose id this is, as it is now; raises as `user_of`."""
        status, body = await self._get(supabase.user_by("id", user_id))
        return supabase.read_user(status, body)

    async def auth_user_of(self, auth_id: str) -> AuthUser | None:
        """Return the auth user as it is now, None where there is none.

        Raises Transient or Misconfigured where Supabase cannot be asked.
        """
        status, body = await self._get(supabase.auth_user(auth_id))
        return supabase.read_auth_user(status, body)

    def _answered(self, auth_id: str, asked: asyncio.Task[User | None]) -> None:
        del self._asking[auth_id]
        if asked.cancelled() or asked.exception():
            return
        user = asked.result()
        lifetime = LIFETIME if user else ABSENT_LIFETIME
        self._known[auth_id] = (time.monotonic() + lifetime, user)
        self._known.move_to_end(auth_id)
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)

    async def _ask(self, auth_id: str) -> User | None:
        status, body = await self._get(supabase.user_by("authid", auth_id))
        return supabase.read_user(status, body)

    async def _get(self, query: Query) -> tuple[int, bytes]:
        try:
            async with self._session.get(
                self._supabase_url + query.path,
                params=query.params,
                headers=self._headers,
                timeout=TIMEOUT,
                # The key in `apikey` would go with it, to whomever.
                allow_redirects=False,
            ) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            kind = type(error).__name__
            raise Transient(f"Supabase cannot be asked ({kind})") from error
