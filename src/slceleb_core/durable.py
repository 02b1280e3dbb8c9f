"""Small files that are replaced as a whole, and stand on the disk when the call returns."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from slceleb_core.disk.output import sync_folder, writing


def write_durably(target: Path, content: bytes) -> None:
    """Replace a file's content: whoever reads it, even after a crash, sees the old one or the new one.

    The new content is written to ``.<name>.new`` beside it; only one process may write a file at a time.

    Raises
    ------
    OutputError
        It cannot be written; the file is as it was.
    """
    aside = target.with_name(f".{target.name}.new")
    with writing(str(target)):
        try:
            with aside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(target)
        except OSError:
            with suppress(OSError):
                aside.unlink(missing_ok=True)  # on a full disk its part is space that others need
            raise
    sync_folder(target.parent)
