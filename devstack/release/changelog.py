"""The changelog's topmost heading: what is not released yet, and what it becomes."""

from __future__ import annotations

import datetime as dt
import re

_TOP = re.compile(r"^## (\S+)(?: \((.+)\))?$", re.MULTILINE)


def fault(text: str) -> str | None:
    """Return why its topmost version is not ready to be released, None if it is."""
    top = _TOP.search(text)
    if top is None:
        return "CHANGELOG.md has no version"
    if top[2] != "unreleased":
        return f"CHANGELOG.md begins with {top[1]}, which is released"
    following = _TOP.search(text, top.end())
    body = text[top.end() : following.start() if following else len(text)]
    if not re.search(r"^- ", body, re.MULTILINE):
        return f"CHANGELOG.md says nothing of {top[1]}"
    return None


def released(text: str, version: str, day: dt.date) -> str:
    """Return the changelog with its topmost version named and dated."""
    return _TOP.sub(f"## {version} ({day.isoformat()})", text, count=1)
