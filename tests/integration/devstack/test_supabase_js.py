"""Supabase's own JavaScript client gets from the stand-in all that pages ask for."""

from __future__ import annotations

import json
from pathlib import Path

from tests.plugins.node import run_script
from tests.plugins.services import ANON_KEY

SCRIPT = Path(__file__).with_name("supabase_js.mjs")


def test_supabase_js_signs_in_reads_writes_hears_and_signs_out(supabase):
    told = json.loads(run_script(SCRIPT, supabase.url, ANON_KEY))

    assert told == {
        "wrongPassword": "invalid_credentials",
        "session": True,
        "role": "admin",
        "person": ["Admin", True],
        "nobody": [None, None],
        "changed": [7, "Gut!"],
        "lost": "PGRST116",
        "heard": [206, "RIFF", "audio/wav"],
        "unheard": "Object not found",
        "own": True,
        "ownFile": None,
        "foreignFile": "Object not found",
        "refused": "42501",
        "refreshed": True,
        "local": None,
        "otherWindow": None,
        "global": None,
        "everywhere": "refresh_token_not_found",
        "after": None,
    }
