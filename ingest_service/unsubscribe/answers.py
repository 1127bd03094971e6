"""What is answered, in the form and the language that were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from werkzeug.datastructures import LanguageAccept, MIMEAccept

from ingest_service import answers
from ingest_service.answers import Answer
from ingest_service.unsubscribe import html
from ingest_service.unsubscribe.words import LANGUAGES, Sentence, Words

HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"

#: The address names a person to whoever has it: it is nobody else's to see or keep.
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": html.POLICY,
    "Vary": "Accept, Accept-Language",
}

Form = Literal["html", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How an answer is wanted; `wants_page`: also where something is wrong."""

    language: str
    form: Form
    wants_page: bool

    @property
    def words(self) -> Words:
        """Return what is said in the language."""
        return LANGUAGES[self.language]


def asked(accept: MIMEAccept, languages: LanguageAccept) -> Asked:
    """Return what the request's headers ask for.

    A client that takes anything is told of what is wrong as programs are.
    """
    best = accept.best_match(["text/html", "text/plain"], default="text/html")
    told = accept.best_match([answers.PROBLEM.partition(";")[0], "text/html"])
    return Asked(
        language=languages.best_match([*LANGUAGES], default="en"),
        form="text" if best == "text/plain" else "html",
        wants_page=told == "text/html",
    )


def ask(wanted: Asked, *, address: str) -> Answer:
    """Return the page that asks whether mails to the address are to end."""
    words = wanted.words
    page = html.page(wanted.language, words.ask, address=address, button=words.button)
    return Answer(HTTPStatus.OK, page.encode(), HTML, HEADERS)


def done(wanted: Asked, *, address: str) -> Answer:
    """Return the answer that says that they have ended."""
    if wanted.form == "text":
        text = wanted.words.done.text.format(address=address)
        return Answer(HTTPStatus.OK, f"{text}\n".encode(), TEXT, HEADERS)
    return _page(HTTPStatus.OK, wanted, wanted.words.done, address=address)


def failed(
    status: HTTPStatus,
    wanted: Asked,
    detail: str,
    *,
    request_id: str,
    retry_after: int | str | None = None,
) -> Answer:
    """Return why they have not ended; `retry_after` in seconds, where it may help."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if not wanted.wants_page:
        kept = {**HEADERS, **headers}
        return answers.problem(status, detail, request_id=request_id, headers=kept)
    words = wanted.words
    said = words.bad_link if status == HTTPStatus.NOT_FOUND else words.later
    return _page(status, wanted, said, headers=headers)


def _page(
    status: HTTPStatus,
    wanted: Asked,
    said: Sentence,
    *,
    address: str = "",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    page = html.page(wanted.language, said, address=address, button=None)
    return Answer(status, page.encode(), HTML, {**HEADERS, **(headers or {})})
