"""Reading what was found: the results folder of a run, one video's folder in it, or a table of segments."""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from slceleb_core.decision.segmenting import SegmentConfig
from slceleb_core.disk.output import results_in, source_of, statement_of
from slceleb_core.errors import UsageError
from slceleb_core.evaluation.intervals import Intervals, Span, union
from slceleb_core.evaluation.reading import read_speech
from slceleb_core.types import Array

SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")
"""What of a video's name says its format; ``.2`` in ``talk.2`` does not."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceFrames:
    """The faces of one video, frame by frame.

    Attributes
    ----------
    people
        By name, of every face with a name and a score: float64 [n] PTS seconds and float64 [n] speaking scores.
    seen
        By name, when a face of that name was visible; None is the name of faces that were not identified.
    unnamed
        Face-frames with a score but without a name.
    """

    people: dict[str, tuple[Array, Array]]
    seen: dict[str | None, Intervals]
    unnamed: int


@dataclass(frozen=True, slots=True)
class Output:
    """What was found in one video.

    Attributes
    ----------
    name
        Of the video: its stem.
    keys
        What it answers to: its path, its file name, its stem, its folder.
    found
        When each person speaks.
    end
        PTS seconds at which the video ends; None when the results do not say.
    onset
        The score that began a segment.
    wanted
        The persons who were looked for; None where nobody says.
    named
        Whether there was a gallery; without one, a person is a track.
    frames
        The file of face-frames; None where there is none.
    """

    name: str
    keys: frozenset[str]
    found: dict[str, Intervals]
    end: float | None = None
    onset: float = field(default_factory=lambda: SegmentConfig().onset)
    wanted: frozenset[str] | None = None
    named: bool = True
    frames: Path | None = None


def read_outputs(path: Path) -> list[Output]:
    """Return what was found, a video each.

    Parameters
    ----------
    path
        The output folder of ``slceleb run``, the folder of one video in it, or a table that
        :func:`slceleb_core.evaluation.reading.read_speech` reads.

    Raises
    ------
    UsageError
        There are no results, or they cannot be read.
    """
    if not path.exists():
        raise UsageError(f"no outputs at {path}", "name the output folder of slceleb run, or a segments.csv")
    if not path.is_dir():
        return _from_table(path)
    folders = [path] if source_of(path) is not None else results_in(path)
    if not folders:
        raise UsageError(f"no finished video in {path}", "name the output folder of slceleb run")
    return [_from_folder(folder) for folder in folders]


def stem(video: str) -> str:
    """Return a video's file name without what says its format."""
    return SUFFIX.sub("", Path(video).name)


def by_person(speech: Iterable[tuple[str, float, float]]) -> dict[str, Intervals]:
    """Return when each person speaks; overlapping and touching stretches are one."""
    spans: dict[str, list[Span]] = {}
    for person, start, end in speech:
        spans.setdefault(person, []).append((start, end))
    return {person: union(times) for person, times in spans.items()}


def _from_table(path: Path) -> list[Output]:
    videos: dict[str, list[tuple[str, float, float]]] = {}
    for spoken in read_speech(path):
        videos.setdefault(spoken.video, []).append((spoken.person, spoken.start, spoken.end))
    return [Output(stem(video), names_of(video), by_person(found)) for video, found in videos.items()]


def names_of(video: str) -> frozenset[str]:
    """Return what a video answers to: its path, its file name, its stem."""
    return frozenset(composed(key) for key in (video, Path(video).name, stem(video)))


def composed(text: str) -> str:
    """Return a name as it compares equal wherever it was typed (NFC)."""
    return unicodedata.normalize("NFC", text)


def _called(folder: Path) -> tuple[str, frozenset[str]]:
    """Return what a folder's results are called, and all that they answer to.

    Of a group of cameras that is its folder alone: its files have results of their own, on clocks of their own.
    """
    name = composed(folder.name)
    if statement_of(folder).get("files"):
        return folder.name, frozenset({name})
    source = source_of(folder) or folder.name
    return stem(source), names_of(source) | {name}


