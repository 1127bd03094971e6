"""PostgREST over HTTP: the tables `submissions` and `users`."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import msgspec
from aiohttp import web

from devstack.supabase import postgrest
from devstack.supabase.people import Bearer, Keys, bearer_of
from devstack.supabase.postgrest import Query, QueryError
from devstack.supabase.store import Row, Store
from devstack.supabase.tokens import TokenSigner
from shared.doctor.checks.databases import PACK, PACK_FUNCTION

SINGLE = "application/vnd.pgrst.object+json"
TABLES = frozenset({"submissions", "users"})
MAX_ROWS = 1_000
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Rest:
    """The handler of `/rest/v1/{table}`."""

    def __init__(self, store: Store, signer: TokenSigner, keys: Keys) -> None:
        self._store = store
        self._signer = signer
        self._keys = keys

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        app.router.add_get(f"/rest/v1/rpc/{PACK_FUNCTION}", self.pack_version)
        app.router.add_route("*", "/rest/v1/{table}", self.handle)

    async def handle(self, request: web.Request) -> web.Response:
        """Carry out one request; every error has PostgREST's shape."""
        try:
            return await self._carry_out(request)
        except QueryError as error:
            body = {
                "code": error.code,
                "message": error.message,
                "details": None,
                "hint": None,
            }
            return web.json_response(body, status=error.status)

    async def pack_version(self, request: web.Request) -> web.Response:
        """Answer as the SQL pack's one public function does."""
        bearer = bearer_of(request.headers, self._keys, self._signer, self._store)
        if bearer is None or bearer.role != "service_role":
            text = f"permission denied for function {PACK_FUNCTION}"
            return web.json_response({"code": "42501", "message": text}, status=403)
        return web.json_response(PACK)

    async def _carry_out(self, request: web.Request) -> web.Response:
        table = request.match_info["table"]
        if table not in TABLES:
            text = f"Could not find the table 'public.{table}' in the schema cache"
            raise QueryError(404, "PGRST205", text)
        bearer = bearer_of(request.headers, self._keys, self._signer, self._store)
        if bearer is None:
            raise QueryError(401, "PGRST301", "No suitable key or wrong key type")
        query = postgrest.parse(list(request.query.items()))
        match request.method:
            case "GET" | "HEAD":
                return self._answer(request, query, self._visible(table, bearer, query))
            case "POST":
                return await self._insert(request, table, bearer, query)
            case "PATCH":
                return await self._update(request, table, bearer, query)
            case "DELETE":
                return self._delete(request, table, bearer, query)
        raise QueryError(405, "PGRST117", f"Unsupported HTTP method: {request.method}")

    def _visible(self, table: str, bearer: Bearer, query: Query) -> list[Row]:
        rows = self._store.rows(table, query.ids)
        visible = (row for row in rows if bearer.may_see(table, row))
        return postgrest.chosen(visible, query)[:MAX_ROWS]

    async def _insert(
        self, request: web.Request, table: str, bearer: Bearer, query: Query
    ) -> web.Response:
        given = await _body(request)
        rows = given if isinstance(given, list) else [given]
        if not all(isinstance(row, dict) for row in rows):
            raise QueryError(400, "PGRST102", "All objects must be JSON objects")
        if not all(bearer.may_write(table, "INSERT", row) for row in rows):
            raise _forbidden(table)
        try:
            made = self._store.insert(table, rows, by=bearer.auth_id)
        except sqlite3.IntegrityError:
            text = "duplicate key value violates unique constraint"
            raise QueryError(409, "23505", text) from None
        return self._answer(request, query, made, status=201)

    async def _update(
        self, request: web.Request, table: str, bearer: Bearer, query: Query
    ) -> web.Response:
        values = await _body(request)
        if not isinstance(values, dict):
            raise QueryError(400, "PGRST102", "Empty or invalid json")
        ids = self._writable(table, "UPDATE", bearer, query)
        made = self._store.update(table, ids, values, by=bearer.auth_id)
        return self._answer(request, query, made)

    def _delete(
        self, request: web.Request, table: str, bearer: Bearer, query: Query
    ) -> web.Response:
        ids = self._writable(table, "DELETE", bearer, query)
        gone = self._store.delete(table, ids, by=bearer.auth_id)
        return self._answer(request, query, gone)

    def _writable(
        self, table: str, operation: str, bearer: Bearer, query: Query
    ) -> list[str]:
        if not query.filters:
            raise QueryError(400, "21000", f"{operation} requires a WHERE clause")
        rows = self._visible(table, bearer, query)
        if not all(bearer.may_write(table, operation, row) for row in rows):
            raise _forbidden(table)
        return [row["id"] for row in rows]

    def _answer(
        self, request: web.Request, query: Query, rows: list[Row], status: int = 200
    ) -> web.Response:
        prefer = request.headers.get("Prefer", "")
        reading = request.method in {"GET", "HEAD"}
        if not reading and "return=representation" not in prefer:
            return web.Response(status=201 if status == 201 else 204)
        users = {str(user["id"]): user for user in self._store.rows("users")}
        found = [postgrest.shown(row, query, users) for row in rows]
        if SINGLE not in request.headers.get("Accept", ""):
            return web.json_response(found, status=status)
        if len(found) != 1:
            text = "Cannot coerce the result to a single JSON object"
            raise QueryError(406, "PGRST116", text)
        return web.json_response(found[0], status=status)


def _forbidden(table: str) -> QueryError:
    text = f'new row violates row-level security policy for table "{table}"'
    return QueryError(403, "42501", text)


async def _body(request: web.Request) -> Any:
    body = await request.read()
    if _NUL.search(body):
        raise QueryError(400, "22P05", "unsupported Unicode escape sequence")
    try:
        # Refuses what json.loads takes and Postgres does not: NaN, half a surrogate.
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise QueryError(400, "PGRST102", "Empty or invalid json") from None
