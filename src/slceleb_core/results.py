"""What the judgement says, and sinks are given: faces, frames, tracks, segments, rejected stretches, gates, a summary.

What the stages before it hand on is in ``types``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from slceleb_core.types import JsonValue, VideoInfo

DIGITS = 6
"""Decimals of numbers that are written down: microseconds, millionths of a score."""


@dataclass(frozen=True, slots=True)
class FaceResult:
    """One face of one frame, as decided.

    Attributes
    ----------
    track
        The track's id.
    box
        x0, y0, x1, y1 in pixels.
    score
        The detector's confidence, 0..1.
    person
        The person's name; None for nobody of the gallery, or without a gallery.
    similarity
        Cosine similarity of this face to `person`, or to the nearest person where that is None; None without a
        gallery, and where this face could not be compared.
    speaking
        The speaking score, 0..1; None where there is no sound to judge by, and where nobody followed the lips, as they
        cannot change the result.
    diagnostics
        What the speaking score rests on, by name: the speaker stage's diagnostics. None unless it was asked for them.
    mouth
        How far the mouth is open: the height of its opening over its width. NaN where the mouth was not seen; None
        where the speaker stage does not tell.
    chance
        How likely lips that have nothing to do with the sound go with it as well as these, 0..1; None where the speaker
        stage does not tell.
    overlap
        How likely this face and another one speak at once, 0..1; None where the speaker stage does not tell.
    looked
        Whether the face was looked at on this frame; where it was not, its place is interpolated between others.
    embedded
        Whether it was handed to the recognizer, where there is a gallery; one that was and has no `similarity` could
        not be compared.
    camera
        Of a group of cameras: the one that shows them, in whose picture `box` is; empty without a group.
    boxes
        Of a group: the box in the picture of every camera that sees them, by its name.
    """

    track: int
    box: tuple[float, float, float, float]
    score: float
    person: str | None
    similarity: float | None
    speaking: float | None
    diagnostics: Mapping[str, float] | None = None
    mouth: float | None = None
    chance: float | None = None
    overlap: float | None = None
    looked: bool = True
    embedded: bool = True
    camera: str = ""
    boxes: Mapping[str, tuple[float, float, float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FrameResult:
    """One frame, as decided.

    Attributes
    ----------
    index, time
        As in :class:`Frame`.
    faces
        The faces that were followed through it.
    voice
        How likely a voice is heard, 0..1; None where there is no sound, or no face to ask it for.
    """

    index: int
    time: float
    faces: tuple[FaceResult, ...]
    voice: float | None = None


@dataclass(frozen=True, slots=True)
class TrackResult:
    """A whole track, once it has ended, and who it is taken for.

    Attributes
    ----------
    id, shot
        Its number and its shot's.
    first_frame, last_frame
        Indices, both inclusive.
    start, end
        PTS seconds of the first frame, and of the end of the last one.
    frames
        Frames in which the face was seen.
    person
        The name decided; None for nobody.
    similarity
        The quality-weighted mean cosine similarity to the nearest person; None without a gallery.
    margin
        How far the nearest person is above the second; None with fewer than two persons.
    reason
        Why nobody was decided on, or by what the track was named.
    speaking_mean, speaking_max
        Of the speaking score over the track; None where there is no sound to judge by.
    """

    id: int
    shot: int
    first_frame: int
    last_frame: int
    start: float
    end: float
    frames: int
    person: str | None
    similarity: float | None
    margin: float | None
    reason: str
    speaking_mean: float | None
    speaking_max: float | None


@dataclass(frozen=True, slots=True)
class Gate:
    """What one gate says of a stretch of a track (``gates``).

    Attributes
    ----------
    name
        Which gate.
    value
        What was measured; None where that cannot be known, which passes.
    limit
        What it is measured against; None: anything passes.
    comparison
        ``>=`` where the value must reach the limit, ``<=`` where it must not exceed it.
    """

    name: str
    value: float | None
    limit: float | None
    comparison: Literal[">=", "<="]

    @property
    def passed(self) -> bool:
        """Whether the stretch goes on."""
        if self.value is None or self.limit is None:
            return True
        return self.value >= self.limit if self.comparison == ">=" else self.value <= self.limit

    @property
    def room(self) -> float | None:
        """How far the value is on the good side of its limit, in parts of the limit; below 0: it did not pass."""
        if self.value is None or self.limit is None:
            return None
        ahead = self.value - self.limit if self.comparison == ">=" else self.limit - self.value
        return ahead / max(abs(self.limit), 1e-9)

    @classmethod
    def all_from_json(cls, data: Mapping[str, JsonValue]) -> tuple[Gate, ...]:
        """Return the gates of :func:`gates_to_json`."""
        return tuple(cls(name, **values) for name, values in data.items())


def gates_to_json(gates: Sequence[Gate]) -> dict[str, JsonValue]:
    """Return gates as a JSON-ready mapping by name, in their order."""
    return {
        gate.name: {"value": rounded(gate.value), "limit": gate.limit, "comparison": gate.comparison} for gate in gates
    }


def rounded(value: JsonValue) -> JsonValue:
    """Return a number as it is written down: to a millionth, beyond which it depends on the processor's threads."""
    return round(value, DIGITS) if isinstance(value, float) else value


