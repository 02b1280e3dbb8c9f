"""A batch whose disk is full in the middle stops with one clear line, and goes on when there is room again.

The output folder lies in a small file system in memory, which a ballast file makes too small. That takes the right to
mount (root); where there is none, this says so and ends with exit code 3.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from compare import differences
from runs import Batch, Ended, Findings, count_done, make_batch, resume, run, workplace

CANNOT_MOUNT = 3
"""Exit code where a file system cannot be mounted."""

UNUSABLE = 2
"""Exit code of a batch that had to stop."""

FREE = 0.5
"""Part of what the outputs need that is free at first."""

ROOM = 1.5
"""How much the file system holds, of what the outputs need: what is being written needs room beside them."""


class CannotMountError(Exception):
    """Raised where this process may not mount a file system."""


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="folder to work in, kept; default: a temporary one")
    parser.add_argument("--count", type=int, default=20, help="videos, all of them good")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--max-frames", type=int, help="stop each video after so many frames")
    return parser.parse_args()


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Mount a file system of so many bytes.

    Raises
    ------
    CannotMountError
        It cannot be done here.
    """
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CannotMountError(done.stderr.strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def size_of(folder: Path) -> int:
    """Return the bytes that a folder takes."""
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def fill(path: Path, free: int) -> None:
    """Write a file that leaves so many bytes free."""
    size = shutil.disk_usage(path.parent).free - free
    with path.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, size)


def unclear(ended: Ended) -> list[str]:
    """Return what is wrong with how a run told that its disk is full."""
    errors = [line for line in ended.said.splitlines() if line.startswith("error:")]
    wrong = [] if ended.code == UNUSABLE else [f"exit code {ended.code}, expected {UNUSABLE}"]
    wrong += [] if len(errors) == 1 else [f"{len(errors)} lines of errors instead of one:", *errors]
    told = any("space" in line or "disk is full" in line for line in errors)  # SQLite has words of its own
    wrong += [] if told else ["no line speaks of space:", ended.said[-1000:]]
    return wrong + (["there is a traceback"] if "Traceback" in ended.said else [])


def prove(work: Path, options: argparse.Namespace) -> list[str]:
    """Carry out everything; return what was wrong."""
    findings = Findings()
    make_batch(work / "batch", "--count", str(options.count), "--broken", "0", "--seed", str(options.seed))
    frames = [] if options.max_frames is None else ["--max-frames", str(options.max_frames)]
    batch = Batch(work / "batch", tuple(frames), ("--jobs", str(options.jobs)))
    whole = run(batch.command(work / "undisturbed"), work / "undisturbed.log")
    findings.check("undisturbed", [] if whole.code == 0 else [f"exit code {whole.code}", *whole.said.splitlines()[-5:]])
    needed = size_of(work / "undisturbed")
    with small_disk(work / "disk", int(needed * ROOM)) as disk:
        output, ballast = disk / "out", disk / "ballast"
        fill(ballast, int(needed * FREE))
        stopped = run(batch.command(output), work / "full.log")
        line = next((line for line in stopped.said.splitlines() if line.startswith("error:")), "nothing")
        findings.check(f"the full disk is told: {line}", unclear(stopped))
        done = count_done(output)
        findings.check(f"{done} videos are finished", [] if 0 < done < options.count else ["none, or all"])
        ballast.unlink()
        ended = run(resume(output, batch.manner), work / "resumed.log")
        wrong = [] if ended.code == 0 else [f"exit code {ended.code}", *ended.said.splitlines()[-5:]]
        findings.check("with room again, --resume finishes", wrong)
        findings.check("the outputs equal those of an undisturbed run", differences(work / "undisturbed", output))
    return findings.wrong


def main() -> int:
    """Say what holds; return the exit code."""
    options = arguments()
    with workplace(options.work) as work:
        try:
            return 1 if prove(work, options) else 0
        except CannotMountError as error:
            print(f"a small file system cannot be mounted here: {error}", file=sys.stderr)
            return CANNOT_MOUNT


if __name__ == "__main__":
    sys.exit(main())
