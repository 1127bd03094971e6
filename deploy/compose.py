"""The door to `docker compose`, for the files of a plan."""

from __future__ import annotations

import subprocess  # nosec B404 # lists of words, and no shell
from collections.abc import Callable, Collection
from typing import IO, Any

from deploy.plans import Plan


class Failed(Exception):
    """A command of compose ended otherwise than well; it has said why itself."""


class Compose:
    """Run commands; each is told on `say` first, and has `inherited`, descriptors."""

    def __init__(
        self, say: Callable[[str], None], plan: Plan, *, inherited: Collection[int] = ()
    ) -> None:
        self.plan = plan
        self._say = say
        self._inherited = inherited

    def __call__(
        self,
        *words: str,
        stdin: IO[bytes] | int | None = subprocess.DEVNULL,
        stdout: IO[bytes] | None = None,
    ) -> None:
        """Run a command; raise Failed where it does not end with 0."""
        self._say(f"docker compose {' '.join(words)}")
        self._run(words, stdin=stdin, stdout=stdout)

    def running(self) -> set[str]:
        """Return the services that have a running container."""
        done = self._run(
            ("ps", "--services", "--status", "running"), stdout=subprocess.PIPE
        )
        return set(done.stdout.decode().split())

    def give(self, content: bytes, *words: str) -> None:
        """Run a command with `content` on its standard input."""
        self._say(f"docker compose {' '.join(words[:4])} ...")
        self._run(words, input=content)

    def _run(
        self, words: tuple[str, ...], **options: Any
    ) -> subprocess.CompletedProcess[bytes]:
        files = [word for file in self.plan.files for word in ("-f", str(file))]
        command = ["docker", "compose", *files, *words]
        done = subprocess.run(  # noqa: S603 # nosec B603 # words of our own
            command, check=False, pass_fds=self._inherited, **options
        )
        if done.returncode:
            raise Failed(f"`docker compose {words[0]}` ended with {done.returncode}")
        return done