def _from_folder(folder: Path) -> Output:
    source, keys = _called(folder)
    frames = folder / "frames.jsonl.gz"
    frames_or_none = frames if frames.is_file() else None
    if (folder / "result.json").is_file():
        return _from_result(folder / "result.json", source, keys, frames_or_none)
    table = folder / "segments.csv"
    if table.is_file():
        found = by_person((spoken.person, spoken.start, spoken.end) for spoken in read_speech(table))
        return Output(source, keys, found, frames=frames_or_none)
    raise UsageError(
        f"neither result.json nor segments.csv in {folder}", "run again with the sink json or table in the profile"
    )


def _from_result(path: Path, name: str, keys: frozenset[str], frames: Path | None) -> Output:
    try:
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        gallery, video = result["gallery"], result["video"]
        found = [
            (composed(segment["person"]), float(segment["start"]), float(segment["end"]))
            for segment in result["segments"]
        ]
        return Output(
            name,
            keys,
            by_person(found),
            end=None if video["duration"] is None else video["start"] + video["duration"],
            onset=float(result["profile"]["segments"]["onset"]),
            wanted=None if gallery is None else frozenset(map(composed, gallery["wanted"])),
            named=gallery is not None,
            frames=frames,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path, error) from None


def read_frames(output: Output) -> FaceFrames | None:
    """Return the face-frames of an output; None where it has none.

    Raises
    ------
    UsageError
        The file cannot be read.
    """
    if output.frames is None:
        return None
    gathered = _Gathered(named=output.named)
    try:
        for time, until, faces in _shown(_lines(output.frames)):
            gathered.take(time, until, faces)
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise _unreadable(output.frames, error) from None
    return gathered.finished()


@dataclass(slots=True)
class _Gathered:
    """Face-frames, by person, while they are read."""

    named: bool
    times: dict[str, list[float]] = field(default_factory=dict)
    scores: dict[str, list[float]] = field(default_factory=dict)
    seen: dict[str | None, list[Span]] = field(default_factory=dict)
    unnamed: int = 0

    def take(self, time: float, until: float, faces: list[dict[str, Any]]) -> None:
        """Take a frame that is shown until the next one."""
        for face in faces:
            person = self._name(face)
            self._see(person, (time, until))
            if face["speaking"] is None:
                continue
            if person is None:
                self.unnamed += 1
            else:
                self.times.setdefault(person, []).append(time)
                self.scores.setdefault(person, []).append(float(face["speaking"]))

    def finished(self) -> FaceFrames:
        """Return what was gathered."""
        people = {person: (np.array(self.times[person]), np.array(self.scores[person])) for person in self.times}
        return FaceFrames(people, {person: union(spans) for person, spans in self.seen.items()}, self.unnamed)

    def _name(self, face: dict[str, Any]) -> str | None:
        if not self.named:
            return f"track-{face['track']:04d}"
        return None if face["person"] is None else composed(face["person"])

    def _see(self, person: str | None, span: Span) -> None:
        spans = self.seen.setdefault(person, [])
        if spans and spans[-1][1] >= span[0]:  # joined at once: a long video has many frames
            spans[-1] = (spans[-1][0], max(span[1], spans[-1][1]))
        else:
            spans.append(span)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def _shown(frames: Iterable[dict[str, Any]]) -> Iterator[tuple[float, float, list[dict[str, Any]]]]:
    """Yield each frame's time, the time until which it is shown, and its faces; the last lasts as long as its like."""
    before: dict[str, Any] | None = None
    lasts: list[float] = []
    for frame in frames:
        if before is not None:
            lasts.append(frame["time"] - before["time"])
            yield before["time"], frame["time"], before["faces"]
        before = frame
    if before is not None:
        yield before["time"], before["time"] + float(np.median(lasts) if lasts else 0.0), before["faces"]


def _unreadable(path: Path, error: Exception) -> UsageError:
    what = f"no entry {error}" if isinstance(error, KeyError) else str(error)
    return UsageError(f"cannot read {path}: {what}", "run the video again")
