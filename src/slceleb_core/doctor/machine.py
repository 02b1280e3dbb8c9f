"""What the doctor asks of a computer, and the computer that this runs on."""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

Version: TypeAlias = tuple[int, ...]

PROBE_SECONDS = 120
"""How long a program may take: the first import of a large package on a slow disk takes tens of seconds."""

ENCODERS = ("libx264", "aac")
"""Encoders that clips are written with."""

PROBES = {
    "cv2": "import cv2",
    "mediapipe": """
import ctypes, importlib.metadata, mediapipe
for file in importlib.metadata.files("mediapipe") or ():
    if file.name.startswith("libmediapipe."):  # MediaPipe itself loads it at the first use only
        ctypes.CDLL(str(file.locate()))
""",
    "av": f"""
import av.codec
for name in {ENCODERS!r}:
    av.codec.Codec(name, "w")
""",
    "nvdec": """
from av.codec import Codec
from av.codec.hwaccel import HWAccel
HWAccel("cuda").create(Codec("h264", "r"))
""",
    "onnxruntime": "import onnxruntime; print(*onnxruntime.get_available_providers())",
    "cuda": """
import ctypes, pathlib, onnxruntime
onnxruntime.preload_dlls() if hasattr(onnxruntime, "preload_dlls") else None
folder = pathlib.Path(onnxruntime.__file__).parent / "capi"
ctypes.CDLL(str(folder / "libonnxruntime_providers_shared.so"), ctypes.RTLD_GLOBAL)
ctypes.CDLL(str(folder / "libonnxruntime_providers_cuda.so"))
""",
}
"""Programs that fail, with a telling last line, where a package cannot be used."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended: whether well, and the last line that it wrote."""

    ok: bool
    last_line: str


class Machine(Protocol):
    """What the checks ask of a computer."""

    @property
    def python(self) -> Version:
        """Version of Python that runs."""

    def version_of(self, distribution: str) -> str | None:
        """Return the version of an installed distribution, or None."""

    def can_load(self, library: str) -> bool:
        """Return whether the system has this shared library."""

    def run(self, *command: str) -> Outcome | None:
        """Run a program to its end; None when there is no such program."""

    def probe(self, program: str) -> Outcome:
        """Run a Python program in a process of its own."""

    def may_write(self, folder: Path) -> bool:
        """Return whether files can be written into an existing folder."""

    def free_bytes(self, folder: Path) -> int:
        """Return the free space of the disk on which an existing folder lies."""


@dataclass(frozen=True, slots=True)
class ThisMachine:
    """The computer this runs on."""

    python: Version = sys.version_info[:3]

    def version_of(self, distribution: str) -> str | None:
        """Return the version of an installed distribution, or None."""
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            return None

    def can_load(self, library: str) -> bool:
        """Return whether the system has this shared library."""
        try:
            ctypes.CDLL(library)
        except OSError:
            return False
        return True

    def run(self, *command: str) -> Outcome | None:
        """Run a program to its end; None when there is no such program."""
        try:
            ended = subprocess.run(  # noqa: S603  # only programs named in this module
                command,
                cwd=sys.prefix,  # not the user's folder: `python -c` would import from it
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PROBE_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            return None
        except (OSError, subprocess.TimeoutExpired) as error:
            return Outcome(ok=False, last_line=str(error))
        lines = (ended.stdout if ended.returncode == 0 else ended.stderr).strip().splitlines()
        return Outcome(
            ended.returncode == 0,
            lines[-1] if lines else "" if ended.returncode == 0 else f"ended with status {ended.returncode}",
        )

    def probe(self, program: str) -> Outcome:
        """Run a Python program in a process of its own."""
        return self.run(sys.executable, "-c", program) or Outcome(ok=False, last_line=f"no {sys.executable}")

    def may_write(self, folder: Path) -> bool:
        """Return whether files can be written into an existing folder."""
        return os.access(folder, os.W_OK | os.X_OK)

    def free_bytes(self, folder: Path) -> int:
        """Return the free space of the disk on which an existing folder lies."""
        return shutil.disk_usage(folder).free
