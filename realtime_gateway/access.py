"""Who is it, and into which room may they go? Decided from checked claims alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import MeloTechError
from shared.supabase import User
from shared.topology import room_admin, room_artist
from shared.versions import microseconds

#: API keys in the shape of a JWT: they are nobody, and one of them may do everything.
KEY_ROLES = frozenset({"anon", "service_role"})


#: The year 5138, in Unix seconds.
LATEST = 10**11


class TokenRefused(MeloTechError):
    """The token proves nothing: wrong signature, audience, shape or kind."""


class TokenExpired(MeloTechError):
    """The token was good once: its owner should come back with a fresh one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A person as the token tells it; times are Unix seconds."""

    subject: str
    issued_at: float
    expires_at: float
    admin_by_token: bool


@dataclass(frozen=True, slots=True)
class AdminRoom:
    """The address `/ws/admin`."""


@dataclass(frozen=True, slots=True)
class ArtistRoom:
    """The address `/ws/artist/{user_id}`."""

    user_id: str


Address = AdminRoom | ArtistRoom


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A room that may be joined: `room` is its name, `keys` all that it is reached by.

    An artist is known by the auth user's id and by the `users` row's id; events carry
    one or the other, and both lead to the same room.
    """

    room: str
    keys: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Return `admin` or `artist`, nobody's id."""
        return self.room.partition(":")[0]

    @property
    def artist_ids(self) -> list[str] | None:
        """Return whose submissions may be seen, None for all."""
        if self.room == room_admin():
            return None
        return [key.partition(":")[2] for key in self.keys]


def bearer_token(authorization: str) -> str | None:
    """Return the token of an Authorization header, None for another scheme."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def identify(claims: Mapping[str, Any]) -> Identity:
    """Return whom the claims of a verified token speak of; raise TokenRefused."""
    role = claims.get("role", "")
    if not isinstance(role, str) or role in KEY_ROLES:
        raise TokenRefused("a key is not a person")
    subject = claims.get("sub")
    # JSON can spell halves of characters, which no question to Supabase can carry.
    if not isinstance(subject, str) or not subject or not subject.isprintable():
        raise TokenRefused("the token names no user")
    metadata = claims.get("app_metadata")
    role_of_app = metadata.get("role") if isinstance(metadata, dict) else None
    return Identity(
        subject=subject,
        issued_at=_seconds(claims.get("iat")),
        expires_at=_moment(claims["exp"]),
        admin_by_token=role_of_app == "admin",
    )


def needs_user(address: Address, identity: Identity) -> bool:
    """Tell whether the `users` row must be known before the room can be decided."""
    return not (isinstance(address, AdminRoom) and identity.admin_by_token)


def seat(address: Address, identity: Identity, user: User | None) -> Seat | None:
    """Return the seat at the address, None where it is not theirs."""
    if isinstance(address, AdminRoom):
        flagged = user is not None and user.has_admin_flag
        admin = identity.admin_by_token or flagged
        return Seat(room=room_admin(), keys=(room_admin(),)) if admin else None
    ids = {identity.subject} | ({str(user.id)} if user else set())
    if address.user_id not in ids:
        return None
    name = str(user.id) if user else identity.subject
    return Seat(room=room_artist(name), keys=tuple(sorted(map(room_artist, ids))))


def is_banned(until: str | None, now: float) -> bool:
    """Tell whether a ban is in force at `now` (Unix seconds)."""
    moment = microseconds(until)
    return moment is not None and moment > now * 1_000_000


def _moment(claim: object) -> float:
    if isinstance(claim, int | float) and 0 <= claim <= LATEST:
        return float(claim)
    raise TokenRefused("the token's end is no moment")


def _seconds(claim: object) -> float:
    # A token that does not say when it was issued counts as the oldest.
    if isinstance(claim, int | float) and 0 <= claim <= LATEST:
        return float(claim)
    return 0.0
