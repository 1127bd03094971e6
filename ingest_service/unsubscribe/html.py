"""The pages: no script, nothing from elsewhere, readable on a phone and in the dark."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from ingest_service.unsubscribe.words import Sentence

_STYLE = (
    ":root{color-scheme:light dark;--page:#f6f6f8;--card:#fff;--text:#1c1c22;"
    "--line:#d9d9e0;--button:#4338ca;--on-button:#fff}"
    "@media(prefers-color-scheme:dark){:root{--page:#15151a;--card:#1f1f26;"
    "--text:#ececf1;--line:#3a3a45;--button:#a5b4fc;--on-button:#15151a}}"
    "body{margin:0;background:var(--page);color:var(--text);"
    "font:1.0625rem/1.5 system-ui,sans-serif}"
    "main{max-width:26rem;margin:12vh auto 2rem;padding:1.5rem;background:var(--card);"
    "border:1px solid var(--line);border-radius:.75rem;overflow-wrap:anywhere}"
    "@media(max-width:30rem){main{margin:1rem}}"
    "h1{font-size:1.375rem;line-height:1.25;margin:0 0 .75rem}p{margin:0}"
    "button{margin-top:1.25rem;width:100%;min-height:3rem;border:0;"
    "border-radius:.5rem;background:var(--button);color:var(--on-button);"
    "font:inherit;font-weight:600;cursor:pointer}"
    "button:focus-visible{outline:3px solid var(--text);outline-offset:2px}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

#: A page may use this style, send its own form, and nothing else.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def page(language: str, said: Sentence, *, address: str, button: str | None) -> str:
    """Return a page; its button sends what mail clients send, to the same address."""
    title = escape(said.title)
    text = escape(said.text).format(address=f"<strong>{escape(address)}</strong>")
    form = f'<form method="post">{_fields(button)}</form>' if button else ""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1><p>{text}</p>{form}</main></body></html>"
    )


def _fields(button: str) -> str:
    hidden = '<input type="hidden" name="List-Unsubscribe" value="One-Click">'
    return f'{hidden}<button type="submit">{escape(button)}</button>'
