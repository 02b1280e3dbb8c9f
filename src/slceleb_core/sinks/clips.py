"""``clips/<person>/<segment-id>.wav`` and ``.mp4``: the sound and the picture of each segment."""

from __future__ import annotations

from pydantic import Field

from slceleb_core.disk.naming import safe_name
from slceleb_core.results import Segment, Summary
from slceleb_core.stages import Sink, SinkJob, StageConfig


class ClipsConfig(StageConfig):
    """What is cut."""

    audio: bool = Field(default=True, description="Cut WAV files: 16 kHz, mono, 16 bit.")
    video: bool = Field(default=True, description="Cut MP4 files, re-encoded to exact times.")
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
        """Cut a segment."""
        folder = self._job.folder / "clips" / safe_name(segment.person)
        folder.mkdir(parents=True, exist_ok=True)
        if self.config.audio:
            shift = self._shift(segment)
            self._job.clips.cut_audio(segment.start + shift, segment.end + shift, folder / f"{segment.id}.wav")
        if self.config.video:
            self._job.clips.cut_video(segment.start, segment.end, folder / f"{segment.id}.mp4")

    def _shift(self, segment: Segment) -> float:
        """Return the seconds after its pictures at which a segment's sound is."""
        return (segment.av_offset_ms or 0.0) / 1000 if self.config.apply_offset else 0.0

    def commit(self, summary: Summary) -> None:
        """Do nothing: every clip is finished when it has been cut."""

    def abort(self) -> None:
        """Do nothing: the clips lie in the job's folder, which is deleted."""
