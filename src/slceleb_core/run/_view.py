"""One camera of a group, gone through as a video of its own is, up to what is decided of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from slceleb_core.artefacts.shelf import Shelf
from slceleb_core.decision.census import Census
from slceleb_core.decision.operating import Known, OperatingPoint
from slceleb_core.decision.rowscores import Scoring, scored
from slceleb_core.decision.spans import FrameRows, divide
from slceleb_core.decision.views.sightings import Roll, Sighted, ViewFrame, frames_of
from slceleb_core.media.clocks import Clock
from slceleb_core.media.heap import give_back
from slceleb_core.perception.looks import Totals
from slceleb_core.perception.selection import VideoSelection
from slceleb_core.profile import Profile
from slceleb_core.run._provider import StageProvider
from slceleb_core.run._row_spool import RowSpool
from slceleb_core.run._steps import VideoSteps
from slceleb_core.run._view_spool import ViewSpool
from slceleb_core.types import JsonValue, TimeRange, VideoInfo


@dataclass(frozen=True, slots=True)
class CameraFile:
    """A camera of a group, and where its file lies on the group's clock.

    Attributes
    ----------
    name
        What it is called.
    video
        Its file.
    clock
        The file's clock, told by that of the group: ``clock.other(PTS seconds)``.
    valid
        The stretch of the file's own clock in which that holds.
    audio_track
        Which of the file's audio tracks is listened to, where it is this file that is listened to.
    fingerprint
        Of the file.
    placed
        How its place was found, JSON-ready.
    """

    name: str
    video: Path
    clock: Clock
    valid: TimeRange
    audio_track: str
    fingerprint: str
    placed: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class SeenView:
    """What is known of a camera when all of its video has been seen.

    Attributes
    ----------
    camera
        Which one.
    info
        Its video's facts.
    tracks
        All of them, on the group's clock.
    lag
        Seconds by which the sound is late; 0 where that is not known.
    warnings, reports, heard, cache
        As of ``VideoSteps``.
    shots
        How many.
    known
        What is known of the recognizer's operating point.
    moved_by, resynced
        Seconds by which what is heard was moved to go with the lips, and what was measured of that (``audio.resync``).
    """

    camera: CameraFile
    info: VideoInfo
    tracks: list[Sighted]
    lag: float
    warnings: tuple[str, ...]
    reports: Mapping[str, Mapping[str, JsonValue]]
    heard: JsonValue
    cache: Mapping[str, bool]
    shots: int
    known: Known
    moved_by: float = 0.0
    resynced: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True)
class ViewRun:
    """Goes through the video of one camera.

    Attributes
    ----------
    place
        The camera's place in the group.
    camera
        Its file.
    selection
        What is gone through: its video, with whatever is heard; it collects the embeddings of each track.
    stages, profile, shelf
        As of ``VideoRun``.
    """

    place: int
    camera: CameraFile
    selection: VideoSelection
    stages: StageProvider
    profile: Profile
    shelf: Callable[[VideoSelection, str], Shelf]

    def see(
        self,
        begun: Callable[[VideoInfo, OperatingPoint], Census],
        spool: ViewSpool,
        passed: Callable[[FrameRows], None],
    ) -> SeenView:
        """Go through all of it, put its frames aside, and return what is known of it then.

        Parameters
        ----------
        begun
            Told of its facts, and of what a track must reach, before the first frame is looked at; returns the census
            of the group.
        spool
            Where its frames are put aside.
        passed
            Told of each frame that has been perceived.
        """
        roll, selection, totals = Roll(self.place), self.selection, Totals()
        with (
            self.shelf(selection, self.camera.fingerprint) as shelf,
            VideoSteps(replace(selection, totals=totals), self.stages, self.profile, shelf) as steps,
            RowSpool(selection.video, selection.timings) as rows,
        ):
            census = begun(steps.info, steps.point)
            perceived = steps.in_step(_told(steps.rows(), passed), rows)
            scoring, shots = steps.scoring(), 0
            for span in divide(perceived, self.profile.spans, steps.context):
                census.take(span)
                roll.take(span)
                shots = span.shot + 1
                if scoring is not None:
                    scoring.survey(span, span.tracks())
            steps.keep_perceived()
            give_back()
            spool.fill(self._frames(rows, scoring, steps.context))
            steps.keep_scores()
            return SeenView(
                self.camera,
                steps.info,
                [self._placed_track(track) for track in roll.close(totals.of)],
                (None if scoring is None else scoring.lag) or 0.0,
                (*steps.warnings, *self._left_early(steps)),
                steps.reports(),
                steps.heard(),
                steps.replayed(),
                shots,
                steps.known,
                steps.sound.moved_by,
                steps.resynced,
            )

    def _left_early(self, steps: VideoSteps) -> tuple[str, ...]:
        asked = f"only the first {self.selection.max_frames} frames were looked at, as asked"
        return (asked,) if steps.goes_on else ()

    def _frames(self, rows: RowSpool, scoring: Scoring | None, context: float) -> Iterator[ViewFrame]:
        """Yield its frames, with what is said of each face, on the group's clock."""
        clock = self.camera.clock
        for span in divide(rows.read(), self.profile.spans, context):
            for frame in frames_of(self.place, span, scored(scoring, span)):
                yield replace(frame, time=clock.other(frame.time), end=clock.other(frame.end))

    def _placed_track(self, track: Sighted) -> Sighted:
        clock = self.camera.clock
        track.start, track.end = clock.other(track.start), clock.other(track.end)
        return track


def _told(rows: Iterator[FrameRows], passed: Callable[[FrameRows], None]) -> Generator[FrameRows, None, None]:
    """Yield rows, each of which is told of."""
    for row in rows:
        passed(row)
        yield row
