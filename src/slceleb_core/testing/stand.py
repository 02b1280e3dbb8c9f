"""What plays the pipeline for a sink: folders, a video, results, and the calls in their order."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from slceleb_core.results import FrameResult, Segment, Summary, TrackResult
from slceleb_core.stages import Sink, SinkJob
from slceleb_core.testing import builders
from slceleb_core.testing.clips import FakeClipper
from slceleb_core.testing.pictures import Person, write_video
from slceleb_core.types import VideoInfo

PEOPLE = ("Ada", "Grace Hopper")


@dataclass(frozen=True)
class Results:
    """What a sink is fed with for one video.

    Attributes
    ----------
    frames, tracks, segments, summary
        In the order in which the pipeline hands them over.
    """

    frames: Sequence[FrameResult] = ()
    tracks: Sequence[TrackResult] = ()
    segments: Sequence[Segment] = ()
    summary: Summary = field(default_factory=builders.summary)


def results(people: Sequence[str] = PEOPLE, *, name: str = "video") -> Results:
    """Return the results of a video of 4 s in which each of `people` speaks once, one after another."""
    numbered = list(enumerate(people, start=1))
    return Results(
        frames=[
            builders.frame_result(
                n,
                faces=[builders.face_result(track=i, person=person) for i, person in numbered][: n % (len(people) + 1)],
            )
            for n in range(100)
        ],
        tracks=[builders.track_result(id=n, person=person) for n, person in numbered],
        segments=[
            builders.segment(
                id=f"{name}-{n:04d}", person=person, track=n, start=n * 0.5, end=n * 0.5 + 0.4, video=f"{name}.mp4"
            )
            for n, person in numbered
        ],
    )


def nothing_known() -> Results:
    """Return the results of a video without sound, looked at without a gallery."""
    face = builders.face_result(person=None, similarity=None, speaking=None)
    info = builders.video_info(has_audio=False, duration=None, frame_rate=None)
    return Results(
        frames=[builders.frame_result(0, faces=[]), builders.frame_result(1, faces=[face])],
        tracks=[builders.track_result(person=None, similarity=None, margin=None, reason="no gallery")],
        summary=builders.summary(video=info, warnings=("no audio stream",)),
    )


def tree(folder: Path, *, without: Path | None = None) -> dict[str, bytes | None]:
    """Return every path below `folder`, folders as None and files with what is in them; not `without` and below."""
    found: dict[str, bytes | None] = {}
    for place, _, files in os.walk(folder):
        here = Path(place)
        if without is not None and (here == without or without in here.parents):
            continue
        found[str(here.relative_to(folder))] = None
        found.update({str((here / name).relative_to(folder)): (here / name).read_bytes() for name in files})
    return found


class Stand:
    """Stands in for the pipeline: folders, a video, and the calls in their order.

    Parameters
    ----------
    root
        A folder of the test's own; what lies in it beside ``output`` stands for the rest of the disk.

    Attributes
    ----------
    output
        The run's output folder.
    clips
        What the jobs cut with.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.output = root / "output"
        (self.output / ".partial").mkdir(parents=True)
        (self.output / "another").mkdir()
        (self.output / "another" / "notes.txt").write_text("somebody else's")
        self.clips: FakeClipper = FakeClipper()
        path = write_video(root / "video.mp4", [Person()], audio=builders.audio(4.0), duration=4.0, size=(64, 48))
        self.video: VideoInfo = builders.video_info(path, width=64, height=48)

    def job(self, name: str = "video") -> SinkJob:
        """Return a job with an empty folder of its own."""
        folder = self.output / ".partial" / name
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        return SinkJob(self.video, folder, self.output, name, self.clips)

    def begin(self, sink: Sink, given: Results, name: str = "video") -> SinkJob:
        """Run a video up to what comes before the sink's commit."""
        job = self.job(name)
        sink.start(job)
        self.feed(sink, given)
        return job

    def feed(self, sink: Sink, given: Results) -> None:
        """Hand over everything but the end."""
        for frame in given.frames:
            sink.frame(frame)
        for segment in given.segments:
            sink.segment(segment)
        for track in given.tracks:
            sink.track(track)

    def commit(self, sink: Sink, given: Results, name: str = "video") -> SinkJob:
        """Run a video up to the sink's commit."""
        job = self.begin(sink, given, name)
        sink.commit(replace(given.summary, video=self.video))
        return job

    def publish(self, sink: Sink, given: Results, name: str = "video") -> Path:
        """Run a video to its end; earlier results of that name are replaced. Return where they stand."""
        job = self.commit(sink, given, name)
        folder = self.output / name
        if folder.exists():
            shutil.rmtree(folder)
        job.folder.rename(folder)
        sink.published(folder)
        return folder
