"""Log lines: JSON for machines, colours for people with DEBUG=1.

One wide event per unit of work, a dotted name and fields; never a body, a secret or a
mail address. Lines of libraries take the same shape.
"""

from __future__ import annotations

import logging
import sys

import structlog

Logger = structlog.stdlib.BoundLogger

#: Libraries that narrate; their warnings are all that an operator can use.
QUIET = ("pika", "urllib3", "asyncio", "aiohttp.access", "werkzeug")


def configure(service: str, *, debug: bool) -> None:
    """Send every log line of this process to standard output, `service` in each."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())]
        if debug
        else [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
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
    for name in QUIET:
        # Severe lines of these have their own counterpart here, with the event id.
        logging.getLogger(name).setLevel(
            logging.CRITICAL if name == "pika" else logging.WARNING
        )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)


def get(name: str) -> Logger:
    """Return the logger of a module."""
    logger: Logger = structlog.stdlib.get_logger(name)
    return logger
