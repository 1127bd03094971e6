"""What the commands understand on their command line."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from mailer_worker.commands.choosing import Filter

F = TypeVar("F", bound=Callable[..., Any])

_DURATION = re.compile(r"(\d{1,9})\s*([smhd])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Duration(click.ParamType[float]):
    """A span of time such as 30m, as seconds."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds; a usage error says how a span is written."""
        if isinstance(value, int | float):
            return float(value)
        found = _DURATION.fullmatch(str(value).strip().lower())
        if found is None:
            self.fail(f"{value!r} is no span of time: 90s, 30m, 2h or 7d", param, ctx)
        return float(found[1]) * _SECONDS[found[2]]


def filters(command: F) -> F:
    """Give a command the options that say which dead letters are meant.

    It gets them as `wanted`, a Filter, and `limit`.
    """

    @functools.wraps(command)
    def run(
        *args: Any,
        ids: tuple[str, ...],
        reason: str | None,
        http_status: int | None,
        older_than: float | None,
        newer_than: float | None,
        submission: str | None,
        **kwargs: Any,
    ) -> Any:
        wanted = Filter(
            ids=frozenset(ids),
            reason=reason,
            http_status=http_status,
            older_than=older_than,
            newer_than=newer_than,
            submission=submission,
        )
        return command(*args, wanted=wanted, **kwargs)

    decorated: Any = run
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    result: F = decorated
    return result


_OPTIONS = (
    click.option("--id", "ids", multiple=True, metavar="EVENT_ID", help="This event."),
    click.option("--reason", metavar="TEXT", help="Those whose reason holds this."),
    click.option(
        "--status", "http_status", type=int, metavar="N", help="With this HTTP status."
    ),
    click.option("--older-than", type=Duration(), help="Dead for longer (2h, 7d)."),
    click.option("--newer-than", type=Duration(), help="Dead for less (30m)."),
    click.option("--submission", metavar="ID", help="Of this submission."),
    click.option(
        "--limit", type=click.IntRange(min=1), metavar="N", help="The first N only."
    ),
)

json_option = click.option("--json", "json_", is_flag=True, help="JSON, for scripts.")
