"""Runs a command on copies of an output folder, each time in a process that is killed at another file operation.

``killing.py FOLDER POINTS COMMAND...``: makes ``FOLDER-0``, ``FOLDER-1`` and so on, as many as there are to be points,
or one for each operation where that is 0; ``{out}`` in the command is the copy. Says how many operations there were. A
process of its own, as pytest's is not to be forked.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from slceleb_core.cli import corpus_removal, main
from slceleb_core.registry import Registry
from slceleb_core.review import applying

READY = (corpus_removal, applying, Registry.discover())
"""Imported once, before anything is forked: each copy would do it again."""

CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link"}


def changes(event: str, given: tuple, folder: str) -> bool:
    """Tell whether an audited event is about to change something in a folder."""
    writes = event == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR)
    return bool(event in CHANGES or writes) and any(folder in str(argument) for argument in given[:2])


def forked(command: list[str], at_change: Callable[[int], None], folder: Path) -> None:
    """Run the command line in a process of its own; `at_change` is told of each change, before it is made."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    count = 0

    def hook(event: str, given: tuple) -> None:
        nonlocal count
        if changes(event, given, str(folder)):
            count += 1
            at_change(count)

    sys.addaudithook(hook)
    sys.argv = ["slceleb", *(word.replace("{out}", str(folder)) for word in command)]
    try:
        main()
    finally:
        os._exit(0)


def copied(base: Path, number: int) -> Path:
    """Return a copy; hard links in it stay what they are, so that it is that folder over again."""
    folder = base.with_name(f"{base.name}-{number}")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder, symlinks=True)
    return folder


def total(base: Path, command: list[str]) -> int:
    """Return how many changes the command makes when nobody kills it."""
    reading, writing = os.pipe()
    forked(command, lambda _count: os.write(writing, b"."), copied(base, 0))
    return len(os.read(reading, 65536))


def kill_at(point: int, command: list[str], folder: Path) -> None:
    """Kill the command before its n-th change."""

    def at_change(count: int) -> None:
        if count == point:
            os.kill(os.getpid(), signal.SIGKILL)

    forked(command, at_change, folder)


def run() -> None:
    """Do what the command line asks for."""
    base, points, command = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    last = total(base, command)
    points = points or last
    for number in range(points):
        kill_at(1 + round(number * (last - 1) / (points - 1)), command, copied(base, number))
    sys.stdout.write(str(last))


if __name__ == "__main__":
    run()
