"""The broker's container alone, in the foreground, for machines without RabbitMQ."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from devstack.broker.configuration import LOOPBACK, definitions
from devstack.tether import tethered
from shared.passwords import password_hash

#: The same release as in docker-compose.yml.
IMAGE = "rabbitmq:4.0-management"
NAME = "melotech-rabbitmq"
VOLUME = "melotech-rabbitmq"
INSIDE = "/etc/rabbitmq"
STOP_DEADLINE = 40.0


class ContainerNode:
    """Start and end the container; its data is in a volume and outlives it."""

    def __init__(self, folder: Path, *, port: int, user: str, password: str) -> None:
        self._folder = folder
        self._port = port
        self._user = user
        self._password = password
        self._client: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; a container that a kill -9 has left behind is removed first."""
        self._write_files()
        remove()
        self._client = subprocess.Popen(
            tethered(run_command(self._folder, port=self._port), by=signal.SIGTERM),
            stdin=subprocess.DEVNULL,
        )

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds; tell whether the container has ended."""
        if self._client is None:
            return True
        with suppress(subprocess.TimeoutExpired):
            self._client.wait(timeout)
        return self._client.poll() is not None

    def stop(self) -> None:
        """End it in order, by force after STOP_DEADLINE."""
        if self._client is not None and not self.wait(0):
            self._client.terminate()
            self.wait(STOP_DEADLINE)
        remove()

    def _write_files(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        hashed = password_hash(self._password)
        (self._folder / "definitions.json").write_text(
            json.dumps(definitions(self._user, hashed, ("/",)), indent=1)
        )
        (self._folder / "melotech.conf").write_text(
            f"load_definitions = {INSIDE}/definitions.json\n"
        )


def run_command(folder: Path, *, port: int) -> list[str]:
    """Return the command; the password is in the mounted file, as a hash."""
    mounts = {
        folder / "definitions.json": f"{INSIDE}/definitions.json",
        folder / "melotech.conf": f"{INSIDE}/conf.d/90-melotech.conf",
    }
    return [
        *("docker", "run", "--rm", "--name", NAME),
        *("--hostname", "rabbitmq", "--publish", f"{LOOPBACK}:{port}:5672"),
        *("--volume", f"{VOLUME}:/var/lib/rabbitmq"),
        *(
            word
            for here, there in mounts.items()
            for word in ("--volume", f"{here}:{there}:ro")
        ),
        IMAGE,
    ]


def remove() -> None:
    """Remove the container, whatever its state; its volume stays."""
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(
            ["docker", "rm", "--force", NAME],
            capture_output=True,
            timeout=STOP_DEADLINE,
            check=False,
        )
