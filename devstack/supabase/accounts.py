"""Who can sign in: passwords, sessions, bans, and what an administrator has set."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

#: Sign-ins that can be refreshed; the oldest end when there are more.
MAX_SESSIONS = 10_000
#: Seconds in which a spent refresh token is taken again, as by Supabase: an answer may
#: be lost, and tabs that share a session may ask at once.
REUSE_INTERVAL = 10.0

SCHEMA = """
create table if not exists logins (
    auth_id text primary key, email text not null unique,
    salt blob not null, digest blob not null
);
create table if not exists refresh_tokens (
    token text primary key, auth_id text not null, session_id text not null
);
create table if not exists spent_tokens (
    token text primary key, spent_at real not null
);
create table if not exists decrees (
    auth_id text primary key, banned_until text, app_metadata text not null
);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An auth user, which exists with or without a row in `users`."""

    auth_id: str
    email: str
    banned_until: datetime | None
    #: What was set over the metadata that everybody has; None takes a key away.
    app_metadata: dict[str, Any]

    def is_banned(self, now: datetime) -> bool:
        """Tell whether the ban still lasts."""
        return self.banned_until is not None and now < self.banned_until


class Accounts:
    """The accounts in the stand-in's one file."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._db.executescript(SCHEMA)

    def add(self, auth_id: str, email: str, password: str) -> None:
        """Add an account, unless it is there already."""
        salt = secrets.token_bytes(16)
        with suppress(sqlite3.IntegrityError), self._db:
            self._db.execute(
                "insert into logins values (?, ?, ?, ?)",
                (auth_id, email, salt, _digest(password, salt)),
            )

    def find(self, auth_id: str) -> Account | None:
        """Return the account."""
        found = self._db.execute(
            "select email, banned_until, coalesce(app_metadata, '{}') from logins"
            " left join decrees using (auth_id) where auth_id = ?",
            (auth_id,),
        ).fetchone()
        if not found:
            return None
        email, until, metadata = found
        return Account(
            auth_id=auth_id,
            email=email,
            banned_until=datetime.fromisoformat(until) if until else None,
            app_metadata=json.loads(metadata),
        )

    def decree(
        self,
        auth_id: str,
        *,
        banned_until: datetime | None,
        app_metadata: dict[str, Any],
    ) -> None:
        """Set what an administrator decides."""
        until = banned_until.isoformat() if banned_until else None
        with self._db:
            self._db.execute(
                "insert or replace into decrees values (?, ?, ?)",
                (auth_id, until, json.dumps(app_metadata)),
            )

    def delete(self, auth_id: str) -> None:
        """Delete the account with its sessions; the row in `users` stays."""
        with self._db:
            for table in ("logins", "refresh_tokens", "decrees"):
                self._db.execute(
                    f"delete from {table} where auth_id = ?",  # noqa: S608 # our names
                    (auth_id,),
                )

    def check_password(self, email: str, password: str) -> str | None:
        """Return the auth id when the password is right."""
        found = self._db.execute(
            "select auth_id, salt, digest from logins where email = ?",
            (email.strip().lower(),),
        ).fetchone()
        if not found:
            return None
        auth_id, salt, digest = found
        right = secrets.compare_digest(_digest(password, salt), digest)
        return str(auth_id) if right else None

    def new_refresh_token(self, auth_id: str, session_id: str) -> str:
        """Return a fresh token, good until it is spent."""
        token = secrets.token_urlsafe(16)
        with self._db:
            newest = self._db.execute(
                "insert into refresh_tokens values (?, ?, ?)",
                (token, auth_id, session_id),
            ).lastrowid
            self._db.execute(
                "delete from refresh_tokens where rowid <= ?",
                ((newest or 0) - MAX_SESSIONS,),
            )
        return token

    def session_of(self, token: str) -> tuple[str, str] | None:
        """Return auth id and session id of a refresh token that is still good."""
        found = self._db.execute(
            "select auth_id, session_id from refresh_tokens"
            " left join spent_tokens using (token)"
            " where token = ? and coalesce(spent_at > ?, true)",
            (token, time.time() - REUSE_INTERVAL),
        ).fetchone()
        return (found[0], found[1]) if found else None

    def spend_refresh_token(self, token: str) -> None:
        """Take the token out of use, some seconds from now."""
        moment = time.time()
        with self._db:
            self._db.execute(
                "insert or ignore into spent_tokens values (?, ?)", (token, moment)
            )
            for table in ("refresh_tokens", "spent_tokens"):
                self._db.execute(
                    f"delete from {table} where token in"  # noqa: S608 # our names
                    " (select token from spent_tokens where spent_at <= ?)",
                    (moment - REUSE_INTERVAL,),
                )

    def end_sessions(
        self, auth_id: str, *, only: str | None = None, but: str | None = None
    ) -> None:
        """Take a user's refresh tokens out of use: all, or those of some sessions."""
        with self._db:
            self._db.execute(
                "delete from refresh_tokens where auth_id = ?1"
                " and (?2 is null or session_id = ?2)"
                " and (?3 is null or session_id <> ?3)",
                (auth_id, only, but),
            )


def now() -> datetime:
    """Return the moment that bans are held against."""
    return datetime.now(UTC)


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)
