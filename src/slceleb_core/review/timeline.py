"""What a timeline of one video shows, out of its results: when each face was seen, and how it scored."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from slceleb_core.errors import UsageError


@dataclass(frozen=True, slots=True)
class ScoredFace:
    """A face on one frame: PTS seconds from and until when, and its speaking score, None where there is no sound."""

    start: float
    end: float
    speaking: float | None


@dataclass(frozen=True, slots=True)
class VideoResults:
    """The results of one video, as they were written.

    Attributes
    ----------
    result
        ``result.json``.
    frames
        The lines of ``frames.jsonl.gz``.
    """

    result: dict[str, Any]
    frames: list[dict[str, Any]]

    @property
    def start(self) -> float:
        """PTS seconds of the first frame."""
        return float(self.frames[0]["time"]) if self.frames else 0.0

    @property
    def end(self) -> float:
        """PTS seconds at which the last frame begins, or the last track ends."""
        last = float(self.frames[-1]["time"]) if self.frames else 0.0
        return max([last, *(float(track["end"]) for track in self.result["tracks"])])


def read_results(folder: Path) -> VideoResults:
    """Return the results in the folder of one video.

    Raises
    ------
    UsageError
        There are none, or they are damaged.
    """
    path = folder / "result.json"
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        path = folder / "frames.jsonl.gz"
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return VideoResults(result, [json.loads(line) for line in lines])
    except OSError as error:
        hint = "name the folder of one video in an output folder; the sink json writes what is drawn"
        raise UsageError(f"cannot read {path}: {error.strerror or error}", hint) from None
    except (ValueError, EOFError, zlib.error) as error:
        raise UsageError(f"{path} is damaged: {error}", "run the video again") from None


def stretches_seen(frames: list[dict[str, Any]]) -> dict[int, list[list[ScoredFace]]]:
    """Return, by track, the stretches of consecutive frames in which its face was seen."""
    times = [float(frame["time"]) for frame in frames]
    steps = sorted(b - a for a, b in pairwise(times))
    ends = [*times[1:], times[-1] + (steps[len(steps) // 2] if steps else 0.04)] if times else []
    found: dict[int, list[list[ScoredFace]]] = {}
    before: set[int] = set()
    for frame, end in zip(frames, ends, strict=True):
        for face in frame["faces"]:
            stretches = found.setdefault(face["track"], [])
            if face["track"] not in before:
                stretches.append([])
            stretches[-1].append(ScoredFace(float(frame["time"]), end, face["speaking"]))
        before = {face["track"] for face in frame["faces"]}
    return found


def above(stretch: list[ScoredFace], onset: float) -> Iterator[list[ScoredFace]]:
    """Yield the runs of faces that score at least `onset`."""
    high: list[ScoredFace] = []
    for face in stretch:
        if face.speaking is not None and face.speaking >= onset:
            high.append(face)
        elif high:
            yield high
            high = []
    if high:
        yield high
