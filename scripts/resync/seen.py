"""What is seen of clips, found once, and what lags are measured with whatever sound is put beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from slceleb_core.decision.lag_findings import Finding
from slceleb_core.decision.lags import Stretch, measure
from slceleb_core.decision.spans import Span, divide
from slceleb_core.perception.lagging import stretches_of
from slceleb_core.perception.selection import VideoSelection
from slceleb_core.pipeline import Pipeline
from slceleb_core.run import NO_SHELF
from slceleb_core.run._steps import VideoSteps
from slceleb_core.types import SAMPLE_RATE, AudioSpan, LagEvidence, VideoInfo


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip of which the faces have been found.

    Attributes
    ----------
    name
        What it is called in tables.
    video
        Its facts.
    spans
        What is seen.
    sound
        All of its own.
    """

    name: str
    video: VideoInfo
    spans: tuple[Span, ...]
    sound: AudioSpan

    @property
    def seconds(self) -> float:
        """How long it is seen."""
        return self.spans[-1].end - self.spans[0].rows[0].time if self.spans else 0.0


def look(pipeline: Pipeline, path: Path) -> Clip:
    """Return what is seen and heard of a clip."""
    profile, selection = pipeline.bound.profile, VideoSelection(path)
    with NO_SHELF() as shelf, VideoSteps(selection, pipeline, profile, shelf) as steps:
        spans = tuple(divide(steps.rows(), profile.spans, steps.context))
        track = steps.sound.track
        if track is None:
            raise ValueError(f"{path} has no sound")
        return Clip(path.stem, steps.info, spans, track.span(track.start, track.end))


def part_of(clip: Clip, begin: float, seconds: float) -> Clip:
    """Return a part of a clip, its sound with it."""
    first = clip.spans[0].rows[0].time + begin
    rows = [row for span in clip.spans for row in span.rows[span.keep] if first <= row.time < first + seconds]
    spans = tuple(
        Span(shot, kept, slice(0, len(kept)), last=True, end=kept[-1].time + 0.04)
        for shot in sorted({row.shot for row in rows})
        if (kept := tuple(row for row in rows if row.shot == shot))
    )
    sound = clip.sound.span(first - 0.5, first + seconds + 0.5)
    return replace(clip, name=f"{clip.name} from {begin:.0f} s", spans=spans, sound=sound)


def later(sound: AudioSpan, seconds: float) -> AudioSpan:
    """Return a sound that is heard so much later."""
    return AudioSpan(sound.samples, sound.start + seconds)


def drifting(sound: AudioSpan, ppm: float) -> AudioSpan:
    """Return a sound whose clock is slower by so many millionths: it grows longer."""
    count = round(len(sound.samples) * (1 + ppm / 1e6))
    places = np.arange(count) / (1 + ppm / 1e6)
    return AudioSpan(np.interp(places, np.arange(len(sound.samples)), sound.samples).astype(np.float32), sound.start)


def jumping(sound: AudioSpan, time: float, seconds: float) -> AudioSpan:
    """Return a sound that is heard so much later from a PTS second on; silence, or a cut, in between."""
    place, gap = round((time - sound.start) * SAMPLE_RATE), round(seconds * SAMPLE_RATE)
    before, behind = sound.samples[:place], sound.samples[place:]
    joined = [before, np.zeros(max(gap, 0), np.float32), behind] if gap >= 0 else [before[:gap], behind]
    return AudioSpan(np.concatenate(joined), sound.start)


def instead(clip: Clip, other: Clip) -> AudioSpan:
    """Return the sound of another clip from where this one's begins, again and again until it is as long."""
    wanted = len(clip.sound.samples)
    samples = np.tile(other.sound.samples, int(np.ceil(wanted / len(other.sound.samples))))[:wanted]
    return AudioSpan(samples, clip.sound.start)


def measured(pipeline: Pipeline, seen: Sequence[tuple[Clip, AudioSpan]]) -> Finding:
    """Return what clips with their sounds show, as the shots of one video.

    All clips are listened to by themselves: none has a neighbour's sound beyond its ends.
    """
    found: list[Stretch] = []
    for number, (clip, sound) in enumerate(seen):
        pipeline.speaker.start(clip.video)
        pipeline.speaker.listen(sound)
        for span in clip.spans:
            told = stretches_of(pipeline.speaker, sound, span, span.tracks())
            found += [Stretch(100 * number + stretch.shot, moved(stretch, 1000.0 * number)) for stretch in told]
    return measure(found)


def moved(stretch: Stretch, seconds: float) -> LagEvidence:
    """Return what a stretch shows, as seen so much later."""
    evidence = stretch.evidence
    return replace(evidence, start=evidence.start + seconds, end=evidence.end + seconds)
