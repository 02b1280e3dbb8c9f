"""The run over a group of cameras: each is gone through as a video is, and then they are judged together."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from slceleb_core.artefacts.promises import other_models
from slceleb_core.artefacts.shelf import Shelf
from slceleb_core.decision.census import Census
from slceleb_core.decision.endings import Called
from slceleb_core.decision.identity import Gallery
from slceleb_core.decision.operating import OperatingPoint
from slceleb_core.decision.rules import Rules
from slceleb_core.decision.spans import FrameRows
from slceleb_core.decision.views.casting import Naming, cast
from slceleb_core.decision.views.judging import Camera, GroupJudge
from slceleb_core.decision.views.linking import Alike
from slceleb_core.decision.views.moments import moments
from slceleb_core.disk.naming import readable
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.clocks import SAME, Clock
from slceleb_core.media.heap import give_back
from slceleb_core.media.lazy_audio import LazyAudio
from slceleb_core.perception.selection import OtherSound, VideoSelection
from slceleb_core.profile import Profile
from slceleb_core.results import Result, Segment, Summary
from slceleb_core.run._provider import StageProvider
from slceleb_core.run._statistics import RunStatistics
from slceleb_core.run._summing import figures, notes
from slceleb_core.run._view import CameraFile, SeenView, ViewRun
from slceleb_core.run._view_spool import ViewSpool
from slceleb_core.run.video_run import Observer, Progress
from slceleb_core.timing import Timings
from slceleb_core.types import WHOLE, JsonValue, VideoInfo


@dataclass(frozen=True, slots=True)
class Microphone:
    """What is heard of a group: the sound of one of its files.

    Attributes
    ----------
    name
        What that is called.
    file
        It; it need not have pictures.
    clock
        Its clock, told by that of the group.
    audio_track
        Which of its audio tracks; empty: the usual one.
    fingerprint
        Of the file.
    """

    name: str
    file: Path
    clock: Clock
    audio_track: str
    fingerprint: str

    def heard_by(self, camera: CameraFile) -> OtherSound | None:
        """Return it as the sound of a camera's video; None: that is what it is."""
        if camera.video == self.file:
            return None
        return OtherSound(self.file, camera.clock.then(self.clock.inverse()), self.fingerprint)


@dataclass(frozen=True, slots=True)
class Group:
    """Cameras that saw one event, on one clock: that of the first one's file.

    Attributes
    ----------
    name
        What it is called.
    cameras
        Two at least; or one, where what is heard is another file.
    microphone
        What is heard.
    warnings
        What is to be known of how they were brought together, one line each.
    """

    name: str
    cameras: tuple[CameraFile, ...]
    microphone: Microphone
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.cameras or self.cameras[0].clock != SAME:
            raise ValueError(f"the clock of the group {self.name} must be that of its first camera")

    @property
    def main(self) -> CameraFile:
        """The camera whose clock is that of the group."""
        return self.cameras[0]

    def to_json(self) -> dict[str, JsonValue]:
        """Return what is kept of it with the results, JSON-ready."""
        return {
            "name": self.name,
            "clock": self.main.name,
            "microphone": self.microphone.name,
            "heard": {
                "video": readable(self.microphone.file),
                "fingerprint": self.microphone.fingerprint,
                "offset": self.microphone.clock.offset,
                "drift": self.microphone.clock.drift,
            },
            "cameras": [
                {
                    "camera": camera.name,
                    "video": readable(camera.video),
                    "fingerprint": camera.fingerprint,
                    "offset": camera.clock.offset,
                    "drift": camera.clock.drift,
                    **camera.placed,
                }
                for camera in self.cameras
            ],
        }


