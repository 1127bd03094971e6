"""Pages of the stand-ins: plain HTML, every value escaped."""

from __future__ import annotations

from html import escape

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem;color:#1c1c22}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #ddd;"
    "vertical-align:top}iframe{width:100%;height:30rem;border:1px solid #ddd}"
    "pre{white-space:pre-wrap;background:#f4f4f6;padding:1rem}"
)


def page(title: str, body: str, *, refresh: int | None = None) -> str:
    """Return a page; `refresh` reloads it after so many seconds, without a script."""
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"{again}<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )


def table(headings: list[str], rows: list[list[str]]) -> str:
    """Return a table of cells that are HTML already."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    lines = ("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"
