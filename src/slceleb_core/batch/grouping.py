"""Groups of cameras, as they are named: rows of a list that say so, or the videos of a command."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from slceleb_core.disk.naming import readable, safe_name
from slceleb_core.errors import UsageError
from slceleb_core.jobs import Camera, Item, Views


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command says of the group that its videos are.

    Attributes
    ----------
    name
        What it is called; empty: they are no group.
    offsets
        ``FILE=SECONDS`` each, as they are written: the second of the group's clock at which a file has its PTS 0.
    microphone
        Which file is heard; empty: the one that is heard best.
    views
        Whose pictures are cut.
    """

    name: str = ""
    offsets: tuple[str, ...] = ()
    microphone: str = ""
    views: Views = "best"


NO_GROUP = Wanted()
"""Nothing is said of a group."""


def signed_seconds(text: str, where: str) -> float:
    """Return the seconds of an offset, which may be below 0.

    Raises
    ------
    UsageError
        It is no number.
    """
    try:
        offset = float(text)
    except ValueError:
        offset = math.nan
    if not math.isfinite(offset):
        raise UsageError(f"{where}: offset is {text!r}, which is no number of seconds", "write seconds, such as -3.2")
    return offset


def checked_name(name: str, where: str) -> str:
    """Return what a group or a camera is called: something that can be written on one line.

    Raises
    ------
    UsageError
        It cannot, or there is nothing of it.
    """
    if not name.strip():
        raise UsageError(f"{where}: the name is empty", "give one")
    if not readable(name).isprintable():
        raise UsageError(f"{where}: {name!r} holds what cannot be printed on a line", "leave line ends and tabs out")
    return name.strip()


def with_views(items: Sequence[Item], views: Views) -> tuple[Item, ...]:
    """Return items with those views in all groups among them.

    Raises
    ------
    UsageError
        Others than the best are wanted, and there is no group.
    """
    if views != NO_GROUP.views and not any(item.cameras for item in items):
        hint = "add --group NAME, or a column group to the list"
        raise UsageError(f"--views {views}: says something of groups, and there are none", hint)
    return tuple(replace(item, views=views) if item.cameras else item for item in items)


def as_group(items: Sequence[Item], wanted: Wanted) -> Item:
    """Return the videos of a command as one group.

    Parameters
    ----------
    items
        The videos, each once.
    wanted
        What the command says of them.

    Raises
    ------
    UsageError
        There are fewer than two; or an offset or the microphone is of none of them.
    """
    if len(items) < 2:
        raise UsageError(f"--group {wanted.name}: a group takes two videos at least", "name one for each camera")
    from slceleb_core.media.synchrony import named_so, offsets_of  # what compares sounds opens slowly

    files = [item.video for item in items]
    offsets = offsets_of(wanted.offsets, files)
    cameras = [Camera(item.video, "", offsets.get(item.video), absence=item.absence) for item in items]
    microphone = str(named_so(wanted.microphone, files, "--microphone")) if wanted.microphone else ""
    first = items[0]
    return replace(first, id=wanted.name, cameras=tuple(cameras), microphone=microphone, views=wanted.views)


@dataclass(frozen=True, slots=True)
class CameraRow:
    """A row of a list that says of which group its video is.

    Attributes
    ----------
    item
        The video, with whatever else the row says.
    group
        The group.
    camera
        What the video is called in it; empty: by its file.
    offset
        As of ``Camera``.
    heard
        Whether it is the one that is heard.
    where
        For people: ``videos.csv:12``.
    """

    item: Item
    group: str
    camera: str
    offset: float | None
    heard: bool
    where: str


def joined(rows: Sequence[CameraRow]) -> Item:
    """Return the rows of one group as one item.

    Raises
    ------
    UsageError
        They are fewer than two, contradict each other, or ask for what a group cannot have.
    """
    first = rows[0]
    if len(rows) < 2:
        hint = "give a row to each of its cameras, or leave the column empty"
        raise UsageError(f"{first.where}: the group {first.group!r} has one video", hint)
    for row in rows:
        if (row.item.start, row.item.end) != (None, None):
            raise UsageError(
                f"{row.where}: the group {row.group!r} has a start or an end", "leave them out: groups are taken whole"
            )
        if row.item.id not in ("", row.group):
            raise UsageError(
                f"{row.where}: the group {row.group!r} has the id {row.item.id!r}", "leave id out: the group is the id"
            )
    _check_apart(rows)
    heard = [row for row in rows if row.heard]
    if len(heard) > 1:
        raise UsageError(
            f"{heard[1].where}: the group {first.group!r} has two microphones, the other is {heard[0].where}",
            "mark one of them",
        )
    cameras = tuple(
        Camera(row.item.video, row.camera, row.offset, row.item.audio_track, row.item.absence) for row in rows
    )
    people = tuple(dict.fromkeys(name for row in rows for name in row.item.poi))
    microphone = (heard[0].camera or str(heard[0].item.video)) if heard else ""
    facts = _facts(rows)
    return replace(
        first.item, id=first.group, poi=people, facts=facts, audio_track="", cameras=cameras, microphone=microphone
    )


def _check_apart(rows: Sequence[CameraRow]) -> None:
    """Raise where two rows name one file, or one camera: also one by what the clips of its views are called."""
    files: dict[str, CameraRow] = {}
    names: dict[str, CameraRow] = {}
    for row in rows:
        other = files.setdefault(os.path.realpath(row.item.video), row)
        if other is not row:
            what = f"{row.where}: {row.item.video} is in the group {row.group!r} already: {other.where}"
            raise UsageError(what, "name each file once")
        other = names.setdefault(safe_name(row.camera).casefold(), row) if row.camera else row
        if other is not row:
            both = (
                repr(row.camera) if row.camera == other.camera else f"{other.camera!r} and {row.camera!r}, one to files"
            )
            what = f"{row.where}: the group {row.group!r} has two cameras {both}, the other is {other.where}"
            raise UsageError(what, "give each another name")


def _facts(rows: Sequence[CameraRow]) -> dict[str, str]:
    """Return what the rows state: what several say alike once, and else what each says."""
    names = dict.fromkeys(name for row in rows for name in row.item.facts)
    said = {name: [row.item.facts[name] for row in rows if name in row.item.facts] for name in names}
    return {name: "; ".join(dict.fromkeys(texts)) for name, texts in said.items()}
