"""Offsets as users write them: ``FILE=SECONDS``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from slceleb_core.errors import UsageError, did_you_mean


def offsets_of(texts: Sequence[str], files: Sequence[Path]) -> dict[Path, float]:
    """Return the offset of each file that one is given for, in seconds.

    Parameters
    ----------
    texts
        ``FILE=SECONDS`` each; the file as it was named, or by its name, with the ending or without.
    files
        The files.

    Raises
    ------
    UsageError
        A text has no such form, its file is none of these or could be several, or a file has two.
    """
    known: dict[Path, float] = {}
    for text in texts:
        name, sign, number = text.rpartition("=")
        if not sign or not name:
            raise UsageError(f"--offset {text}: is not of the form VIDEO=SECONDS", "such as --offset b.mp4=-1.25")
        try:
            seconds = float(number)
        except ValueError:
            seconds = math.nan
        if not math.isfinite(seconds):
            raise UsageError(f"--offset {text}: {number!r} is no number of seconds", "such as --offset b.mp4=-1.25")
        found = named_so(name, files)
        if found in known:
            raise UsageError(f"--offset {text}: {found} has an offset already", "give one offset for each file")
        known[found] = seconds
    return known


def named_so(name: str, files: Sequence[Path], option: str = "--offset") -> Path:
    """Return the one file that is named so.

    Parameters
    ----------
    name
        Its path, its name, or its name without the ending.
    files
        All of them.
    option
        Where it is named, for people.

    Raises
    ------
    UsageError
        There is none, or several.
    """
    for names in (lambda file: str(file), lambda file: file.name, lambda file: file.stem):
        found = [file for file in dict.fromkeys(files) if names(file) in (name, str(Path(name)))]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"{option} {name}: could be {' or '.join(map(str, found))}", "name it with its folder")
    raise UsageError(f"{option} {name}: is none of the files", did_you_mean(name, [file.name for file in files]))
