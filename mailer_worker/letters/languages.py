"""Which languages serve a locale, the closest first.

Source: BCP 47 (RFC 5646, 2.1): language, script and region; what follows is left out.
"""

from __future__ import annotations

import re

#: What the templates directly in a status's folder are written in.
DEFAULT = "en"

_LOCALE = re.compile(
    r"([a-z]{2,3})"
    r"(?:[-_]([a-z]{4}))?"
    r"(?:[-_]([a-z]{2}|[0-9]{3}))?"
    r"(?:[-_][a-z0-9]{1,8}){0,4}",
    re.ASCII | re.IGNORECASE,
)


def candidates(locale: str | None) -> tuple[str, ...]:
    """Return the languages of a user's locale: of `de_AT`, `de-AT` and `de`.

    They are written as folders are; what is no locale has none.
    """
    match = _LOCALE.fullmatch(locale or "")
    if match is None:
        return ()
    language, script, region = match.groups()
    tags = [language.lower()]
    if script:
        tags.append(f"{tags[-1]}-{script.title()}")
    if region:
        tags.append(f"{tags[-1]}-{region.upper()}")
    return tuple(reversed(tags))


def is_written_well(language: str) -> bool:
    """Tell whether a folder of this name can be found for a locale."""
    return candidates(language)[:1] == (language,)
