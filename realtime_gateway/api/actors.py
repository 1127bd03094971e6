"""Who made a change: the auth id that came with it, as a name that people know."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from realtime_gateway.api.history import Change, Mail
from realtime_gateway.identity import UserDirectory
from shared import events
from shared.errors import Misconfigured, Transient
from shared.supabase import User

#: How long all names of a page may take together; what is not known by then is an id.
DEADLINE = 2.0
#: Of one page: more people have hardly changed one submission.
MAX_ASKED = 20
MAX_NAME = 100


async def named(
    items: Sequence[Change | Mail], users: UserDirectory
) -> list[Change | Mail]:
    """Return the items with names in place of the ids, as far as Supabase tells."""
    ids = {item.actor for item in items if isinstance(item, Change) and item.actor}
    names = await _names_of(sorted(ids)[:MAX_ASKED], users)
    return [_with_name(item, names) for item in items]


def name_of(user: User | None) -> str | None:
    """Return the name, else a masked address, None where the row has neither."""
    if user is None:
        return None
    if isinstance(user.name, str) and user.name.strip():
        return user.name.strip()[:MAX_NAME]
    return events.mask(user.email) if user.email else None


async def _names_of(ids: Sequence[str], users: UserDirectory) -> dict[str, str]:
    names: dict[str, str] = {}

    async def look_up(auth_id: str) -> None:
        # History without names is history still.
        with suppress(Transient, Misconfigured):
            name = name_of(await users.user_of(auth_id))
            if name:
                names[auth_id] = name

    with suppress(TimeoutError):
        async with asyncio.timeout(DEADLINE):
            await asyncio.gather(*map(look_up, ids))
    return names


def _with_name(item: Change | Mail, names: dict[str, str]) -> Change | Mail:
    if isinstance(item, Mail) or item.actor not in names:
        return item
    return msgspec.structs.replace(item, actor=names[item.actor])
