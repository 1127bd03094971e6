"""Installing a server on Debian without its system service being started."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Debian asks this file before a package may start its service; 101 forbids it.
POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_TEXT = "#!/bin/sh\nexit 101\n"
APT_DEADLINE = 900.0


class InstallFailed(Exception):
    """apt-get did not install the package; the text quotes its last words."""


def may_install() -> bool:
    """Tell whether this is Debian and we are root."""
    return (
        os.geteuid() == 0
        and Path("/etc/debian_version").exists()
        and shutil.which("apt-get") is not None
    )


def install(package: str) -> None:
    """Install a package whose service has its name; raise InstallFailed."""
    print(f"Installing {package} ...", flush=True)
    with _services_held():
        _apt("update", "-qq")
        _apt("install", "-y", "-qq", "--no-install-recommends", package)
    _keep_from_boot(package)


@contextmanager
def _services_held() -> Iterator[None]:
    try:
        # Exclusive: a policy that is there already is somebody else's, and stays.
        with POLICY.open("x") as file:
            file.write(POLICY_TEXT)
        POLICY.chmod(0o755)
        ours = True
    except FileExistsError:
        ours = False
    try:
        yield
    finally:
        if ours:
            POLICY.unlink(missing_ok=True)


def _apt(*words: str) -> None:
    done = subprocess.run(
        ["apt-get", *words],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=APT_DEADLINE,
        check=False,
    )
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()[-5:]
        raise InstallFailed(f"apt-get {words[0]}: " + "\n".join(last))


def _keep_from_boot(service: str) -> None:
    # The package enables its service for the next boot; nobody asked for that.
    if shutil.which("systemctl"):
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(
                ["systemctl", "disable", service],
                capture_output=True,
                timeout=30,
                check=False,
            )
