"""What we ask Supabase, and what its answers mean; sending is the caller's.

PostgREST answers an unknown row with 200 and `[]`, a malformed uuid with 400 (22P02).
GoTrue answers an unknown user with 404, an id that is no uuid with 404 too.
A value that a column cannot hold is an error as well: 22P02, and 22003 for a number
that is too large. An answer has at most as many rows as the project's `max-rows`
allows, whatever was asked for, and does not say so.
The new `sb_secret_` keys are no JWTs: they go into `apikey`, and into Authorization
only when both are the same, which holds for the legacy service_role JWT as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from shared.errors import MeloTechError, Misconfigured, Transient

JWKS_PATH = "/auth/v1/.well-known/jwks.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A GET request below SUPABASE_URL."""

    path: str
    params: Mapping[str, str]


class User(msgspec.Struct, frozen=True):
    """A row of `users`: `id` is what submissions refer to, `authid` the JWT's sub."""

    id: str | int
    authid: str | None = None
    email: str | None = None
    #: Whatever the project's columns hold; only a plain true makes an admin, and only
    #: text is a name or a language.
    name: Any = None
    locale: Any = None
    is_admin: Any = None
    admin: Any = None

    @property
    def has_admin_flag(self) -> bool:
        """Tell whether the row makes its owner an admin."""
        return self.is_admin is True or self.admin is True


class ValueRefused(MeloTechError):
    """A column cannot hold a value that was asked for; the text quotes it."""


class SubmissionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the submissions table as the database wrote it."""

    id: str
    updated_at: str | None
    json: msgspec.Raw


class _Submission(msgspec.Struct):
    id: str | int
    #: Whatever the project's column holds; only text is a moment.
    updated_at: Any = None


class _Failure(msgspec.Struct):
    code: str | None = None
    message: str | None = None


class AuthUser(msgspec.Struct, frozen=True):
    """A user as GoTrue's admin interface shows it."""

    email: str | None = None
    #: When a ban ends; GoTrue leaves past moments standing.
    banned_until: str | None = None
    app_metadata: Any = None

    @property
    def has_admin_role(self) -> bool:
        """Tell whether new tokens of the user would carry the admin's role."""
        metadata = self.app_metadata
        return isinstance(metadata, dict) and metadata.get("role") == "admin"


_users_decoder = msgspec.json.Decoder(list[User])
_rows_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_submission_decoder = msgspec.json.Decoder(_Submission)
_failure_decoder = msgspec.json.Decoder(_Failure)
_auth_user_decoder = msgspec.json.Decoder(AuthUser)


def credentials(service_key: str) -> dict[str, str]:
    """Return the headers that make a request the service's own."""
    return {"apikey": service_key, "Authorization": f"Bearer {service_key}"}


def user_by(column: Literal["id", "authid"], value: str) -> Query:
    """Ask for the `users` row with this id or authid.

    All columns are asked for, since naming one that a project lacks is an error.
    """
    params = {"select": "*", column: f"eq.{value}", "limit": "1"}
    return Query(path="/rest/v1/users", params=params)


def submissions(
    table: str,
    *,
    after: str | None = None,
    artist_id: str | None = None,
    status: str | None = None,
    limit: int,
) -> Query:
    """Ask for rows in the order of their ids, whole, after the id `after`."""
    params = {"select": "*", "order": "id.asc", "limit": str(limit)}
    for column, operator, value in (
        ("id", "gt", after),
        ("userid", "eq", artist_id),
        ("status", "eq", status),
    ):
        if value is not None:
            params[column] = f"{operator}.{value}"
    return Query(path=path_of(table), params=params)


def submission_by(table: str, submission_id: str, artist_id: str | None) -> Query:
    """Ask for one row, where it is this artist's (None: anybody's)."""
    params = {"select": "*", "id": f"eq.{submission_id}", "limit": "1"}
    if artist_id is not None:
        params["userid"] = f"eq.{artist_id}"
    return Query(path=path_of(table), params=params)


def auth_user(auth_id: str) -> Query:
    """Ask GoTrue's admin interface for a user."""
    return Query(path=f"/auth/v1/admin/users/{quote(auth_id, safe='')}", params={})


def read_user(status: int, body: bytes) -> User | None:
    """Return the row of a `user_by` answer, None where there is none."""
    if status == HTTPStatus.BAD_REQUEST and b"22P02" in body:
        return None
    _raise_unless_ok(status)
    try:
        rows = _users_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Transient(f"Supabase's users answer is not understood: {error}") from None
    return rows[0] if rows else None


def read_submissions(status: int, body: bytes) -> list[SubmissionRow]:
    """Return the rows of an answer to `submissions` or `submission_by`.

    Raises ValueRefused where a column cannot hold what was asked for.
    """
    if status == HTTPStatus.BAD_REQUEST:
        failure = _failure_of(body)
        if failure.code in {"22P02", "22003"}:
            raise ValueRefused(failure.message or "")
    _raise_unless_ok(status)
    try:
        body.decode("utf-8")  # raw values are not checked as text
        return [_submission_of(raw) for raw in _rows_decoder.decode(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        text = f"Supabase's submissions answer is not understood: {error}"
        raise Transient(text) from None


def read_auth_email(status: int, body: bytes) -> str | None:
    """Return the address of an `auth_user` answer, None where there is none."""
    user = read_auth_user(status, body)
    return (user.email or None) if user else None


def read_auth_user(status: int, body: bytes) -> AuthUser | None:
    """Return the user of an `auth_user` answer, None where there is none."""
    if status == HTTPStatus.NOT_FOUND:
        return None
    _raise_unless_ok(status)
    try:
        return _auth_user_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Transient(f"Supabase's auth answer is not understood: {error}") from None


def path_of(table: str) -> str:
    """Return a table's path below SUPABASE_URL."""
    return f"/rest/v1/{quote(table, safe='')}"


def _submission_of(raw: msgspec.Raw) -> SubmissionRow:
    row = _submission_decoder.decode(raw)
    updated_at = row.updated_at if isinstance(row.updated_at, str) else None
    return SubmissionRow(id=str(row.id), updated_at=updated_at, json=raw)


def _failure_of(body: bytes) -> _Failure:
    try:
        return _failure_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Failure()


def _raise_unless_ok(status: int) -> None:
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise Misconfigured(f"Supabase refuses the service key ({status})", "Supabase")
    if status != HTTPStatus.OK:
        raise Transient(f"Supabase answered {status}")
