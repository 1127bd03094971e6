"""What is wrong with a template, in words for its operator: file, line, reason."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from pathlib import Path

from jinja2 import TemplateNotFound, TemplateSyntaxError
from jinja2.exceptions import TemplateError


def place_of(error: Exception, name: str, folders: Iterable[Path]) -> str:
    """Return the file that failed, within its folder, and the line where it is known.

    `name` is the template that was asked for; the fault may be in one it includes.
    """
    if isinstance(error, TemplateSyntaxError):
        return f"{error.name or name} line {error.lineno}"
    # Jinja writes the template's own file and line into the traceback.
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        for folder in folders:
            if file.suffix in {".txt", ".html"} and file.is_relative_to(folder):
                return f"{file.relative_to(folder).as_posix()} line {frame.lineno}"
    return name


def reason_of(error: BaseException | None) -> str | None:
    """Return more than the error's name, where there is more.

    Jinja's own sentences may quote a value that the template got.
    """
    match error:
        case TemplateNotFound():
            return f"there is no template {error.name!r}"
        case TemplateError():
            return error.message
        case UnicodeDecodeError():
            return "is not UTF-8"
        case OSError():
            return error.strerror
    return None
