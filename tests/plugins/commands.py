"""Commands in the documents, taken apart and held against what the project has."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise

import click

from tests.plugins.documents import ROOT
from tests.plugins.known import (
    OURS,
    Unknown,
    compose,
    make_targets,
    makefile,
    options,
    profiles,
    variables,
)

#: Programs of others that a reader may be asked to run.
OTHERS = {
    "apt-get",
    "caddy",
    "cd",
    "chmod",
    "chown",
    "cp",
    "curl",
    "df",
    "dmesg",
    "echo",
    "editor",
    "git",
    "install",
    "kill",
    "kubectl",
    "ls",
    "mkdir",
    "npm",
    "openssl",
    "pip",
    "psql",
    "rabbitmq-diagnostics",
    "rabbitmqctl",
    "rsync",
    "scp",
    "sha256sum",
    "sqlite3",
    "ssh",
    "sudo",
    "supabase",
    "tar",
    "tee",
}
#: Other people's modules that are run with -m.
MODULES = {"mkdocs", "pytest", "http.server"}
LOCAL = "docker-compose.yml"
COMPOSE_COMMANDS = {
    "build",
    "config",
    "cp",
    "down",
    "exec",
    "images",
    "kill",
    "logs",
    "ps",
    "pull",
    "restart",
    "run",
    "start",
    "stop",
    "up",
}
_COMPOSE_VALUES = {"-f", "--file", "--profile", "--env-file", "-p", "--project-name"}
_VALUES = {
    "-s", "-u", "-e", "-t", "--scale", "--signal", "--since", "--tail", "--user",
    "--entrypoint", "--timeout",
}  # fmt: skip
_VARIABLE = re.compile(r"[A-Za-z_]\w*=")
_SEPARATORS = {"|", "||", "&&", ";", "&", ">", ">>", "<", "2"}


def check(text: str) -> None:
    """Raise Unknown for what a line or several of them name that is not there."""
    for line in text.replace("\\\n", " ").splitlines():
        for words in _commands(line):
            _check(words)


def _commands(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if word in _SEPARATORS:
            yield words
            words = []
        else:
            words.append(word)
    yield words


def _check(words: Sequence[str]) -> None:
    given = [w.partition("=")[0] for w in words[: _prefix(words)]]
    if strange := [name for name in given if name not in variables()]:
        raise Unknown(f"there is no variable {strange}")
    words = words[_prefix(words) :]
    if not words or words[0] in OTHERS:
        return
    program, rest = words[0].rpartition("/")[2], words[1:]
    if program == "make":
        _check_make(rest)
    elif program == "docker":
        _check_docker(rest)
    elif program in {"python", "python3"}:
        _check_python(rest)
    elif not (ROOT / words[0]).is_file():
        raise Unknown(f"there is no program {words[0]}")


def _prefix(words: Sequence[str]) -> int:
    return next((n for n, w in enumerate(words) if not _VARIABLE.match(w)), len(words))


def _check_make(words: Sequence[str]) -> None:
    targets = [w for w in words if not _VARIABLE.match(w) and not w.startswith("-")]
    for target in targets:
        if target not in make_targets():
            raise Unknown(f"there is no `make {target}`")
    for word in words:
        name, is_variable, value = word.partition("=")
        if is_variable and name not in variables():
            raise Unknown(f"make knows no {name}")
        if name == "ARGS":
            _check_arguments(targets[0], value)


def _check_arguments(target: str, value: str) -> None:
    if target == "test":
        paths = [w for w in shlex.split(value) if w.startswith("tests")]
        if strange := [p for p in paths if not (ROOT / p.partition("::")[0]).exists()]:
            raise Unknown(f"there is no {strange}")
    elif module := re.search(
        rf"^{target}:.*\n(?:\t.*\n)*?\t.* -m ([\w.]+) [^\n]*ARGS",
        makefile(),
        re.MULTILINE,
    ):
        _check_module(module[1], shlex.split(value))
    else:
        raise Unknown(f"`make {target}` takes no ARGS")


def _check_docker(words: Sequence[str]) -> None:
    if words[0] != "compose":
        return
    files, words = _compose_options(list(words[1:]))
    if not words or words[0] not in COMPOSE_COMMANDS:
        raise Unknown(f"docker compose {' '.join(words)}")
    command, *rest = words
    for option, value in pairwise(rest):
        if option == "--scale":
            _need_service(value.partition("=")[0], files)
    services, inner = _services(rest, one=command in {"exec", "run"})
    for service in services:
        _need_service(service.partition(":")[0], files)
    if command == "exec":
        _check(inner)
    elif inner and services == ["tools"]:
        _check_python(inner)


def _compose_options(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the compose files that are meant, and the words after the options."""
    files: list[str] = []
    while words and words[0].startswith("-"):
        option = words.pop(0)
        value = words.pop(0) if option in _COMPOSE_VALUES else ""
        if option in {"-f", "--file"}:
            files.append(value)
        if option == "--profile" and value not in profiles(*(files or [LOCAL])):
            raise Unknown(f"there is no profile {value}")
    return files or [LOCAL], words


def _services(words: Sequence[str], *, one: bool) -> tuple[list[str], list[str]]:
    found: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word in _VALUES:
            left.pop(0)
        elif not word.startswith("-"):
            found.append(word)
            if one:
                return found, left
    return found, []


def _need_service(name: str, files: Sequence[str]) -> None:
    if not any(name in compose(file)["services"] for file in files):
        raise Unknown(f"{', '.join(files)}: no service {name}")


def _check_python(words: Sequence[str]) -> None:
    if words and words[0] == "-m":
        _check_module(words[1], words[2:])
    elif words and "/" in words[0] and not (ROOT / words[0]).is_file():
        raise Unknown(f"there is no {words[0]}")


def _check_module(name: str, words: Sequence[str]) -> None:
    if name in MODULES:
        return
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        found = None
    if found is None or not name.startswith(OURS):
        raise Unknown(f"there is no module {name}")
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    if name == "mailer_worker":
        _check_click(words)
    elif strange := given and given - options(name):
        raise Unknown(f"{name} has no option {sorted(strange)}")


def _check_click(words: Sequence[str]) -> None:
    from mailer_worker.__main__ import main

    command: click.Command = main
    words = list(words)
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        with click.Context(command) as context:
            found = command.get_command(context, words[0])
        if found is None:
            raise Unknown(f"the mailer has no command {words[0]}")
        command = found
        words.pop(0)
    known = {"--help", *(name for p in command.params for name in p.opts)}
    if strange := {w.partition("=")[0] for w in words if w.startswith("--")} - known:
        raise Unknown(f"{command.name} has no option {sorted(strange)}")
