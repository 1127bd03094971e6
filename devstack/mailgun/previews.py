"""The mailer's mails as samples: each status in each language, on a page of its own."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from devstack.html import page, table
from mailer_worker.letters.languages import DEFAULT
from mailer_worker.letters.preview import sample
from mailer_worker.letters.rendering import Letter, Letters
from mailer_worker.letters.shelf import KINDS
from mailer_worker.plan import Kind

#: Of a phone, and of a mail on a wide screen, in pixels.
WIDTHS = (390, 600)
#: The page itself runs and loads nothing, and so does what it frames.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'"


class Previews:
    """The handlers."""

    def __init__(self, letters: Letters) -> None:
        self._letters = letters

    async def all(self, request: web.Request) -> web.Response:
        """Answer `GET /previews`."""
        return _answer(overview(self._letters))

    async def one(self, request: web.Request) -> web.Response:
        """Answer `GET /previews/{status}?locale=&width=`; 404 without such a status."""
        status = request.match_info["status"]
        kind = next((each for each in KINDS if each == status), None)
        if kind is None:
            return web.json_response(
                {"message": "no such status"}, status=HTTPStatus.NOT_FOUND
            )
        locale = request.query.get("locale")
        width = 390 if request.query.get("width") == "390" else 600
        letter = sample(self._letters, kind, locale=locale)
        return _answer(preview(kind, letter, width=width))


def add_to(app: web.Application) -> None:
    """Add the pages to the stand-in."""
    previews = Previews(Letters())
    app.router.add_get("/previews", previews.all)
    app.router.add_get("/previews/{status}", previews.one)


def overview(letters: Letters) -> str:
    """Return the table of all statuses and languages, each mail as its subject."""
    languages = [DEFAULT, *letters.languages()]
    rows = [
        [
            escape(kind),
            *(
                _link(kind, language, sample(letters, kind, locale=language).subject)
                for language in languages
            ),
        ]
        for kind in KINDS
    ]
    body = '<p><a href="/">inbox</a></p>' + table(["status", *languages], rows)
    return page("Mails, as samples", body)


def preview(kind: Kind, letter: Letter, *, width: int) -> str:
    """Return the page of one mail, its HTML in a frame of so many pixels."""
    widths = " ".join(
        f"<b>{each}</b>"
        if each == width
        else _link(kind, letter.language, str(each), width=each)
        for each in WIDTHS
    )
    # The frame may neither run scripts nor leave: an operator's template, a sample.
    frame = (
        f'<iframe sandbox srcdoc="{escape(letter.html)}" '
        f'style="width:{width}px;max-width:100%;height:44rem"></iframe>'
    )
    return page(
        letter.subject,
        f'<p><a href="/previews">all samples</a> · {escape(kind)}, '
        f"{escape(letter.language)} · width {widths}</p>"
        f"{frame}<pre>{escape(letter.text)}</pre>",
    )


def _link(kind: Kind, language: str, text: str, *, width: int = 600) -> str:
    address = f"/previews/{kind}?locale={quote(language)}&width={width}"
    return f'<a href="{escape(address)}">{escape(text)}</a>'


def _answer(text: str) -> web.Response:
    return web.Response(
        text=text,
        content_type="text/html",
        headers={"Content-Security-Policy": POLICY},
    )
