"""Going through a video for nothing but the lag of its sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slceleb_core.decision.lag_findings import Finding
from slceleb_core.decision.lags import Stretch, measure
from slceleb_core.decision.spans import FrameRows, divide
from slceleb_core.errors import VideoError
from slceleb_core.perception.lagging import stretches_of
from slceleb_core.perception.selection import VideoSelection
from slceleb_core.profile import Profile
from slceleb_core.run._provider import StageProvider
from slceleb_core.run._steps import VideoSteps, given
from slceleb_core.run.video_run import NO_SHELF, Observer, Progress
from slceleb_core.stages import demand_lag
from slceleb_core.types import SoundTrack, VideoInfo


@dataclass(frozen=True, slots=True)
class MeasuredLag:
    """What a video shows of the lag of its sound.

    Attributes
    ----------
    video
        The video's facts.
    sound
        Which of its audio tracks was listened to.
    finding
        What was measured.
    warnings
        What went wrong with the file; one line each.
    """

    video: VideoInfo
    sound: SoundTrack
    finding: Finding
    warnings: tuple[str, ...]


def measure_lag(
    selection: VideoSelection, stages: StageProvider, profile: Profile, observer: Observer | None = None
) -> MeasuredLag:
    """Go through a video and measure the lag of its sound; no gallery is asked, every face counts.

    What is kept of five seconds of a face are two kilobytes.

    Parameters
    ----------
    selection
        The video.
    stages
        Of the profile, open when they are asked for.
    profile
        The core's own options.
    observer
        Told of each frame.

    Raises
    ------
    VideoError
        The video cannot be read, or has no sound.
    PluginError
        The speaker stage does not tell lags.
    """
    demand_lag(type(stages.speaker))
    with NO_SHELF() as shelf, VideoSteps(selection, stages, profile, shelf) as steps:
        if steps.sound.track is None:
            why = "; ".join(steps.sound.warnings) or "it has no audio track"
            raise VideoError(f"{selection.video}: no sound to bring together with the lips: {why}")
        heard = given(steps.sound.heard_as(stages.speaker.sound_form))
        found: list[Stretch] = []
        for span in divide(_observed(steps, selection, observer), profile.spans, steps.context):
            found.extend(stretches_of(stages.speaker, heard, span, span.tracks()))
        return MeasuredLag(steps.info, steps.sound.track.source, measure(found), tuple(steps.file_warnings))


def _observed(steps: VideoSteps, selection: VideoSelection, observer: Observer | None) -> Iterator[FrameRows]:
    for count, row in enumerate(steps.rows(), start=1):
        if observer is not None:
            observer(Progress(steps.info, count, row.time, selection.timings.seconds))
        yield row
