"""Starts, kills and reads batches from outside, as a shell and an operator would."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import psutil

from slceleb_core.disk.output import results_in

GONE_WITHIN = 5.0
"""Seconds within which every process of a killed group must be gone."""

SHOWN = 20
"""Faults that are shown of one check."""

SCRIPTS = Path(__file__).parent

RUN = (sys.executable, "-m", "slceleb_core", "run")


Stamps: TypeAlias = dict[str, tuple[tuple[str, int, int], ...]]
"""For each finished video its files: name, inode and time."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A folder that ``videos.py`` has made, and the options that all runs over it share.

    Attributes
    ----------
    folder
        The folder.
    options
        Words of the command line that decide results.
    manner
        Words that do not: they are said again when a batch is resumed.
    """

    folder: Path
    options: tuple[str, ...] = ()
    manner: tuple[str, ...] = ()

    def command(self, output: Path, *more: str) -> list[str]:
        """Return the command that runs the batch into an output folder."""
        inputs = ["--video-dir", str(self.folder / "videos"), "--poi-dir", str(self.folder / "poi")]
        return [*RUN, "--output-dir", str(output), *inputs, *self.options, *self.manner, *more]

    def made(self) -> list[dict[str, Any]]:
        """Return what each video is: ``path``, ``made_of``, ``recipe``, ``broken``."""
        listed: list[dict[str, Any]] = json.loads((self.folder / "videos.json").read_text(encoding="utf-8"))
        return listed

    def broken(self) -> dict[Path, str]:
        """Return the videos that cannot be processed, and in which way each is broken."""
        return {
            (self.folder / "videos" / made["path"]).absolute(): made["broken"] for made in self.made() if made["broken"]
        }


@dataclass(slots=True)
class Findings:
    """What was checked.

    Attributes
    ----------
    wrong
        What was found to be wrong, a line each.
    """

    wrong: list[str] = field(default_factory=list)

    def check(self, what: str, faults: list[str]) -> None:
        """Say how a check went; `faults` is what speaks against it."""
        print(f"{'FAILED' if faults else 'ok':7} {what}", flush=True)
        for fault in faults[:SHOWN]:
            print(f"        {fault}", flush=True)
        self.wrong += faults


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended.

    Attributes
    ----------
    code
        Its exit code.
    seconds
        How long it took.
    said
        What it wrote, both streams.
    """

    code: int
    seconds: float
    said: str


def resume(output: Path, more: Iterable[str] = ()) -> list[str]:
    """Return the command that goes on with the batch of an output folder."""
    return [*RUN, "--output-dir", str(output), "--resume", *more]


@contextmanager
def workplace(given: Path | None) -> Iterator[Path]:
    """Give a folder to work in: the one given, or a temporary one."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="slceleb-batch-") as folder:
        yield Path(folder)


def make_batch(folder: Path, *options: str) -> None:
    """Make the videos, unless the folder has them already."""
    if not (folder / "videos.json").is_file():
        command = [sys.executable, str(SCRIPTS / "videos.py"), str(folder), *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def launch(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own; what it says goes to `log`."""
    with log.open("wb") as stream:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True
        )


def run(command: list[str], log: Path) -> Ended:
    """Run a command to its end."""
    begin = time.monotonic()
    code = launch(command, log).wait()
    return Ended(code, time.monotonic() - begin, log.read_text(encoding="utf-8", errors="replace"))


def kill_group(process: subprocess.Popen[bytes]) -> list[str]:
    """Send SIGKILL to the whole group of a process; return the command lines of descendants that outlive it."""
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(family, timeout=GONE_WITHIN)
    return [" ".join(process.cmdline()) for process in alive]


def journal(output: Path) -> dict[str, dict[str, Any]]:
    """Return the journal's rows by name; of a copy, as a killed process may have left a transaction to roll back."""
    with tempfile.TemporaryDirectory() as folder:
        for file in output.glob("journal.sqlite*"):
            shutil.copy(file, folder)
        if not (copy := Path(folder) / "journal.sqlite").is_file():
            return {}
        base = sqlite3.connect(copy)
        base.row_factory = sqlite3.Row
        try:
            return {row["name"]: dict(row) for row in base.execute("SELECT * FROM videos")}
        finally:
            base.close()


def stamps(output: Path) -> Stamps:
    """Return what the files of each finished video are; a file that has been written again has another stamp."""
    folders = results_in(output) if output.is_dir() else []
    return {
        folder.name: tuple(
            (str(file.relative_to(folder)), file.stat().st_ino, file.stat().st_mtime_ns)
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        )
        for folder in folders
    }


def count_done(output: Path) -> int:
    """Return how many videos are finished."""
    return len(results_in(output)) if output.is_dir() else 0
