"""What goes on a screen or into a pipe: no stranger's text may do more than be read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from shared.amqp.rotation import Turned

#: Fewer are done before a bar is drawn.
SHOWN_FROM = 300
#: Nothing folds in a pipe that fits in so many columns.
PIPE_WIDTH = 240

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def clean(text: str) -> str:
    """Return the text on one line, without what a terminal would obey."""
    return _readable(" ".join(text.split()))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under their columns; long cells fold."""
    shown = Table(title=Text(clean(title)), title_justify="left", header_style="bold")
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        # Text, since a string would be read as rich's markup.
        shown.add_row(*(Text(clean(cell)) for cell in row))
    _console().print(shown)


def as_json(value: object) -> None:
    """Print one JSON document, in ASCII: it escapes what a terminal would obey."""
    click.echo(json.dumps(value, indent=2))


def block(value: object) -> None:
    """Print a JSON value for a person."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    for line in text.split("\n"):
        click.echo(_readable(line))


def say(text: str) -> None:
    """Print a sentence of ours to standard output."""
    click.echo(clean(text))


def note(text: str) -> None:
    """Print a sentence of ours to standard error."""
    click.echo(clean(text), err=True)


def is_watched() -> bool:
    """Tell whether a person is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


@contextmanager
def progress(title: str) -> Iterator[Callable[[Turned], None]]:
    """Yield what draws a bar on standard error, on a terminal and for many."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(title, total=None, visible=False)

        def draw(turned: Turned) -> None:
            many = turned.total > SHOWN_FROM
            bar.update(task, completed=turned.done, total=turned.total, visible=many)

        yield draw


@contextmanager
def spinner(title: str) -> Iterator[None]:
    """Show on a terminal's standard error that something is waited for."""
    console = Console(stderr=True)
    if console.is_terminal:
        with console.status(Text(clean(title))):
            yield
    else:
        yield


def moment(seconds: float | None) -> str:
    """Return a moment in local time with its offset; `seconds` since 1970."""
    return (
        "" if seconds is None else _utc(seconds).astimezone().isoformat(" ", "seconds")
    )


def iso(seconds: float | None) -> str | None:
    """Return a moment for scripts: ISO 8601 in UTC."""
    return None if seconds is None else _utc(seconds).isoformat(timespec="milliseconds")


def age(seconds: float | None) -> str:
    """Return a span of time in its largest unit."""
    if seconds is None:
        return ""
    for unit, length in _UNITS:
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return "0s"


def _readable(line: str) -> str:
    return "".join(
        mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in line
    )


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _console() -> Console:
    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    return console
