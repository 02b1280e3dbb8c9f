"""How a video looks over time: for each track when it is seen and how surely it speaks, and when a voice is heard.

A video has far more frames than a screen has dots. Scores are kept by steps of time, the highest of each step, and
written one character a step: ``0`` to ``_`` of :data:`LEVELS`, ``-`` for a face without a score, a blank for none.
"""

from __future__ import annotations

import gzip
import json
import logging
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from slceleb_core.review.stretches import Candidate

log = logging.getLogger(__name__)

LEVELS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+_"
"""64 levels: more than the height of a lane has dots."""

UNSCORED, UNSEEN = "-", " "

FINEST = 0.08
"""Seconds of a step: two frames, which is narrower than a dot at the largest zoom."""

STEPS = 20_000
"""Steps of a video at most, so that a page stays small however long it is."""

LARGEST = 200.0
"""Pixels from which on a larger face makes no better thumbnail."""

GLANCE = 1.0
"""Seconds from the beginning of a shot or a clip in which its thumbnail is sought: there a key frame is near, from
which it is decoded. Later ones are hardly better, and cost up to ten times as much."""

Box: TypeAlias = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels."""


@dataclass(frozen=True, slots=True)
class TimedFace:
    """A face at a time at which it can be seen well.

    Attributes
    ----------
    time
        PTS seconds.
    box
        x0, y0, x1, y1 in pixels.
    quality
        How well; comparable within a corpus.
    """

    time: float
    box: Box
    quality: float


@dataclass(slots=True)
class Lane:
    """One track over time.

    Attributes
    ----------
    first
        Number of its first step.
    levels
        A character a step.
    """

    first: int
    levels: list[str] = field(default_factory=list)

    def put(self, step: int, level: str) -> None:
        """Note a level; the highest of a step counts."""
        place = step - self.first
        if place < 0:
            return  # frames come in order of time, but for a damaged file
        self.levels.extend(UNSEEN * (place + 1 - len(self.levels)))
        if _height(level) > _height(self.levels[place]):
            self.levels[place] = level

    def text(self) -> str:
        """Return the levels."""
        return "".join(self.levels)


@dataclass(slots=True)
class Lanes:
    """All tracks of a video over time, and where their faces are seen best.

    Attributes
    ----------
    start
        PTS seconds of the first step's beginning.
    step
        Seconds a step.
    tracks
        By number.
    voice
        How likely a voice is heard; empty where the results do not say.
    faces
        The best face at the beginning of each track.
    shown
        The best face at the beginning of each candidate that is in the corpus, by id; of a group of cameras, in the
        picture of the one that shows it.
    camera
        Of a group: in whose pictures `faces` are; empty without one.
    """

    start: float
    step: float
    tracks: dict[int, Lane] = field(default_factory=dict)
    voice: Lane = field(default_factory=lambda: Lane(0))
    faces: dict[int, TimedFace] = field(default_factory=dict)
    shown: dict[str, TimedFace] = field(default_factory=dict)
    camera: str = ""

    @classmethod
    def over(cls, start: float, end: float, camera: str = "") -> Lanes:
        """Return empty lanes from `start` to `end`, PTS seconds."""
        return cls(start, max((end - start) / STEPS, FINEST), camera=camera)

    def take(self, frame: Mapping[str, Any], candidates: Mapping[int, Sequence[Candidate]]) -> None:
        """Take a line of ``frames.jsonl.gz``; `candidates` by track."""
        time = float(frame["time"])
        step = max(int((time - self.start) / self.step), 0)
        voice = frame.get("voice")
        if voice is not None:
            self.voice.put(step, _level(voice))
        for face in frame["faces"]:
            self._take_face(time, step, face, candidates.get(face["track"], ()))

    def _take_face(self, time: float, step: int, face: Mapping[str, Any], candidates: Sequence[Candidate]) -> None:
        track, speaking = face["track"], face.get("speaking")
        level = UNSCORED if speaking is None else _level(speaking)
        lane = self.tracks.setdefault(track, Lane(step))
        lane.put(step, level)
        timed = _timed(time, face, self.camera)
        began = self.start + (lane.first + 1) * self.step
        if timed is not None:
            self.faces[track] = _better(self.faces.get(track), timed, began)
        for candidate in candidates:
            seen = _timed(time, face, candidate.camera)
            if seen is not None and candidate.start <= time < candidate.end:
                self.shown[candidate.id] = _better(self.shown.get(candidate.id), seen, candidate.start)


def _timed(time: float, face: Mapping[str, Any], camera: str) -> TimedFace | None:
    """Return a face in the picture of a camera, of the one video where that has no name; None: it is not seen there."""
    box = face["box"] if not camera else (face.get("boxes") or {}).get(camera)
    return None if box is None else TimedFace(time, tuple(box), _quality(face))


def _better(best: TimedFace | None, timed: TimedFace, began: float) -> TimedFace:
    """Return the better one of the best so far and the next, as long as what they show has only just begun."""
    if best is None:
        return timed
    return timed if timed.time < began + GLANCE and timed.quality > best.quality else best


def read_lanes(path: Path, lanes: Lanes, candidates: Sequence[Candidate]) -> None:
    """Fill lanes from ``frames.jsonl.gz``; where there is no such file, they stay empty."""
    by_track: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.kind == "segment":
            by_track.setdefault(candidate.track, []).append(candidate)
    for frame in frames_of(path):
        lanes.take(frame, by_track)


def frames_of(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the lines of a file, as far as it can be read: what has been cut off is missing from a picture only."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for line in stream:
                yield json.loads(line)
    except FileNotFoundError:
        return
    except (OSError, EOFError, zlib.error, ValueError) as error:
        log.warning("%s: cannot be read to its end: %s", path, error, extra={"hint": "its timeline is not complete"})


def _level(value: float) -> str:
    return LEVELS[min(max(int(value * len(LEVELS)), 0), len(LEVELS) - 1)]


def _height(level: str) -> int:
    return -2 if level == UNSEEN else -1 if level == UNSCORED else LEVELS.index(level)


def _quality(face: Mapping[str, Any]) -> float:
    """Return how good a picture of somebody a face makes: large, and like the person."""
    x0, y0, x1, y1 = face["box"]
    size = math.sqrt(max(x1 - x0, 0.0) * max(y1 - y0, 0.0))
    likeness = face.get("similarity")
    return math.sqrt(min(size, LARGEST)) * max(0.2 if likeness is None else likeness, 0.05)
