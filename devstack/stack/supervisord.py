"""The supervisor's configuration file, and where the things of a run lie."""

from __future__ import annotations

import hashlib
import re
import shlex
import signal
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devstack.stack.programs import GROUPS, Program
from devstack.tether import tethered

#: Linux refuses a longer path for a socket; the rest is for supervisor's own suffix.
LONGEST_SOCKET_PATH = 90
LOG_BYTES = "5MB"
LOG_BACKUPS = 3
#: The pause before a further try grows by one second each time.
RETRIES = 20
#: What its file gives another meaning than a path's.
UNUSABLE = re.compile(r'["#;%\n]')


class UnusableFolder(Exception):
    """The project lies in a folder whose name supervisord's file cannot hold."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a run keeps its files; all under .run, except a socket in a deep folder."""

    root: Path

    @property
    def run(self) -> Path:
        """Return the folder of everything below."""
        return self.root / ".run"

    @property
    def logs(self) -> Path:
        """Return the folder of the logs, one file for each program."""
        return self.run / "logs"

    @property
    def config(self) -> Path:
        """Return the path of the supervisor's configuration."""
        return self.run / "supervisord.conf"

    @property
    def pid_file(self) -> Path:
        """Return the path of the file with the supervisor's process id."""
        return self.run / "supervisord.pid"

    @property
    def complaints(self) -> Path:
        """Return the path of what the supervisor says outside its log."""
        return self.logs / "supervisor.out"

    @property
    def socket(self) -> Path:
        """Return the path of the supervisor's control socket."""
        here = self.run / "supervisor.sock"
        if len(str(here).encode()) <= LONGEST_SOCKET_PATH:
            return here
        digest = hashlib.sha256(str(self.root).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"melotech-{digest}.sock"

    def log(self, name: str) -> Path:
        """Return the path of a program's log."""
        return self.logs / f"{name}.log"


def configuration(layout: Layout, programs: Sequence[Program]) -> str:
    """Return the text of supervisord's file; no secret is in it."""
    sections = [_server(layout)]
    for place, group in enumerate(GROUPS, start=1):
        members = [program for program in programs if program.group == group]
        if members:
            names = ",".join(program.name for program in members)
            settings = {"programs": names, "priority": place * 10}
            sections.append(_section(f"group:{group}", settings))
            sections += [_program(layout, program) for program in members]
    return "\n".join(sections)


def _server(layout: Layout) -> str:
    interface = "supervisor.rpcinterface:make_main_rpcinterface"
    settings = {
        "nodaemon": "true",
        "silent": "true",
        "directory": layout.root,
        "logfile": layout.logs / "supervisor.log",
        "logfile_maxbytes": LOG_BYTES,
        "logfile_backups": LOG_BACKUPS,
        "pidfile": layout.pid_file,
        "childlogdir": layout.logs,
    }
    return "\n".join(
        [
            _section("supervisord", settings),
            _section("unix_http_server", {"file": layout.socket, "chmod": "0600"}),
            _section(
                "rpcinterface:supervisor",
                {"supervisor.rpcinterface_factory": interface},
            ),
        ]
    )


def _program(layout: Layout, program: Program) -> str:
    # Should the supervisor itself be killed, its programs get SIGTERM all the same.
    command = tethered(list(program.command), by=signal.SIGTERM)
    settings: dict[str, object] = {
        "command": shlex.join(command),
        "directory": layout.root,
        "autorestart": "true",
        "startsecs": 1,
        "startretries": RETRIES,
        "stopsignal": "TERM",
        "stopwaitsecs": program.stop_seconds,
        # gunicorn and the broker end their children in order themselves; a kill after
        # stopwaitsecs is for all of them.
        "stopasgroup": "false",
        "killasgroup": "true",
        "stdout_logfile": layout.log(program.name),
        "stdout_logfile_maxbytes": LOG_BYTES,
        "stdout_logfile_backups": LOG_BACKUPS,
        "redirect_stderr": "true",
    }
    if program.alone:
        settings["environment"] = ",".join(
            f"{name}={shlex.quote(value)}" for name, value in program.alone.items()
        )
    return _section(f"program:{program.name}", settings)


def _section(title: str, settings: Mapping[str, object]) -> str:
    lines = [f"{key} = {value}" for key, value in settings.items()]
    faulty = [line for line in lines if UNUSABLE.search(line)]
    if faulty:
        raise UnusableFolder(
            f'supervisord cannot read a path with " # ; %: {faulty[0]}'
        )
    return "\n".join([f"[{title}]", *lines]) + "\n"
