"""Small disks of their own, which can be filled up."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

MISSING = "a small disk cannot be mounted here: that needs root"
#: So much is written at a time until nothing more fits.
BLOCK = bytes(64 * 1024)


class NoDisk(Exception):
    """It cannot be mounted."""


class SmallDisk:
    """A disk in memory at `folder`; raises NoDisk where it cannot be mounted."""

    def __init__(self, folder: Path, *, mebibytes: int) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"
        folder.mkdir(parents=True)
        words = ["-t", "tmpfs", "-o", f"size={mebibytes}m", "chaos", str(folder)]
        program = shutil.which("mount")
        if os.geteuid() or program is None:
            raise NoDisk(MISSING)
        done = subprocess.run([program, *words], capture_output=True)
        if done.returncode:
            raise NoDisk(MISSING)

    def fill(self) -> None:
        """Leave no byte free, until `free`."""
        with self._ballast.open("ab", buffering=0) as file, suppress(OSError):
            while file.write(BLOCK):
                pass

    def free(self) -> None:
        """Give back what was taken."""
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        """Take the disk away."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False)
