"""Whose face is changed, and where it is: decided by the core, as in a run, by photos and for whole tracks.

Precision goes first here, too. A face that is not settled to be the person's is left as it is, and a video in which two
faces would have the name at one time is refused: one of them is somebody who has agreed to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np

from slceleb_core.decision.attention import EconomyConfig
from slceleb_core.decision.covisible import loses_name
from slceleb_core.decision.identity import Gallery
from slceleb_core.errors import UsageError, VideoError
from slceleb_core.generating.rows import FaceRows
from slceleb_core.media.stamps import ASSUMED_RATE
from slceleb_core.perception.selection import VideoSelection
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile
from slceleb_core.results import FrameResult, TrackResult
from slceleb_core.run import Observer, OpenStages, VideoRun
from slceleb_core.stages import BoundStage, Detector, Speaker, StageConfig, StageContext
from slceleb_core.types import Array, AudioSpan, Faces, Frame, Scores, Track, VideoInfo

MESH = "landmarks478"
"""What a detector must give for the lower part of a face to be told."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a person in a video.

    Attributes
    ----------
    tracks
        The tracks that show them.
    frames
        Frames that there are.
    shown
        Frames on which they are.
    start, end
        PTS seconds of the first frame, and of the end of the last one.
    """

    tracks: frozenset[int]
    frames: int
    shown: int
    start: float
    end: float


class NoOptions(StageConfig):
    """Of a stage that no profile names."""


class RowKeeper(Speaker):
    """Stands where a run has its speaker stage: writes down where faces are, and says of nobody that they speak.

    Parameters
    ----------
    rows
        Where it writes.
    """

    name: ClassVar[str] = "rows"
    Config: ClassVar[type[StageConfig]] = NoOptions
    requires: ClassVar[frozenset[str]] = frozenset({MESH})
    needs_pixels: ClassVar[bool] = False
    keeps_observations: ClassVar[bool] = False

    def __init__(self, context: StageContext, rows: FaceRows) -> None:
        super().__init__(NoOptions(), context)
        self._rows = rows

    def start(self, video: VideoInfo) -> None:
        """Do nothing: it serves one video."""

    def observe(self, frame: Frame, faces: Faces) -> Array:  # noqa: ARG002 - the contract's
        """Return float32 [n, 1]: nothing that a score could be made of."""
        return np.zeros((len(faces), 1), np.float32)

    def observe_batch(self, frames: Sequence[Frame], faces: Sequence[Faces], tracks: Sequence[Array]) -> list[Array]:
        """Write down the faces of some frames."""
        for frame, of_frame, ids in zip(frames, faces, tracks, strict=True):
            self._rows.add(frame.index, ids, of_frame.boxes, of_frame.landmarks478)
        return super().observe_batch(frames, faces, tracks)

    def score(self, tracks: Sequence[Track], audio: AudioSpan) -> list[Scores]:  # noqa: ARG002 - the contract's
        """Return 0 throughout."""
        return [Scores(np.zeros(len(track))) for track in tracks]


def looked_through(profile: Profile) -> Profile:
    """Return a profile by which every face is looked at on every frame, and no sound is.

    Who somebody is decided by is left as it is; nothing is promised of segments, as none are made.
    """
    unheard = profile.gates.model_copy(update={"vad": "none"})
    thorough = EconomyConfig(key_interval=0, embed_interval=0)
    return profile.model_copy(update={"economy": thorough, "gates": unheard, "evidence": None})


def demand_mesh(detector: BoundStage) -> None:
    """Raise UsageError for a detector that does not tell where the lower part of a face is."""
    if MESH not in cast("type[Detector]", detector.stage).capabilities(detector.config):
        raise UsageError(
            f"the detector {detector.stage.name} gives no mesh of 478 points, which tells the lower part of a face",
            "name a profile whose detector does, such as default",
        )


def choose(
    video: Path,
    person: str,
    gallery: Gallery,
    pipeline: Pipeline,
    context: StageContext,
    rows: FaceRows,
    observer: Observer | None = None,
) -> Found:
    """Go through a video, write down where its faces are, and return which tracks show a person.

    Parameters
    ----------
    video
        The file.
    person
        The name.
    gallery
        Everybody of whom there are photos: the others serve as other people.
    pipeline
        Open; its detector gives a mesh.
    context
        As of every stage.
    rows
        Where faces are written down.
    observer
        Told of each frame.

    Raises
    ------
    VideoError
        The video cannot be read, or the person is not in it, or two faces at one time would be theirs.
    """
    keeper = RowKeeper(context, rows)
    stages = OpenStages(pipeline.detector, keeper, pipeline.recognizer, pipeline.threads, pipeline.decoder)
    selection = VideoSelection(video, gallery=gallery)
    run = VideoRun(selection, stages, looked_through(pipeline.bound.profile), _nothing, observer=observer)
    tally = _Tally(person)
    with closing(run.results()) as results:
        for result in results:
            tally.take(result)
            tally.period = 1.0 / (run.info.frame_rate or ASSUMED_RATE)
    return tally.found(video)


def _nothing(_reports: Any) -> dict[str, Any]:
    """Return what is recorded of how results came about: none is kept."""
    return {}


class _Tally:
    """Counts where a person is, as results come."""

    def __init__(self, person: str) -> None:
        self._person = person
        self._frames, self._start, self._last = 0, 0.0, 0.0
        self._named: list[TrackResult] = []
        self._faces = 0
        self._rival: TrackResult | None = None
        self._nearest: TrackResult | None = None
        self.period = 0.0

    def take(self, result: object) -> None:
        """Take a result."""
        if isinstance(result, FrameResult):
            self._start = result.time if not self._frames else self._start
            self._frames, self._last = self._frames + 1, result.time
        elif isinstance(result, TrackResult):
            self._faces += 1
            if result.person == self._person:
                self._named.append(result)
            elif loses_name(result.reason, self._person):
                self._rival = self._rival or result
            elif (result.similarity or -1.0) > (-1.0 if self._nearest is None else self._nearest.similarity or -1.0):
                self._nearest = result

    def found(self, video: Path) -> Found:
        """Return what was found.

        Raises
        ------
        VideoError
            There is nobody, or there are two.
        """
        if self._rival is not None:
            when = f"from {self._rival.start:.1f} to {self._rival.end:.1f} s"
            raise VideoError(
                f"{video}: two faces that are seen together would be {self._person}, one of them {when}",
                "cut that part out, or give photos that tell them apart",
            )
        if not self._faces:
            raise VideoError(f"{video}: no face is found in it", f"name a video in which {self._person} is seen")
        if not self._named:
            near = f"; the nearest face: {self._nearest.reason}" if self._nearest is not None else ""
            raise VideoError(
                f"{video}: {self._person} is not in it, of {self._faces} tracks of faces{near}",
                "give other photos of them (`slceleb poi check` looks at photos), or another video",
            )
        tracks = frozenset(track.id for track in self._named)
        shown = sum(track.frames for track in self._named)
        return Found(tracks, self._frames, shown, self._start, self._last + self.period)
