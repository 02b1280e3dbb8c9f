"""What is counted while the results of a video go by."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from slceleb_core.decision.gates import ORDER
from slceleb_core.decision.medians import weighted_median
from slceleb_core.perception.shots import LONGEST_PAUSE
from slceleb_core.results import FrameResult, Rejection, Segment, TrackResult
from slceleb_core.types import JsonValue


@dataclass(slots=True)
class RunStatistics:
    """Counts and seconds of one video.

    Attributes
    ----------
    wanted
        Persons who are looked for; None without a gallery.
    shots
        Counted by whoever sees the frames first.
    uncompared
        Faces that could not be compared with anybody, though they were to be, where there is a gallery.
    looked, scored, compared
        Faces that were looked at on their frame, whose lips were scored, and that were compared with the gallery.
    shown, pauses
        Seconds from one frame to the next, in all, and how often the clock jumped in between, which they leave out.
    """

    wanted: frozenset[str] | None = None
    frames: int = 0
    last_time: float = 0.0
    shown: float = 0.0
    pauses: int = 0
    uncompared: int = 0
    with_face: int = 0
    with_person: int = 0
    faces: int = 0
    looked: int = 0
    scored: int = 0
    compared: int = 0
    shots: int = 0
    tracks: int = 0
    identified: int = 0
    segments: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    spoken: list[tuple[int, int]] = field(default_factory=list)
    offsets: list[tuple[float, float]] = field(default_factory=list)
    rejected_seconds: dict[str, float] = field(default_factory=dict)

    def take(self, result: FrameResult | TrackResult | Segment | Rejection) -> None:
        """Count a result."""
        if isinstance(result, FrameResult):
            self._pass_time(result.time)
            self.frames += 1
            self.with_face += bool(result.faces)
            self.with_person += any(face.person in (self.wanted or ()) for face in result.faces)
            self.faces += len(result.faces)
            self.looked += sum(face.looked for face in result.faces)
            self.scored += sum(face.speaking is not None for face in result.faces)
            self.compared += sum(face.similarity is not None for face in result.faces)
            if self.wanted is not None:
                self.uncompared += sum(face.embedded and face.similarity is None for face in result.faces)
        elif isinstance(result, TrackResult):
            self.tracks += 1
            self.identified += result.person is not None
        elif isinstance(result, Rejection):
            self.rejected_seconds[result.gate.name] = self.rejected_seconds.get(result.gate.name, 0.0) + result.duration
        else:
            self.segments[result.person] += 1
            self.spoken.append((result.first_frame, result.last_frame))
            self.seconds[result.person] = self.seconds.get(result.person, 0.0) + result.duration
            if result.av_offset_ms is not None:
                self.offsets.append((result.av_offset_ms, result.duration))

    @property
    def embedded(self) -> int:
        """Faces that were to be compared."""
        return self.compared + self.uncompared

    def _pass_time(self, time: float) -> None:
        """Count the time from the frame before to this one, unless the clock jumps there."""
        step = time - self.last_time
        if self.frames and step > LONGEST_PAUSE:
            self.pauses += 1
        elif self.frames:
            self.shown += step
        self.last_time = time

    def seconds_seen(self) -> float:
        """Return the seconds of video looked at.

        The last frame, and one behind which the clock jumps, is taken to last as long as the others on average.
        """
        steps = self.frames - 1 - self.pauses
        return self.shown * self.frames / steps if steps > 0 else 0.0

    def with_speech(self) -> int:
        """Return on how many frames somebody who is looked for speaks, each counted once."""
        count, reached = 0, -1
        for first, last in sorted(self.spoken):
            count += max(last - max(first, reached + 1) + 1, 0)
            reached = max(reached, last)
        return count

    def offset(self) -> float | None:
        """Return the median of the segments' offsets, in ms, each counted by its length; None without any."""
        return weighted_median(self.offsets)

    def statistics(self) -> dict[str, JsonValue]:
        """Return all of it, JSON-ready."""
        return {
            "video_seconds": round(self.seconds_seen(), 3),
            "frames": self.frames,
            "frames_with_face": self.with_face,
            "frames_with_person": None if self.wanted is None else self.with_person,
            "frames_with_speech": self.with_speech(),
            "faces": self.faces,
            "faces_looked_at": self.looked,
            "faces_scored": self.scored,
            "faces_compared": None if self.wanted is None else self.compared,
            "shots": self.shots,
            "tracks": self.tracks,
            "tracks_identified": self.identified,
            "segments": sum(self.segments.values()),
            "segment_seconds": round(sum(self.seconds.values()), 3),
            "av_offset_ms": self.offset(),
            "rejected_seconds": {
                gate: round(self.rejected_seconds[gate], 3) for gate in ORDER if gate in self.rejected_seconds
            },
            "persons": {
                person: {"segments": count, "seconds": round(self.seconds[person], 3)}
                for person, count in sorted(self.segments.items())
            },
        }
