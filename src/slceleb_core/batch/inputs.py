"""Which videos: named one by one, found in folders, or read from lists; each once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from slceleb_core.batch.grouping import NO_GROUP, Wanted, as_group, with_views
from slceleb_core.batch.path_spelling import resolve_path
from slceleb_core.batch.result_names import assign_names
from slceleb_core.batch.video_folders import find_videos
from slceleb_core.batch.video_lists import Listed, read_list
from slceleb_core.errors import UsageError
from slceleb_core.jobs import Item

__all__ = ["Gathered", "assign_names", "gather"]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found where videos are named.

    Attributes
    ----------
    items
        Each video once, in order.
    repeated
        Files that were named again.
    skipped
        What was left out of a folder though it may hold videos, and why.
    """

    items: tuple[Item, ...] = ()
    repeated: tuple[Path, ...] = ()
    skipped: tuple[tuple[Path, str], ...] = ()


def gather(
    videos: Iterable[Path | str],
    folders: Iterable[Path] = (),
    patterns: Sequence[str] = (),
    lists: Iterable[Path] = (),
    *,
    output_dir: Path | None = None,
    group: Wanted = NO_GROUP,
) -> Gathered:
    """Return every video that is named, in the order of the arguments.

    A file that is named one by one or in a list need not exist: it fails when its turn comes, and the others go on.

    Parameters
    ----------
    videos
        Files, as paths or as people write them.
    folders
        As of :func:`~slceleb_core.batch.video_folders.find_videos`.
    patterns
        Of the folders' files, only those that match one; none: what ends like a video.
    lists
        As of :func:`~slceleb_core.batch.video_lists.read_list`.
    output_dir
        Left out where it lies in one of the folders.
    group
        What is said of the group that all of them are; without a name they are none, and its views are those of the
        groups of lists.

    Raises
    ------
    UsageError
        A folder or list cannot be read, or one of them names no video; or two rows of lists contradict each other.
    """
    named = [Listed(_given(video), "the command line") for video in videos]
    skipped: list[tuple[Path, str]] = []
    for folder in folders:
        found = find_videos(folder, patterns, output_dir)
        named += [Listed(Item(video), f"--video-dir {folder}") for video in found.videos]
        skipped += found.skipped
    named += [row for path in lists for row in read_list(path)]
    once, repeated = _each_once(named)
    _check_ids(once)
    items = tuple(row.item for row in once)
    items = (as_group(items, group),) if group.name else with_views(items, group.views)
    return Gathered(items, tuple(repeated), tuple(skipped))


def _given(video: Path | str) -> Item:
    """Return a video that is named by itself."""
    file = resolve_path(str(video), Path())
    return Item(file.path, absence=file.absence)


def _each_once(named: Iterable[Listed]) -> tuple[list[Listed], list[Path]]:
    """Return what is named, without what names the same part of the same file under the same id once more.

    Where only one of the two says whom to look for, or states facts, that one counts.
    """
    known: dict[tuple[object, ...], Listed] = {}
    repeated = []
    for row in named:
        item = row.item
        what = (*map(os.path.realpath, item.files), item.id, item.start, item.end)
        other = known.setdefault(what, row)
        if other is row:
            continue
        repeated.append(item.video)
        if _says(row) and not _says(other):
            known[what] = row
        elif _says(row) and _says(row) != _says(other):
            raise UsageError(
                f"{row.where}: {item.video} is there already, with other names or facts: {other.where}",
                "put all names into one row, or give each row its own id or range",
            )
    return list(known.values()), repeated


def _says(row: Listed) -> list[object]:
    """Return what a row says beside which part of which file it is about."""
    return [value for value in (row.item.poi, dict(row.item.facts), row.item.audio_track) if value]


def _check_ids(named: Iterable[Listed]) -> None:
    known: dict[str, Listed] = {}
    for row in (row for row in named if row.item.id):
        other = known.setdefault(row.item.id, row)
        if other is not row:
            raise UsageError(
                f"{row.where}: two videos have the id {row.item.id!r}, the other is {other.where}", "give each its own"
            )
