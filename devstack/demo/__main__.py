"""Change rows the way reviewers do, for DEMO_SECONDS (60), DEMO_SEED making it repeat.

Every change goes through Supabase's own interface at SUPABASE_URL: artists submit, the
admin reviews. What you see on sockets and in the inbox is the whole path at work.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

import aiohttp

from devstack.demo.script import Edit, Step, Submit, next_step
from devstack.session import TIMEOUT, Project, SignInFailed, sign_in
from devstack.supabase.seed import PASSWORD

SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 2.0


class Cast:
    """The admin and the artists at work, signed in."""

    def __init__(self, session: aiohttp.ClientSession, project: Project) -> None:
        self._session = session
        self._project = project
        self._admin = ""
        self._artists: dict[str, str] = {}

    @property
    def artists(self) -> list[str]:
        """Return the ids (of `users`) of the artists who are signed in."""
        return list(self._artists)

    async def enter(self) -> None:
        """Sign everybody in; raise SignInFailed without an admin or any artist."""
        self._admin = await self._sign_in("admin@melotech.test")
        for user in await self.rows("users"):
            if user["email"] and not user.get("is_admin"):
                # An account of your own has a password of its own, and stays out.
                with contextlib.suppress(SignInFailed):
                    self._artists[user["id"]] = await self._sign_in(user["email"])
        if not self._artists:
            raise SignInFailed("no artist could sign in")

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """Return all rows of a table."""
        path = f"/{table}?select=*"
        found: list[dict[str, Any]] = await self._ask(self._admin, "GET", path)
        return found

    async def take(self, step: Step) -> str:
        """Carry out a step, and return the line that tells of it."""
        if isinstance(step, Submit):
            token = self._artists[step.row["userid"]]
            await self._ask(token, "POST", "/submissions", step.row)
            return f"+ {step.row['title']} ({step.row['genre']}) was submitted"
        address = f"/submissions?id=eq.{step.row['id']}"
        if isinstance(step, Edit):
            await self._ask(self._admin, "PATCH", address, step.values)
            what = ", ".join(f"{name} {value}" for name, value in step.values.items())
            return f"~ {step.row['title']}: {what}"
        await self._ask(self._admin, "DELETE", address)
        return f"- {step.row['title']} was deleted"

    async def _sign_in(self, email: str) -> str:
        return await sign_in(self._session, self._project, email, PASSWORD)

    async def _ask(
        self, token: str, method: str, path: str, body: dict[str, Any] | None = None
    ) -> Any:
        url = f"{self._project.url}/rest/v1{path}"
        headers = {
            "apikey": self._project.anon_key,
            "Authorization": f"Bearer {token}",
        }
        async with self._session.request(
            method, url, json=body, headers=headers, timeout=TIMEOUT
        ) as answer:
            answer.raise_for_status()
            return await answer.json(content_type=None)


async def demo(environ: Mapping[str, str], done: Counter[str]) -> None:
    """Change rows until the time is over; count in `done` what was done."""
    project = Project.of(environ)
    seconds = float(environ.get("DEMO_SECONDS") or 60)
    dice = Random(environ.get("DEMO_SEED") or None)  # noqa: S311 # a demo's dice
    end = asyncio.get_running_loop().time() + seconds
    async with aiohttp.ClientSession() as session:
        cast = Cast(session, project)
        await cast.enter()
        while asyncio.get_running_loop().time() < end:
            rows = await cast.rows("submissions")
            step = next_step(rows, cast.artists, dice)
            print(await cast.take(step), flush=True)
            done[type(step).__name__.lower()] += 1
            await asyncio.sleep(dice.uniform(SHORTEST_PAUSE, LONGEST_PAUSE))


async def main(environ: Mapping[str, str]) -> int:
    """Run the demo; SIGINT and SIGTERM end it early, with 0."""
    done: Counter[str] = Counter()
    task = asyncio.create_task(demo(environ, done))
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        print()
    except (SignInFailed, aiohttp.ClientError, TimeoutError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    told = ", ".join(f"{count} x {what}" for what, count in done.items())
    print(f"{done.total()} changes: {told or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(os.environ)))
