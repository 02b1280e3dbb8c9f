"""What a command needs of the process that it runs in, looked at before the work begins."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from slceleb_core.cli.console import tell
from slceleb_core.errors import UsageError


def check_surroundings() -> None:
    """Make sure that there is a working directory, and a folder for temporary files.

    Raises
    ------
    UsageError
        There is none.
    """
    check_working_directory()
    try:
        folder = tempfile.gettempdir()
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" in [")[0]
        raise UsageError(f"{reason}: none of the usual ones can be written to", TMPDIR) from None
    wanted = os.environ.get("TMPDIR")
    if wanted and Path(wanted).absolute() != Path(folder):
        tell("warning", f"TMPDIR={wanted} cannot be written to: temporary files go to {folder}", TMPDIR)


TMPDIR = "let TMPDIR name a folder with room"


def check_working_directory() -> None:
    """Make sure that there is a working directory, which relative paths begin at.

    Raises
    ------
    UsageError
        It has been deleted.
    """
    try:
        Path.cwd()
    except OSError:
        raise UsageError("the folder that this was started in is gone", "cd to another one, or to it again") from None
