"""A corpus of drawn people, as a finished run leaves it: for whatever reads an output folder, and for its pictures.

Nobody is recognised and nothing is scored: who is seen and who speaks is said, and written by the real sinks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

import cv2
import numpy as np

from slceleb_core.disk.output import OutputFolder
from slceleb_core.jobs import Report, report_to_json
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.cutting import MediaClipper
from slceleb_core.results import FaceResult, FrameResult, Gate, Rejection, Segment, Summary, TrackResult
from slceleb_core.sinks.clips import ClipsSink
from slceleb_core.sinks.json_files import JsonSink
from slceleb_core.sinks.table import TableSink
from slceleb_core.stages import Sink, SinkJob
from slceleb_core.testing import builders
from slceleb_core.testing.pictures import Box, Colour, Person, write_video
from slceleb_core.testing.talker import SyntheticTalker
from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan

FPS = 25
SIZE = (640, 360)

USUAL_SINKS: tuple[type[Sink], ...] = (JsonSink, ClipsSink, TableSink)
"""Those of the default profile."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Somebody who is drawn: a head with hair, eyes and a mouth that moves.

    Attributes
    ----------
    name
        Who it is; None for somebody who is not in the gallery.
    skin, hair
        RGB.
    box
        x0, y0, x1, y1 in pixels.
    turns
        From when to when, in seconds, it speaks.
    """

    name: str | None
    skin: Colour
    hair: Colour
    box: Box
    turns: tuple[tuple[float, float], ...] = ()

    def speaks(self, time: float) -> float:
        """Return how surely it speaks, 0..1."""
        near = max((min(time - start, end - time) for start, end in self.turns), default=-1.0)
        wave = 0.12 * np.sin(7.3 * time) * np.sin(2.1 * time + self.box[0])
        return float(np.clip(0.5 + 3.0 * np.clip(near, -0.13, 0.12) + wave, 0.02, 0.98))

    def opens(self, time: float) -> float:
        """Return how far its mouth is open: the height of the opening over its width."""
        return float(0.18 + 0.72 * max(self.speaks(time) - 0.4, 0.0) * (1 + np.sin(23 * time)))

    def draw(self, image: Array, time: float) -> None:
        """Draw it as it is at `time`, in place."""
        x0, y0, x1, y1 = self.box
        sway = 3.0 * np.sin(1.3 * time + x0)
        centre, width, height = (int((x0 + x1) / 2 + sway), int((y0 + y1) / 2)), int((x1 - x0) / 2), int((y1 - y0) / 2)
        oval(image, (centre[0], centre[1] + int(2.5 * height)), 2.0 * width, 1.5 * height, self.hair[::-1])
        left, right = centre[0] - width // 3, centre[0] + width // 3
        neck = [0.85 * part for part in self.skin]
        cv2.rectangle(image, (left, centre[1]), (right, centre[1] + int(1.3 * height)), neck, -1)
        oval(image, (centre[0], centre[1] - height // 6), 1.12 * width, 1.12 * height, self.hair)
        oval(image, (centre[0], centre[1] + height // 8), 0.92 * width, 0.95 * height, self.skin)
        for x in (left, right):
            eye = (x, centre[1] - height // 10)
            oval(image, eye, width / 7, height / 10, (250, 250, 250))
            oval(image, eye, width / 14, width / 14, (40, 30, 25))
        half = width / 3
        oval(image, (centre[0], centre[1] + height // 2), half, half * self.opens(time), (120, 35, 40))


def oval(image: Array, centre: tuple[int, int], width: float, height: float, colour: Colour) -> None:
    """Draw a filled oval, in place; `width` and `height` are halves."""
    cv2.ellipse(image, centre, (int(width), max(int(height), 1)), 0, 0, 360, colour, -1, cv2.LINE_AA)


ADA = Drawn("Ada Lovelace", (236, 196, 168), (74, 44, 30), (120, 90, 220, 210), ((0.8, 4.2), (9.0, 12.4)))
GRACE = Drawn(
    "Grace Hopper", (224, 178, 146), (190, 190, 196), (400, 90, 500, 210), ((5.0, 7.6), (13.0, 13.2), (14.5, 17.0))
)
STRANGER = Drawn(None, (172, 120, 86), (24, 22, 22), (290, 200, 350, 272), ())


def gates_of(**values: float) -> tuple[Gate, ...]:
    """Return gates with the limits of the default profile; `values` by name."""
    usual: dict[str, tuple[float, float, Literal[">=", "<="]]] = {
        "similarity": (0.61, 0.363, ">="),
        "margin": (0.31, 0.1, ">="),
        "face size": (92.0, 20.0, ">="),
        "vad": (0.94, 0.5, ">="),
        "asd": (0.83, 0.5, ">="),
        "offset": (40.0, 185.0, "<="),
        "chance": (0.001, 0.05, "<="),
        "overlap": (0.08, 0.5, "<="),
        "other_speaker": (0.12, 0.5, "<="),
        "length": (2.4, 0.5, ">="),
    }
    return tuple(
        Gate(name, values.get(name, value), limit, comparison) for name, (value, limit, comparison) in usual.items()
    )


@dataclass(frozen=True, slots=True)
class Talk:
    """A video of a corpus.

    Attributes
    ----------
    name
        What its folder is called.
    people
        Who is seen, from its beginning to its end.
    duration
        Seconds.
    facts
        Further columns of the video list.
    """

    name: str
    people: tuple[Drawn, ...] = (ADA, GRACE, STRANGER)
    duration: float = 18.0
    facts: dict[str, str] = field(default_factory=dict)


def write_talk(output_dir: Path, videos: Path, talk: Talk, sinks: Sequence[type[Sink]] = USUAL_SINKS) -> Path:
    """Write a video into `videos`, and its results into `output_dir` as a run with these sinks does.

    Speech of less than 0.5 s is left out by the gate ``length``, silence by ``asd``, whoever is nobody of the
    gallery by ``similarity``.

    Returns
    -------
    Path
        The folder of its results.
    """
    videos.mkdir(parents=True, exist_ok=True)
    video = videos / f"{talk.name}.mp4"
    draw_talk(video, talk)
    output = OutputFolder(output_dir, video, talk.name)
    segments = list(_segments(talk))
    rejected = list(_rejected(talk))
    info = builders.video_info(video, width=SIZE[0], height=SIZE[1], duration=talk.duration)
    audio = AudioTrack.decode(video)
    assert audio is not None
    summary = builders.summary(video=info, statistics=_statistics(segments, rejected))
    with audio:
        job = SinkJob(info, output.folder, output_dir, talk.name, MediaClipper(video, audio))
        for kind in sinks:
            sink = kind(kind.Config(), builders.context())
            _feed(sink, job, talk, segments, rejected, summary)
    report = Report(
        talk.name,
        folder=output_dir / talk.name,
        fingerprint="sha256:00",
        statistics=summary.statistics,
        provenance=summary.provenance,
        segments=tuple(segment.to_json() for segment in segments),
        duration=talk.duration,
    )
    data = report_to_json(report) | {"rejected": [rejection.to_json() for rejection in rejected]}
    output.state(key="key", fingerprint="sha256:00", facts=talk.facts, report=data)
    return output.publish()


def draw_talk(path: Path, talk: Talk) -> Path:
    """Write the video alone."""
    samples = np.zeros(round(talk.duration * SAMPLE_RATE), np.float32)
    for number, person in enumerate(talk.people):
        for start, end in person.turns:
            voice = SyntheticTalker(seed=number, duration=end - start).audio().samples
            first = round(start * SAMPLE_RATE)
            samples[first : first + len(voice)] += voice[: len(samples) - first]
    people = cast("Sequence[Person]", talk.people)  # all that is asked of a person is to be drawn
    return write_video(path, people, audio=AudioSpan(samples, 0.0), duration=talk.duration, size=SIZE, fps=FPS)


def _feed(
    sink: Sink, job: SinkJob, talk: Talk, segments: Sequence[Segment], rejected: Sequence[Rejection], summary: Summary
) -> None:
    with sink:
        sink.start(job)
        for frame in _frames(talk):
            sink.frame(frame)
        for segment in segments:
            sink.segment(segment)
        for rejection in rejected:
            sink.rejection(rejection)
        for track in _tracks(talk):
            sink.track(track)
        sink.commit(summary)


def _frames(talk: Talk) -> Iterator[FrameResult]:
    for index in range(round(talk.duration * FPS)):
        time = index / FPS
        faces = tuple(_face(track, person, time) for track, person in enumerate(talk.people))
        yield FrameResult(index, time, faces, max((person.speaks(time) for person in talk.people), default=0.0))


def _face(track: int, person: Drawn, time: float) -> FaceResult:
    speaking = round(person.speaks(time), 4)
    similarity, mouth = _similarity(person, time), round(person.opens(time), 4)
    return FaceResult(track, person.box, 0.95, person.name, similarity, speaking, mouth=mouth)


def _similarity(person: Drawn, time: float) -> float:
    return round((0.61 if person.name else 0.12) + 0.03 * float(np.sin(time)), 4)


def _tracks(talk: Talk) -> Iterator[TrackResult]:
    last = round(talk.duration * FPS) - 1
    for number, person in enumerate(talk.people):
        reason = "similarity 0.610 reaches 0.363" if person.name else "similarity 0.120 is below 0.363"
        similarity = 0.61 if person.name else 0.12
        yield builders.track_result(
            id=number,
            last_frame=last,
            end=talk.duration,
            frames=last + 1,
            person=person.name,
            similarity=similarity,
            margin=0.31,
            reason=reason,
        )


def _segments(talk: Talk) -> Iterator[Segment]:
    spoken = [(turn, track, person) for track, person in enumerate(talk.people) for turn in person.turns if person.name]
    for number, ((start, end), track, person) in enumerate(sorted(spoken, key=lambda stretch: stretch[0]), start=1):
        if end - start >= 0.5:
            speaking = round(0.93 - 0.07 * number, 3)
            yield builders.segment(
                id=f"{talk.name}-{number:04d}",
                video=f"{talk.name}.mp4",
                person=person.name,
                start=start,
                end=end,
                first_frame=round(start * FPS),
                last_frame=round(end * FPS) - 1,
                speaking_mean=speaking,
                similarity=0.61,
                track=track,
                av_offset_ms=40.0,
                gates=gates_of(asd=speaking, length=end - start, other_speaker=round(0.09 * number, 3)),
            )


def _rejected(talk: Talk) -> Iterator[Rejection]:
    for track, person in enumerate(talk.people):
        if person.name is None:
            yield _rejection("Ada Lovelace", track, 0.0, talk.duration, gates_of(similarity=0.12, margin=0.02, asd=0.2))
            continue
        reached = 0.0
        for start, end in (*person.turns, (talk.duration, talk.duration)):
            if start > reached:
                yield _rejection(person.name, track, reached, start, gates_of(asd=0.21, vad=0.7))
            if 0 < end - start < 0.5:
                yield _rejection(person.name, track, start, end, gates_of(length=end - start))
            reached = end


def _rejection(person: str, track: int, start: float, end: float, gates: tuple[Gate, ...]) -> Rejection:
    return Rejection(person, track, start, end, round(start * FPS), round(end * FPS) - 1, gates)


def _statistics(segments: Sequence[Segment], rejected: Sequence[Rejection]) -> dict[str, object]:
    lost: dict[str, float] = {}
    for rejection in rejected:
        lost[rejection.gate.name] = round(lost.get(rejection.gate.name, 0.0) + rejection.duration, 3)
    persons = sorted({segment.person for segment in segments})
    return {
        "segments": len(segments),
        "segment_seconds": round(sum(segment.duration for segment in segments), 3),
        "persons": {
            name: {
                "segments": sum(segment.person == name for segment in segments),
                "seconds": round(sum(segment.duration for segment in segments if segment.person == name), 3),
            }
            for name in persons
        },
        "rejected_seconds": lost,
    }
