"""``clips/<person>/<segment-id>.wav`` and ``.mp4``: the sound and the picture of each segment.

Of a group of cameras whose other views are wanted, they are cut as ``<segment-id>.<camera>.mp4``.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import Field

from slceleb_core.disk.naming import safe_name
from slceleb_core.results import Segment, Summary
from slceleb_core.stages import Sink, SinkJob, StageConfig


class ClipsConfig(StageConfig):
    """What is cut."""

    audio: bool = Field(default=True, description="Cut WAV files: 16 kHz, mono, 16 bit.")
    video: bool = Field(default=True, description="Cut MP4 files to exact times.")
    pictures: Literal["encode", "copy"] = Field(
        default="encode",
        description="Whether pictures are encoded anew, or taken over as they are stored where that is exact.",
    )
    apply_offset: bool = Field(
        default=False,
        description="Shift the WAV files by the offset found between sound and picture (av_offset_ms of the segment).",
    )


class ClipsSink(Sink):
    """Cuts each segment out of the video."""

    name = "clips"
    Config = ClipsConfig

    _job: SinkJob

    def start(self, job: SinkJob) -> None:
        """Begin a video."""
        self._job = job

    def segment(self, segment: Segment) -> None:
        """Have a segment cut."""
        self._job.clips.queue(partial(self._cut, segment))

    def _cut(self, segment: Segment) -> None:
        """Cut a segment, on whichever thread."""
        folder = self._job.folder / "clips" / safe_name(segment.person)
        folder.mkdir(parents=True, exist_ok=True)
        if self.config.audio:
            shift = self._shift(segment)
            self._job.clips.cut_audio(segment.start + shift, segment.end + shift, folder / f"{segment.id}.wav")
        if self.config.video:
            self._cut_video(segment, folder / f"{segment.id}.mp4")
            for view in segment.views:
                if view.camera in self._job.cameras and view.camera != segment.camera and view.throughout:
                    target = folder / f"{segment.id}.{safe_name(view.camera)}.mp4"
                    self._job.cameras[view.camera].cut_video(segment.start, segment.end, target)

    def _cut_video(self, segment: Segment, target: Path) -> None:
        clips = self._job.clips
        if self.config.pictures == "encode" or not clips.copy_video(segment.start, segment.end, target):
            clips.cut_video(segment.start, segment.end, target)

    def _shift(self, segment: Segment) -> float:
        """Return the seconds after its pictures at which a segment's sound is."""
        return (segment.av_offset_ms or 0.0) / 1000 if self.config.apply_offset else 0.0

    def commit(self, summary: Summary) -> None:
        """Do nothing: all that was queued has been cut."""

    def abort(self) -> None:
        """Do nothing: the clips lie in the job's folder, which is deleted."""
