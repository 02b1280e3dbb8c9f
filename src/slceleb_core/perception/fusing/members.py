"""What the stages that are fused observe and say, each on its own."""

from __future__ import annotations

from collections.abc import Sequence

from slceleb_core.perception.fusing.packing import packed, unpacked
from slceleb_core.perception.scoring import said_of, surveyed
from slceleb_core.perception.steps import FrameFaces, LiveObserver
from slceleb_core.stages import Speaker
from slceleb_core.timing import Timings
from slceleb_core.types import Array, AudioSpan, Faces, Frame, LagEvidence, Scores, TimeRange, Track


class Members:
    """The stages, and how far each is with a video.

    Parameters
    ----------
    stages
        They themselves, open.
    """

    def __init__(self, stages: Sequence[Speaker]) -> None:
        self._stages = stages
        self._observers = [LiveObserver(stage, Timings()) for stage in stages]
        self._kinds: list[Array] = []

    def start(self) -> None:
        """Begin a video: each is asked of its first frame."""
        self._observers = [LiveObserver(stage, Timings()) for stage in self._stages]

    def observe(self, frames: Sequence[Frame], faces: Sequence[Faces], tracks: Sequence[Array]) -> list[Array]:
        """Return uint8 [n, bytes], of each frame: what those stages observe that are asked of it."""
        batch = [
            FrameFaces(frame.index, frame.time, frame.shot, seen, frame)
            for frame, seen in zip(frames, faces, strict=True)
        ]
        of_stages = [observer.observe(batch, tracks) for observer in self._observers]
        kinds = self._known(frames[0])
        return [packed(parts, kinds, len(seen)) for seen, *parts in zip(faces, *of_stages, strict=True)]

    def _known(self, frame: Frame) -> list[Array]:
        """Return what each stage observes of no face: of what type and shape it is."""
        if not self._kinds:
            self._kinds = [stage.observe(frame, Faces.empty()) for stage in self._stages]
        return self._kinds

    def survey(self, tracks: Sequence[Track], audio: AudioSpan, own: TimeRange) -> None:
        """Have each take in a span."""
        for stage, seen in zip(self._stages, self.seen(tracks), strict=True):
            stage.survey(surveyed(seen), audio, own)

    def lag_evidence(
        self, tracks: Sequence[Track], audio: AudioSpan, own: TimeRange, reach: float
    ) -> list[LagEvidence] | None:
        """Return what the first says that tells lags; None where none does."""
        for stage, seen in zip(self._stages, self.seen(tracks), strict=True):
            if "lag" in stage.claims:
                return stage.lag_evidence(surveyed(seen), audio, own, reach)
        return None

    def said(self, tracks: Sequence[Track], audio: AudioSpan) -> list[list[Scores]]:
        """Return, for each stage, what it says of each track."""
        return [said_of(stage, seen, audio) for stage, seen in zip(self._stages, self.seen(tracks), strict=True)]

    def seen(self, tracks: Sequence[Track]) -> list[list[Track]]:
        """Return, for each stage, the tracks with what it observed."""
        apart = [list(unpacked(track.observations)) for track in tracks]
        return [
            [_apart(track, *parts[place]) for track, parts in zip(tracks, apart, strict=True)]
            for place in range(len(self._stages))
        ]


def _apart(track: Track, asked: Array, observations: Array) -> Track:
    """Return a track with what one stage observed of some of its rows."""
    observed = None if asked.all() else asked
    return Track(track.id, track.frames, track.times, track.boxes, observations, observed)
