"""Runs something on copies of a folder, each time in a process that is killed before another of its steps.

A process of its own, as pytest's is not to be forked: ``crash.py WHAT FOLDER``. What is left is in ``FOLDER-1``,
``FOLDER-2`` and so on, one more than there are steps: the last is that of the process that nobody killed.
"""

import os
import shutil
import signal
import sys
from pathlib import Path

from slceleb_core.disk import atomic
from slceleb_core.disk.output import OutputFolder

STEPS = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "ctypes.dlsym", "ctypes.dlsym/handle"}
"""Audited just before they are done; the name of ``renameat2`` is looked up before each exchange."""


def publish(folder: Path) -> None:
    """Replace the results of a video."""
    results = OutputFolder(folder, Path("talk.mp4"))
    (results.folder / "result.json").write_text("later")
    (results.folder / "clips").mkdir()
    (results.folder / "clips" / "one.wav").write_text("later")
    results.publish()


def publish_without_exchange(folder: Path) -> None:
    """Do the same where the file system cannot exchange folders."""
    atomic._exchanged = lambda _one, _other: False
    publish(folder)


def replace_folder(folder: Path) -> None:
    """Replace a folder that is about all videos."""
    with atomic.replacing_folder(folder, folder / "splits" / "lists") as aside:
        (aside / "train.lst").write_text("later")


def write(folder: Path) -> None:
    """Replace a file."""
    atomic.write_durably(folder / "segments.csv", b"later")


def sweep(folder: Path) -> None:
    """Clean up after somebody else."""
    atomic.sweep(folder)


WHAT = {act.__name__: act for act in (publish, publish_without_exchange, replace_folder, write, sweep)}


def killed_at(step: int, what: str, folder: Path) -> bool:
    """Kill it before its n-th step; tell whether it has so many."""
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    count = 0

    def hook(event: str, given: tuple) -> None:
        nonlocal count
        within = event.startswith("ctypes") or any(str(folder) in str(argument) for argument in given)
        if event in STEPS and within:
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    try:
        WHAT[what](folder)
    finally:
        os._exit(0)


if __name__ == "__main__":
    what, base = sys.argv[1], Path(sys.argv[2])
    step, killed = 0, True
    while killed:
        step += 1
        copy = base.with_name(f"{base.name}-{step}")
        shutil.copytree(base, copy, symlinks=True)
        killed = killed_at(step, what, copy)
    sys.stdout.write(str(step))
