"""Groups of cameras, as they are named: rows of a list that say so, or the videos of a command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slceleb_core.batch.path_spelling import resolve_path
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
        Seconds on the group's clock at which a file begins to count, by the file or its name, as they are written.
    microphone
        Which file is heard; empty: the one that is heard best.
    views
        Whose pictures are cut.
    """

    name: str = ""
    offsets: Mapping[str, float] | None = None
    microphone: str = ""
    views: Views = "best"


NO_GROUP = Wanted()
"""Nothing is said of a group."""


def offsets_of(written: Iterable[str]) -> dict[str, float]:
    """Return the offsets of ``FILE=SECONDS``, by what stands before the last ``=``.

    Raises
    ------
    UsageError
        One of them says something else.
    """
    told = {}
    for text in written:
        name, mark, seconds = text.rpartition("=")
        offset = _number(seconds)
        if not mark or not name or offset is None:
            raise UsageError(f"--offset {text}: no file and seconds", "write FILE=SECONDS, such as --offset b.mp4=-3.2")
        told[name] = offset
    return told


def signed_seconds(text: str, where: str) -> float:
    """Return the seconds of an offset, which may be below 0.

    Raises
    ------
    UsageError
        It is no number.
    """
    offset = _number(text)
    if offset is None:
        raise UsageError(f"{where}: offset is {text!r}, which is no number of seconds", "write seconds, such as -3.2")
    return offset


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


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
    offsets = dict(wanted.offsets or {})
    cameras = []
    for item in items:
        known = [name for name in offsets if _means(name, item.video)]
        cameras.append(Camera(item.video, "", offsets[known[0]] if known else None, absence=item.absence))
        for name in known:
            del offsets[name]
    if offsets:
        raise UsageError(f"--offset {next(iter(offsets))}: no video of the group is called so", "name one of its files")
    microphone = wanted.microphone
    if microphone:
        heard = next((item.video for item in items if _means(microphone, item.video)), None)
        if heard is None:
            hint = "name one of its files; a recording without pictures is named among the videos, too"
            raise UsageError(f"--microphone {microphone}: no video of the group is called so", hint)
        microphone = str(heard)
    first = items[0]
    return replace(first, id=wanted.name, cameras=tuple(cameras), microphone=microphone, views=wanted.views)


def _means(name: str, video: Path) -> bool:
    """Tell whether a file is meant by a name: its path, its name, or its name without the ending."""
    return name in (str(video), video.name, video.stem) or resolve_path(name, Path()).path == video


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


def _facts(rows: Sequence[CameraRow]) -> dict[str, str]:
    """Return what the rows state: what several say alike once, and else what each says."""
    names = dict.fromkeys(name for row in rows for name in row.item.facts)
    said = {name: [row.item.facts[name] for row in rows if name in row.item.facts] for name in names}
    return {name: "; ".join(dict.fromkeys(texts)) for name, texts in said.items()}
