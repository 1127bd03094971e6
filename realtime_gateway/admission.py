"""Turn a token and an address into a seat, or into the code that closes the socket."""

from __future__ import annotations

import time
from dataclasses import replace

from realtime_gateway.access import (
    Address,
    AdminRoom,
    ArtistRoom,
    Identity,
    Seat,
    TokenExpired,
    TokenRefused,
    is_banned,
    needs_user,
    seat,
)
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.identity import UserDirectory
from realtime_gateway.revocation import Revocations
from realtime_gateway.tokens import TokenVerifier
from shared.errors import MeloTechError, Misconfigured, Transient

#: Longer than any id; a path is hostile input too.
MAX_USER_ID_LENGTH = 128


class Refusal(MeloTechError):
    """The socket ends here; `code` tells its client what to do next."""

    def __init__(self, code: CloseCode, detail: str = "") -> None:
        super().__init__(detail or code.reason)
        self.code = code


def address_of(path: str) -> Address:
    """Return the room that a path below `/ws/` asks for; raise Refusal."""
    parts = path.split("/")
    if parts == ["admin"]:
        return AdminRoom()
    if (
        len(parts) == 2
        and parts[0] == "artist"
        and 0 < len(parts[1]) <= MAX_USER_ID_LENGTH
    ):
        return ArtistRoom(parts[1])
    raise Refusal(CloseCode.NO_SUCH_ROOM)


class Admission:
    """Who may take which seat, asked of the token and, where needed, of Supabase."""

    def __init__(
        self, tokens: TokenVerifier, users: UserDirectory, revocations: Revocations
    ) -> None:
        self._tokens = tokens
        self.users = users
        self.revocations = revocations

    async def identify(self, token: str) -> Identity:
        """Return whom the token speaks of; raise Refusal."""
        try:
            return await self._tokens.verify(token)
        except TokenRefused as error:
            raise Refusal(CloseCode.TOKEN_REFUSED, str(error)) from error
        except TokenExpired as error:
            # The client holds a stale token, after sleep for instance: it should come
            # back at once with a fresh one, not stay away.
            raise Refusal(CloseCode.TOKEN_EXPIRED, str(error)) from error
        except Transient as error:
            raise Refusal(CloseCode.GOING_AWAY, str(error)) from error

    async def seat(self, address: Address, identity: Identity) -> Seat:
        """Return the seat at the address; raise Refusal where it is not theirs."""
        user = None
        if needs_user(address, identity):
            try:
                user = await self.users.user_of(identity.subject)
            except (Transient, Misconfigured) as error:
                raise Refusal(CloseCode.GOING_AWAY, str(error)) from error
        granted = seat(address, identity, user)
        if granted is None:
            raise Refusal(CloseCode.NOT_YOUR_ROOM)
        if self.revocations.covers(identity, granted):
            raise Refusal(CloseCode.TOKEN_REFUSED, "access has been revoked")
        return granted

    def forget(self, identity: Identity) -> None:
        """Ask Supabase anew when the person comes back."""
        self.users.forget(identity.subject)

    async def check_again(
        self, address: Address, identity: Identity, *, known_before: bool
    ) -> bool:
        """Raise Refusal where Supabase would no longer let the person in.

        Returns whether Supabase Auth has the person: a project may sign tokens for
        people that it never had, but who was `known_before` has been deleted.
        Raises Transient or Misconfigured where it cannot be asked.
        """
        self.users.forget(identity.subject)
        account = await self.users.auth_user_of(identity.subject)
        user = await self.users.user_of(identity.subject)
        if account is None and (known_before or user is None):
            raise Refusal(CloseCode.TOKEN_REFUSED, "the user is gone")
        if account is not None:
            if is_banned(account.banned_until, time.time()):
                raise Refusal(CloseCode.TOKEN_REFUSED, "the user is banned")
            identity = replace(identity, admin_by_token=account.has_admin_role)
        if seat(address, identity, user) is None:
            raise Refusal(CloseCode.NOT_YOUR_ROOM)
        return account is not None
