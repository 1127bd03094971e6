"""The table itself, through PostgREST: what the change log does not go back to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp

from realtime_gateway.api.problems import at_fault
from realtime_gateway.api.rows import Listing, Row
from realtime_gateway.api.scope import Scope
from realtime_gateway.api.snapshot import MAX_PAGE_BYTES, Wanted
from shared import supabase
from shared.errors import Transient
from shared.supabase import SubmissionRow, ValueRefused
from shared.versions import Version, microseconds

#: For all that a page needs to ask, in seconds.
DEADLINE = 10.0
#: A longer answer is not read to its end; fewer rows are asked for then.
MAX_ANSWER_BYTES = 2 * MAX_PAGE_BYTES
_CHUNK = 65_536


class _TooLong(Exception):
    """The answer is longer than we read."""


class SubmissionsTable:
    """Rows of `submissions`, with the service key: the caller's scope is our task."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        supabase_url: str,
        service_key: str,
        table: str,
    ) -> None:
        self._session = session
        self._supabase_url = supabase_url
        self._headers = supabase.credentials(service_key)
        self._table = table

    async def listings(self, wanted: Wanted) -> list[Listing]:
        """Return what is wanted, a listing for each id of the artist.

        An id that the column cannot hold has no rows: of an artist's two ids one may
        be a number and the other a uuid. Raises Problem where `after` is no id of
        this table, Transient or Misconfigured where the table cannot be read.
        """
        artists = wanted.scope.artist_ids
        async with _in_time():
            return [
                await self._listing(wanted, artist)
                for artist in ((None,) if artists is None else artists)
            ]

    async def _listing(self, wanted: Wanted, artist_id: str | None) -> Listing:
        """Return up to one row more than the limit.

        The project may allow fewer rows in an answer than are asked for, so only an
        empty one is the end.
        """
        rows: list[Row] = []
        after, chunk, size = wanted.after, wanted.limit + 1, 0
        while len(rows) <= wanted.limit and size <= MAX_PAGE_BYTES:
            query = supabase.submissions(
                self._table,
                after=after,
                artist_id=artist_id,
                status=wanted.status,
                limit=min(chunk, wanted.limit + 1 - len(rows)),
            )
            try:
                found = await self._ask(query)
            except _TooLong:
                if chunk == 1:
                    raise Transient("a row is too large to be read") from None
                chunk //= 2
                continue
            except ValueRefused as refused:
                if wanted.after and f'"{wanted.after}"' in str(refused):
                    raise at_fault("cursor", "is not of this table") from None
                return Listing(rows=[], complete=True)
            if not found:
                return Listing(rows=rows, complete=True)
            rows += found
            after = found[-1].id
            size += sum(len(row.json) for row in found)
        return Listing(rows=rows, complete=False)

    async def has(self, submission_id: str, scope: Scope) -> bool:
        """Tell whether there is such a row within the scope; raises as `listings`."""
        async with _in_time():
            for artist_id in (None,) if scope.artist_ids is None else scope.artist_ids:
                query = supabase.submission_by(self._table, submission_id, artist_id)
                with suppress(ValueRefused):
                    if await self._ask(query):
                        return True
        return False

    async def _ask(self, query: supabase.Query) -> list[Row]:
        try:
            async with self._session.get(
                self._supabase_url + query.path,
                params=query.params,
                headers=self._headers,
                allow_redirects=False,
            ) as answer:
                body = await _body_of(answer)
                found = supabase.read_submissions(answer.status, body)
        except aiohttp.ClientError as error:
            kind = type(error).__name__
            raise Transient(f"Supabase cannot be asked ({kind})") from error
        return [_row_of(each) for each in found]


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(DEADLINE):
            yield
    except TimeoutError:
        raise Transient("Supabase takes too long to answer") from None


def _row_of(found: SubmissionRow) -> Row:
    version = Version(updated_at=microseconds(found.updated_at))
    return Row(id=found.id, version=version, json=found.json)


async def _body_of(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for part in answer.content.iter_chunked(_CHUNK):
        body += part
        if len(body) > MAX_ANSWER_BYTES:
            raise _TooLong
    return bytes(body)