class GroupRun:
    """What is found in the videos of a group; as ``VideoRun``, it can be gone through once.

    Times are those of the group's clock, but for the views of a segment.

    Parameters
    ----------
    group
        The cameras.
    gallery
        The persons of interest: without one nobody could tell who is seen by two cameras.
    stages, profile, provenance, observer
        As of ``VideoRun``.
    name
        Prefix of segment ids.
    shelf
        Returns what is known of the video of a camera, by what is looked at and the file's fingerprint.
    max_frames
        After how many frames each video is left; None: at its end.
    """

    def __init__(
        self,
        group: Group,
        gallery: Gallery,
        stages: StageProvider,
        profile: Profile,
        provenance: Callable[[Mapping[str, Mapping[str, JsonValue]]], dict[str, JsonValue]],
        *,
        name: str,
        shelf: Callable[[VideoSelection, str], Shelf],
        observer: Observer | None = None,
        max_frames: int | None = None,
    ) -> None:
        self.group, self.name, self.video = group, name, group.main.video
        self.timings = Timings()
        self._gallery, self._stages, self._profile, self._provenance = gallery, stages, profile, provenance
        self._shelf, self._max_frames = shelf, max_frames
        self._tally = _Tally(observer, self.timings, len(group.cameras))
        self._statistics = RunStatistics(gallery.wanted)
        self._info: VideoInfo | None = None
        self._sound: LazyAudio | None = None
        self._summary: Summary | None = None
        self._begun = False
        self._shown: list[Segment] = []
        self._moved: dict[str, float] = {}

    @property
    def camera(self) -> str:
        """The name of the camera whose clock is that of the group."""
        return self.group.main.name

    @property
    def info(self) -> VideoInfo:
        """The facts of the first camera's video, once they are known."""
        if self._info is None:
            raise RuntimeError("the video's facts are known while the run is going on")
        return self._info

    @property
    def going_on(self) -> bool:
        """Whether it has begun, and neither come to its end nor been broken off."""
        return self._sound is not None

    @property
    def audio(self) -> AudioTrack | None:
        """What is heard, on the group's clock, while the run is going on."""
        return None if self._sound is None else self._sound.track

    def moved_for(self, camera: CameraFile) -> float:
        """Return the seconds by which what is heard is later than in its file, for who is shown by a camera."""
        return self._moved.get(camera.name, 0.0)

    @property
    def summary(self) -> Summary:
        """As of ``VideoRun``."""
        if self._summary is None:
            raise RuntimeError("the summary exists once the run has been iterated to its end")
        return self._summary

    def heard_by(self, camera: CameraFile) -> AudioTrack | None:
        """Return what is heard, on the clock of a camera's file; RuntimeError when the run is over."""
        if self._sound is None:
            raise RuntimeError("clips are cut while results come, not later")
        track = self._sound.track
        return None if track is None else track.placed(Clock(-self.moved_for(camera)).then(camera.clock))

    def camera_of(self, start: float, end: float) -> CameraFile:
        """Return the camera that shows a stretch: that of the segment which is most like it, else the first."""

        def alike(one: Segment) -> float:
            both = max(end, one.end) - min(start, one.start)
            return (min(end, one.end) - max(start, one.start)) / both if both > 0.0 else 0.0

        best = max(self._shown, key=alike, default=None)
        if best is None or alike(best) <= 0.0:
            return self.group.main
        return next(camera for camera in self.group.cameras if camera.name == best.camera)

    def results(
        self, begun: Callable[[], None] = lambda: None, ended: Callable[[], None] = lambda: None
    ) -> Generator[Result, None, None]:
        """Yield everything found, in order: each frame of the first camera; segments and tracks when they have ended.

        Parameters
        ----------
        begun, ended
            As of ``VideoRun.results``.

        Raises
        ------
        VideoError
            A video cannot be read.
        RuntimeError
            The run has been gone through already.
        """
        if self._begun:
            raise RuntimeError("a run can be iterated once; call Pipeline.run_group again")
        self._begun, begin = True, time.perf_counter()
        microphone = self.group.microphone
        with ExitStack() as stack:
            heard = LazyAudio(microphone.file, WHOLE, microphone.audio_track, self.timings, microphone.clock.inverse())
            self._sound = stack.enter_context(heard)
            stack.callback(self._over)
            spools = [stack.enter_context(ViewSpool(camera.video)) for camera in self.group.cameras]
            views, census = self._seen(spools, begun)
            give_back()
            for result in self._judged(views, spools, census):
                self._statistics.take(result)
                if isinstance(result, Segment):
                    self._shown.append(result)
                self._tally.judged(self._statistics.frames)
                yield result
            ended()
            self._finish(views, census, time.perf_counter() - begin)

    def _over(self) -> None:
        self._sound = None

    def _seen(self, spools: Sequence[ViewSpool], begun: Callable[[], None]) -> tuple[list[SeenView], Census]:
        """Go through the videos of all cameras, one after another."""
        census: Census | None = None
        views = []
        for place, (camera, spool) in enumerate(zip(self.group.cameras, spools, strict=True)):
            view = ViewRun(place, camera, self.selection(camera), self._stages, self._profile, self._shelf)

            def told(info: VideoInfo, point: OperatingPoint, place: int = place) -> Census:
                nonlocal census
                if not place:
                    self._info = info
                    begun()
                census = census or Census(self._gallery, point)
                self._tally.begin(info)
                return census

            views.append(view.see(told, spool, self._tally.passed))
            self._moved[camera.name] = views[-1].moved_by
            self._statistics.shots += views[-1].shots
        if census is None:
            raise RuntimeError("a group has a camera")
        return views, census

    def selection(self, camera: CameraFile) -> VideoSelection:
        """Return what is gone through of a camera."""
        microphone = self.group.microphone
        return VideoSelection(
            camera.video,
            camera.valid,
            self._max_frames,
            microphone.audio_track,
            microphone.heard_by(camera),
            self._gallery,
            self.timings,
        )

    def _judged(self, views: Sequence[SeenView], spools: Sequence[ViewSpool], census: Census) -> Iterator[Result]:
        profile, point = self._profile, census.point()
        alike = Alike.by(point, profile.identity, views[0].known, self._gallery.made_of)
        naming = Naming(self._gallery, point, profile.identity.margin)
        people = cast([track for view in views for track in view.tracks], naming, alike)
        rules = Rules(point, profile.identity, profile.segments, profile.gates)
        cameras = [Camera(view.camera.name, view.lag) for view in views]
        judge = GroupJudge(cameras, people, self._gallery, rules, Called(self.name, readable(self.video)))
        others = {place: spool.read() for place, spool in enumerate(spools) if place}
        for moment in moments(spools[0].read(), others):
            for result in judge.judge(moment):
                yield self._told(result)
        for result in judge.close():
            yield self._told(result)

    def _told(self, result: Result) -> Result:
        """Return a segment with its views on the clocks of their files, anything else as it is."""
        if not isinstance(result, Segment):
            return result
        by_name = {camera.name: camera for camera in self.group.cameras}
        views = []
        for view in result.views:
            start, end = by_name[view.camera].clock.inverse().stretch(view.start, view.end)
            views.append(replace(view, start=start, end=end))
        return replace(result, views=tuple(views))

    def _finish(self, views: Sequence[SeenView], census: Census, wall: float) -> None:
        cache = {view.camera.name: dict(view.cache) for view in views if view.cache}
        statistics = figures(self._statistics, census, self.timings, wall, cache)
        own = [f"{view.camera.name}: {warning}" for view in views for warning in view.warnings]
        reports = views[0].reports
        warnings = [*self.group.warnings, *own, *notes(self._statistics, census, self._gallery)]
        warnings += other_models(self._profile.evidence, reports)
        group = self.group.to_json()
        for told, view in zip(group["cameras"], views, strict=True):
            told["lag_ms"] = round(1000.0 * view.lag, 1)
            if view.resynced is not None:
                told["resync"] = dict(view.resynced)
        provenance = {**self._provenance(reports), "audio": views[0].heard, "group": group}
        self._summary = Summary(self.info, tuple(dict.fromkeys(warnings)), statistics, provenance)


