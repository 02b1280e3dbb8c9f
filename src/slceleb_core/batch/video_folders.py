"""Finding the videos of a folder: all of its subfolders, links included, nothing hidden, nothing twice."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from slceleb_core.disk.output import SOURCE, source_of
from slceleb_core.errors import UsageError

SUFFIXES = frozenset(
    {".3g2", ".3gp", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".m1v", ".m2t", ".m2ts", ".m2v", ".m4v", ".mkv"}
    | {".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mpv", ".mts", ".mxf", ".ogm", ".ogv", ".qt", ".rm", ".rmvb", ".ts"}
    | {".vob", ".webm", ".wmv", ".y4m"}
)
"""What the names of videos end with; for other endings there are patterns."""


@dataclass(frozen=True, slots=True)
class Found:
    """What there is in a folder.

    Attributes
    ----------
    videos
        In natural order.
    skipped
        Subfolders that were left out though they may hold videos, and why.
    """

    videos: list[Path] = field(default_factory=list)
    skipped: list[tuple[Path, str]] = field(default_factory=list)


def find_videos(folder: Path, patterns: Sequence[str] = (), output_dir: Path | None = None) -> Found:
    """Return the videos of a folder and its subfolders; links are followed, no folder twice.

    What is hidden is left out, and so are `output_dir` and folders that hold results.

    Parameters
    ----------
    folder
        Where to look.
    patterns
        Only files that match one of them (:func:`matches`); none: what ends like a video.
    output_dir
        Where results go.

    Raises
    ------
    UsageError
        It cannot be read, there is no video, or it is the output folder.
    """
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise UsageError(f"--video-dir {folder}: it {what}", "name a folder of videos")
    avoided = "" if output_dir is None else os.path.realpath(output_dir)
    if os.path.realpath(folder) == avoided:
        raise UsageError(f"--video-dir {folder}: results go to the same folder", "choose another --output-dir")
    globs = [_parts(pattern) for pattern in patterns]
    found = Found()
    wanted = (path for path in _files(folder, avoided, found.skipped) if _wanted(path, folder, globs))
    found.videos.extend(sorted(wanted, key=natural))
    if not found.videos:
        kinds = f"matching {' or '.join(patterns)}" if patterns else "with the ending of a video"
        raise UsageError(f"--video-dir {folder}: there is no file {kinds}", "see --pattern")
    return found


def natural(path: Path) -> tuple[list[tuple[int, int | str]], str]:
    """Return what paths are ordered by: numbers in them by value, so that 2 comes before 10."""
    text = str(path)
    pieces = re.split(r"(\d+)", text)
    return [(0, int(piece)) if piece.isdecimal() else (1, piece) for piece in pieces], text


def matches(parts: Sequence[str], glob: Sequence[str]) -> bool:
    """Tell whether the parts of a path fit those of a pattern; ``**`` stands for any number of folders."""
    if not glob:
        return not parts
    if glob[0] == "**":
        return any(matches(parts[place:], glob[1:]) for place in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], glob[0]) and matches(parts[1:], glob[1:])


def _parts(pattern: str) -> list[str]:
    """Return the parts of a pattern; upper and lower case are the same, as cameras and downloads mix them."""
    parts = [part for part in pattern.casefold().split("/") if part not in ("", ".")]
    if not parts:
        raise UsageError(f"--pattern {pattern!r}: it matches no file", "give one such as '*.mkv' or '2024/*.mp4'")
    return parts


def _wanted(video: Path, folder: Path, globs: Sequence[Sequence[str]]) -> bool:
    if not globs:
        return video.suffix.lower() in SUFFIXES
    below = [part.casefold() for part in video.relative_to(folder).parts]
    return any(matches(below if len(glob) > 1 else below[-1:], glob) for glob in globs)


def _files(folder: Path, avoided: str, skipped: list[tuple[Path, str]]) -> Iterator[Path]:
    """Yield the files; what can be reached without a link is reached so, whatever links are added later."""
    seen = {avoided}
    near, linked = [folder], list[Path]()
    while near or linked:
        place = near.pop() if near else linked.pop(0)
        real = os.path.realpath(place)
        if real in seen:
            continue
        seen.add(real)
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError as error:
            if place == folder:
                raise UsageError(f"--video-dir {folder}: cannot be read: {error.strerror}") from error
            skipped.append((place, f"cannot be read: {error.strerror}"))
            continue
        if place != folder and _are_results(place, entries):
            skipped.append((place, "holds results of an earlier run"))
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                (linked if entry.is_symlink() else near).append(Path(entry.path))
            else:
                yield Path(entry.path)


def _are_results(place: Path, entries: Sequence[os.DirEntry[str]]) -> bool:
    return any(entry.name == SOURCE for entry in entries) and source_of(place) is not None
