"""Sign in, join ROOM, and print what it hears until Ctrl-C.

ROOM is `admin` (default) or `artist:<id>`; WATCH_EMAIL and WATCH_PASSWORD sign in, by
default as the stand-in's admin, or as the artist whose room it is.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import Mapping
from datetime import datetime

import aiohttp

from devstack.session import Project, SignInFailed, join, sign_in, socket_url
from devstack.watch.lines import line
from realtime_gateway.close_codes import CloseCode
from shared import supabase
from shared.errors import MeloTechError

LONGEST_PAUSE = 10.0
NEVER = {code.number for code in CloseCode if code.reconnect == "never"}


async def watch(environ: Mapping[str, str]) -> int:
    """Print until told to stop; come back after a drop, missing nothing."""
    room = environ.get("ROOM") or "admin"
    url = socket_url(environ.get("BASE_URL") or "http://localhost:8000", room)
    project = Project.of(environ)
    password = environ.get("WATCH_PASSWORD") or "melotech"
    since: str | None = None
    failures = 0
    async with aiohttp.ClientSession() as session:
        email = environ.get("WATCH_EMAIL") or await _owner(session, environ, room)
        while True:
            try:
                token = await sign_in(session, project, email, password)
                async with session.ws_connect(url, heartbeat=20) as ws:
                    welcome = await join(ws, token, since)
                    failures = 0
                    if welcome["recovered"] is False:
                        since = welcome["last_event_id"]
                    say(line(welcome))
                    since = await _print(ws, since)
                say(f"closed with {ws.close_code}")
                if ws.close_code in NEVER:
                    return 1
            except (SignInFailed, OSError, aiohttp.ClientError, TimeoutError) as error:
                say(f"cannot connect: {error}")
            failures += 1
            # Full jitter: a crowd that was cut off together does not return together.
            pause = random.uniform(0, min(LONGEST_PAUSE, 0.2 * 2**failures))  # noqa: S311
            await asyncio.sleep(pause)


async def _print(ws: aiohttp.ClientWebSocketResponse, since: str | None) -> str | None:
    async for frame in ws:
        if frame.type is aiohttp.WSMsgType.TEXT:
            message = json.loads(frame.data)
            since = message.get("id", since)
            say(line(message))
    return since


async def _owner(
    session: aiohttp.ClientSession, environ: Mapping[str, str], room: str
) -> str:
    """Return the address of the room's artist; the admin's for any other room."""
    kind, _, artist_id = room.partition(":")
    key = environ.get("SUPABASE_SERVICE_ROLE_KEY")
    if kind != "artist" or not key:
        return "admin@melotech.test"
    for column in ("id", "authid"):
        query = supabase.user_by(column, artist_id)
        async with session.get(
            environ["SUPABASE_URL"].rstrip("/") + query.path,
            params=query.params,
            headers=supabase.credentials(key),
        ) as answer:
            user = supabase.read_user(answer.status, await answer.read())
        if user and user.email:
            return user.email
    raise SignInFailed(f"no artist has the id {artist_id}; set WATCH_EMAIL")


def say(text: str) -> None:
    """Print a line with the time of day."""
    now = datetime.now().astimezone()
    print(f"{now:%H:%M:%S}.{now.microsecond // 1000:03d}  {text}", flush=True)


async def main(environ: Mapping[str, str]) -> int:
    """Watch until SIGINT or SIGTERM, which end it with 0."""
    task = asyncio.create_task(watch(environ))
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return 0
    except (SignInFailed, MeloTechError) as error:
        print(f"watch: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(os.environ)))
