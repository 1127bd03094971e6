"""Run the smoke test against BASE_URL: a tick or a cross per step, exit 1 on a cross.

Reads WEBHOOK_SECRET, SUPABASE_URL, VITE_SUPABASE_ANON_KEY, SMOKE_EMAIL and
SMOKE_PASSWORD (an admin), SMOKE_MAIL_TO (who gets a real mail; else none is sent).
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping

import aiohttp

from devstack.session import SignInFailed
from devstack.smoke.checks import STEPS, Cross, Deployment

FAILURES = (Cross, SignInFailed, OSError, aiohttp.ClientError, TimeoutError)


async def smoke(environ: Mapping[str, str]) -> int:
    """Return 0 when every step has its tick."""
    base_url = (environ.get("BASE_URL") or "http://localhost:8000").rstrip("/")
    print(f"smoke test of {base_url}")
    crosses = 0
    async with aiohttp.ClientSession() as session:
        deployment = Deployment(base_url=base_url, environ=environ, session=session)
        for step in STEPS:
            started = time.perf_counter()
            try:
                mark, seen = "✓", await step(deployment)
            except (*FAILURES, KeyError, TypeError, ValueError) as error:
                mark, seen = "✗", f"{error}" or type(error).__name__
                crosses += 1
            spent = (time.perf_counter() - started) * 1000
            what = (step.__doc__ or "").rstrip(".")
            print(f" {mark} {what:<58} {spent:6.0f} ms  {seen}", flush=True)
        if deployment.ws:
            await deployment.ws.close()
    print("all well" if not crosses else f"{crosses} of {len(STEPS)} steps failed")
    return 1 if crosses else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(smoke(os.environ)))
