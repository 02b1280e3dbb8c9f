"""Working on a finished output folder alone, and on all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slceleb_core.corpus.reading import recording_folders
from slceleb_core.disk.atomic import sweep
from slceleb_core.disk.lock import claimed


@contextmanager
def alone_in(output_dir: Path) -> Iterator[None]:
    """Keep other processes out of a corpus while the block lasts; what killed ones had begun to put in place is there.

    Raises
    ------
    UsageError
        There is no such folder, or another process works there.
    OutputError
        The folder cannot be written to.
    """
    recording_folders(output_dir)  # says that there is no such folder, before one is made for the lock
    with claimed(output_dir):
        sweep(output_dir)
        yield