@dataclass(frozen=True, slots=True)
class Rejection:
    """A stretch in which somebody who is looked for may be visible, and which is no segment.

    Attributes
    ----------
    person
        Whom its track is taken for or, where that is nobody, is nearest to; ``track-0007`` where there is no gallery.
    track
        The track's id.
    start, end
        PTS seconds.
    first_frame, last_frame
        Both inclusive.
    gates
        What every gate says; at least one is not passed.
    """

    person: str
    track: int
    start: float
    end: float
    first_frame: int
    last_frame: int
    gates: tuple[Gate, ...]

    @property
    def gate(self) -> Gate:
        """The first one that was not passed: the reason."""
        return next(gate for gate in self.gates if not gate.passed)

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start

    def to_json(self) -> dict[str, JsonValue]:
        """Return it JSON-ready, with the reason first among equals."""
        names = ("person", "track", "start", "end", "first_frame", "last_frame", "duration")
        own = {name: rounded(getattr(self, name)) for name in names}
        gate = self.gate
        reason = {"gate": gate.name, "value": rounded(gate.value), "limit": gate.limit, "comparison": gate.comparison}
        return {**own, **reason, "gates": gates_to_json(self.gates)}


THROUGHOUT = 0.95
"""Share of a segment in which a camera must see somebody for its pictures to be of them."""

TOLD_APART = frozenset({"gates", "camera", "views"})
"""Fields of a segment that are not written down as they are."""


@dataclass(frozen=True, slots=True)
class View:
    """How a camera of a group sees somebody during a segment.

    Attributes
    ----------
    camera
        Its name.
    start, end
        The segment, in PTS seconds of that camera's file.
    seen
        Seconds of it in which that camera sees them.
    """

    camera: str
    start: float
    end: float
    seen: float

    @property
    def throughout(self) -> bool:
        """Whether that camera sees them from the beginning to the end, but for a glance."""
        return self.seen >= THROUGHOUT * (self.end - self.start)

    def to_json(self) -> dict[str, JsonValue]:
        """Return it JSON-ready."""
        return {name: rounded(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch in which one person is visible and speaking: what the program exists to find.

    Attributes
    ----------
    id
        Unique in an output folder: ``<folder>-<number>``.
    video
        The video, as it was named to the pipeline.
    person
        The person's name; ``track-0007`` where there is no gallery.
    start, end
        PTS seconds, padding included.
    first_frame, last_frame
        Frame span that was decided to be speech, padding excluded, both inclusive.
    speaking_mean, speaking_min
        Of the speaking score over the frame span.
    similarity
        Mean cosine similarity to the person over the frame span; None without a gallery.
    similarity_min
        Its minimum; None without a gallery.
    track
        The track's id.
    av_offset_ms
        Milliseconds by which the sound comes after the picture (before it where negative): the median over the frame
        span of what the speaker stage found; None where it does not tell.
    gates
        What every gate says; all are passed.
    camera
        Of a group of cameras: the one that shows them throughout, of whose pictures the clip is; empty without a group.
    views
        Of a group: every camera that sees them then.
    """

    id: str
    video: str
    person: str
    start: float
    end: float
    first_frame: int
    last_frame: int
    speaking_mean: float
    speaking_min: float
    similarity: float | None
    similarity_min: float | None
    track: int
    av_offset_ms: float | None = None
    gates: tuple[Gate, ...] = ()
    camera: str = ""
    views: tuple[View, ...] = ()

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start

    def to_json(self) -> dict[str, JsonValue]:
        """Return it JSON-ready, its length included; what is said of cameras only where there are several."""
        own = {name: rounded(getattr(self, name)) for name in self.__dataclass_fields__ if name not in TOLD_APART}
        shown = {"camera": self.camera, "views": [view.to_json() for view in self.views]} if self.views else {}
        return {**own, "duration": rounded(self.duration), **shown, "gates": gates_to_json(self.gates)}

    @classmethod
    def from_json(cls, data: Mapping[str, JsonValue]) -> Segment:
        """Return the segment of :meth:`to_json`; KeyError where something lacks."""
        own = {name: data[name] for name in cls.__dataclass_fields__ if name not in {*TOLD_APART, "av_offset_ms"}}
        return cls(
            **own,
            av_offset_ms=data.get("av_offset_ms"),
            gates=Gate.all_from_json(data.get("gates", {})),
            camera=data.get("camera", ""),
            views=tuple(View(**view) for view in data.get("views", ())),
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known when a video has been processed to its end.

    Attributes
    ----------
    video
        The video's facts.
    warnings
        One line each: truncated, no sound, a stage that fell back to something lesser.
    statistics
        Counts and seconds, JSON-ready: frames, faces, shots, tracks, segments, stage times.
    provenance
        JSON-ready: resolved profile, versions, model files with hashes and licences, what each stage reports.
    """

    video: VideoInfo
    warnings: tuple[str, ...] = ()
    statistics: dict[str, JsonValue] = field(default_factory=dict)
    provenance: dict[str, JsonValue] = field(default_factory=dict)


Result: TypeAlias = FrameResult | TrackResult | Segment | Rejection
"""What a run yields, in order: a frame each; after the last of a shot its segments, rejections and tracks."""