class _Tally:
    """Tells an observer how far a group has come: its videos one behind the other, as if they were one.

    Parameters
    ----------
    observer
        Who is told; None: nobody.
    timings
        Seconds by stage.
    cameras
        How many videos there are: until all are known, each is taken to be as long as the first.
    """

    def __init__(self, observer: Observer | None, timings: Timings, cameras: int) -> None:
        self._observer, self._timings, self._cameras = observer, timings, cameras
        self._main: VideoInfo | None = None
        self._info: VideoInfo | None = None
        self._before, self._reached, self._frames, self._judged = 0.0, 0.0, 0, 0

    def begin(self, info: VideoInfo) -> None:
        """Know that a video is begun."""
        self._before, self._reached, self._info = self._before + self._reached, 0.0, info
        if self._main is None:
            self._main = replace(info, duration=None if info.duration is None else info.duration * self._cameras)

    def passed(self, row: FrameRows) -> None:
        """Know that a frame has been perceived."""
        self._frames += 1
        if self._info is not None:
            self._reached = max(row.time - self._info.start, 0.0)
        self._tell()

    def judged(self, frames: int) -> None:
        """Know how many frames have become results."""
        if frames > self._judged:
            self._judged = frames
            self._tell()

    def _tell(self) -> None:
        if self._observer is not None and self._main is not None:
            main = self._main
            time_reached = main.start + self._before + self._reached
            self._observer(Progress(main, self._frames, time_reached, self._timings.seconds, self._judged))
