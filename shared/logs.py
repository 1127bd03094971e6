"""Log lines: JSON for machines, colours for people with DEBUG=1.

One wide event per unit of work, a dotted name and fields; never a body, a secret or a
mail address. Lines of libraries take the same shape. Ids and errors are others' words:
what looks like an address in a line is taken out, whoever wrote it.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Sequence
from typing import Any

import msgspec
import structlog

Logger = structlog.typing.FilteringBoundLogger

_TRACEBACKS = structlog.processors.ExceptionRenderer(
    # The variables of a frame are secrets, bodies and addresses.
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)

#: Libraries that narrate; their warnings are all that an operator can use.
#: What aiohttp says of bad requests quotes them: headers, tokens, anything.
#: What OpenTelemetry says of a collector quotes its answers; the door tells of it.
SILENT = ("pika", "aiohttp.server", "aiohttp.websocket", "opentelemetry")
QUIET = ("urllib3", "asyncio", "aiohttp.access", "werkzeug")


_IN_ADDRESS = r"[^\s\"'<>(),;:=/&?]"
#: Percent-encoded ones too, as addresses of pages have them. Looked for from the start
#: of a word alone: from each of its letters, a long one would take seconds.
_ADDRESS = re.compile(rf"(?<!{_IN_ADDRESS}){_IN_ADDRESS}+(?:@|%40){_IN_ADDRESS}+")
_HIDDEN = "(address)"
#: A Message-Id looks like one; it is made of an event's id, and finds a mail.
_MESSAGE_ID = "message_id"


def configure(service: str, *, debug: bool) -> None:
    """Send every log line of this process to standard output, `service` in each."""
    shared: list[structlog.typing.Processor] = [
        _naming(service),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[structlog.typing.Processor] = (
        [_console(), _hide] if debug else [_TRACEBACKS, _json]
    )
    _take_lines_of_libraries(shared, renderer, debug=debug)
    structlog.configure(
        processors=[*shared, *renderer],
        # Straight to the output: logging's own way costs several times as much, and
        # there is a line for each webhook.
        logger_factory=structlog.PrintLoggerFactory(sys.stdout)
        if debug
        else structlog.BytesLoggerFactory(sys.stdout.buffer),
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.DEBUG if debug else logging.INFO
        ),
        cache_logger_on_first_use=True,
    )


def errors_only() -> None:
    """Send errors to standard error and nothing more: for commands, whose standard
    output is their answer.
    """
    structlog.configure(
        processors=[structlog.processors.add_log_level, _TRACEBACKS, _json],
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
    )
    for names, level in ((QUIET, logging.ERROR), (SILENT, logging.CRITICAL)):
        for name in names:
            logging.getLogger(name).setLevel(level)


def _take_lines_of_libraries(
    shared: Sequence[structlog.typing.Processor],
    renderer: Sequence[structlog.typing.Processor],
    *,
    debug: bool,
) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *renderer,
                _as_text,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    for names, level in ((QUIET, logging.WARNING), (SILENT, logging.CRITICAL)):
        for name in names:
            logging.getLogger(name).setLevel(level)


def _console() -> structlog.typing.Processor:
    return structlog.dev.ConsoleRenderer(
        colors=sys.stdout.isatty(),
        exception_formatter=structlog.dev.plain_traceback,
    )


def _json(logger: object, method: str, event: structlog.typing.EventDict) -> bytes:
    line = msgspec.json.encode(event, enc_hook=str)
    if b"@" not in line and b"%40" not in line:
        return line
    return msgspec.json.encode(_hidden(msgspec.json.decode(line)))


def _hide(logger: object, method: str, line: Any) -> str:
    return _ADDRESS.sub(_HIDDEN, line)


def _hidden(value: Any) -> Any:
    """Return what a line says without addresses, whatever is nested in it."""
    if isinstance(value, str):
        return _ADDRESS.sub(_HIDDEN, value)
    if isinstance(value, dict):
        return {n: v if n == _MESSAGE_ID else _hidden(v) for n, v in value.items()}
    return [_hidden(each) for each in value] if isinstance(value, list) else value


def _as_text(logger: object, method: str, event: Any) -> str:
    return event if isinstance(event, str) else event.decode()


def _naming(service: str) -> structlog.typing.Processor:
    def name(
        logger: object, method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        # Not a context variable: threads do not inherit those.
        event["service"] = service
        return event

    return name


def get(name: str) -> Logger:
    """Return the logger of a module."""
    logger: Logger = structlog.get_logger(name)
    return logger
