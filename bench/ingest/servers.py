"""Which servers are measured; data."""

from __future__ import annotations

from dataclasses import dataclass

OURS, PLAIN, FASTAPI, ECHO = "ours", "plain", "fastapi", "echo"
WORKERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A Python module and its words, `{port}` among them."""

    name: str
    words: tuple[str, ...]
    publishes: bool = True


_GUNICORN = ("gunicorn", "--no-control-socket", "--bind", "127.0.0.1:{port}")
_UVICORN = ("uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--no-access-log")

SERVERS = (
    Server(name=OURS, words=("ingest_service",)),
    Server(
        name=PLAIN,
        words=(
            *_GUNICORN,
            *("--workers", str(WORKERS), "--log-level", "warning"),
            "bench.ingest.plain:create_app()",
        ),
    ),
    Server(
        name=FASTAPI,
        words=(
            *_UVICORN,
            *("--workers", str(WORKERS), "--log-level", "warning"),
            "bench.ingest.fastapi_app:app",
        ),
    ),
    Server(
        # With our own configuration, so that the worker is the same.
        name=ECHO,
        words=(
            *("gunicorn", "--config", "ingest_service/gunicorn.conf.py"),
            "bench.ingest.echo:app",
        ),
        publishes=False,
    ),
)
SERVER_NAMES = tuple(server.name for server in SERVERS)
