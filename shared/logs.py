"""Log lines: JSON for machines, colours for people with DEBUG=1.

One wide event per unit of work, a dotted name and fields; never a body, a secret or a
mail address. Lines of libraries take the same shape.
"""

from __future__ import annotations

import logging
import sys

import structlog

Logger = structlog.stdlib.BoundLogger

_TRACEBACKS = structlog.processors.ExceptionRenderer(
    # The variables of a frame are secrets, bodies and addresses.
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)

#: Libraries that narrate; their warnings are all that an operator can use.
#: What aiohttp says of bad requests quotes them: headers, tokens, anything.
SILENT = ("pika", "aiohttp.server", "aiohttp.websocket")
QUIET = ("urllib3", "asyncio", "aiohttp.access", "werkzeug")


def configure(service: str, *, debug: bool) -> None:
    """Send every log line of this process to standard output, `service` in each."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _naming(service),
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: list[structlog.typing.Processor] = (
        [
            structlog.dev.ConsoleRenderer(
                colors=sys.stdout.isatty(),
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
        if debug
        else [_TRACEBACKS, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    for names, level in ((QUIET, logging.WARNING), (SILENT, logging.CRITICAL)):
        for name in names:
            logging.getLogger(name).setLevel(level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


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
    logger: Logger = structlog.stdlib.get_logger(name)
    return logger
