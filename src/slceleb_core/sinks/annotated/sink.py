"""``annotated.mp4``: the video with what was found drawn on it, so that one look shows what the program thought."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

from pydantic import Field, model_validator

from slceleb_core.errors import PluginError
from slceleb_core.results import FrameResult, Rejection, Segment, Summary
from slceleb_core.sinks.annotated.spool import Spool
from slceleb_core.sinks.annotated.verdicts import Verdicts
from slceleb_core.stages import Sink, SinkJob, StageConfig

FILE = "annotated.mp4"


class AnnotatedConfig(StageConfig):
    """How the video is drawn and encoded."""

    min_size: int = Field(
        default=480,
        ge=64,
        le=2160,
        description="Least pixels of the picture's shorter side: smaller ones are enlarged, so that text can be read.",
    )
    max_size: int = Field(
        default=720, ge=64, le=2160, description="Most pixels of the picture's shorter side: larger ones are reduced."
    )
    crf: int = Field(
        default=23, ge=0, le=51, description="Constant rate factor of x264: 0 is lossless, 51 the worst and smallest."
    )
    sound: bool = Field(default=True, description="Keep the sound, as AAC.")

    @model_validator(mode="after")
    def _ordered(self) -> AnnotatedConfig:
        if self.min_size > self.max_size:
            raise ValueError(f"min_size {self.min_size} is more than max_size {self.max_size}")
        return self


class AnnotatedSink(Sink):
    """Draws boxes, names and scores on the pictures, once all of a video has been judged.

    While results come, they are only put aside; the video is read again, drawn on and encoded at the end.
    """

    name = "annotated"
    Config = AnnotatedConfig
    outputs = (FILE,)

    _job: SinkJob
    _verdicts: Verdicts
    _spool: Spool | None = None

    @classmethod
    def check(cls, config: StageConfig) -> None:  # noqa: ARG003 - needed whatever the options are
        """See that text can be drawn.

        Raises
        ------
        PluginError
            Pillow is not installed: only this sink needs it.
        """
        if importlib.util.find_spec("PIL") is None:
            what = "the sink annotated writes names with Pillow, which is not installed"
            raise PluginError(what, "pip install pillow")

    def open(self) -> None:
        """See that text can be drawn; errors as of :meth:`check`."""
        self.check(self.config)

    def start(self, job: SinkJob) -> None:
        """Begin a video."""
        self.abort()
        self._job, self._verdicts, self._spool = job, Verdicts(), Spool(job.folder)

    def frame(self, frame: FrameResult) -> None:
        """Put a frame aside."""
        if self._spool is not None:
            self._spool.add(self._on_the_video(frame))

    def _on_the_video(self, frame: FrameResult) -> FrameResult:
        """Return a frame with the faces of the video's own picture: of a group, of that of its first camera."""
        if not self._job.camera:
            return frame
        boxes = [(face, face.boxes.get(self._job.camera)) for face in frame.faces]
        return replace(frame, faces=tuple(replace(face, box=box) for face, box in boxes if box is not None))

    def segment(self, segment: Segment) -> None:
        """Keep a segment."""
        self._verdicts.add(segment)

    def rejection(self, rejection: Rejection) -> None:
        """Keep why a stretch is no segment."""
        self._verdicts.add(rejection)

    def commit(self, summary: Summary) -> None:  # noqa: ARG002 - it is not drawn
        """Write the video; of one without a frame there is none.

        Raises
        ------
        OutputError
            It cannot be written.
        VideoError
            The source cannot be read any more.
        """
        from slceleb_core.sinks.annotated.writing import Form, write_annotated  # needs Pillow

        spool, options = self._spool, self.config
        if spool is not None and spool.first is not None:
            form = Form(options.min_size, options.max_size, options.crf, options.sound)
            write_annotated(
                self._job.video.path, self._job.video.audio, spool, self._verdicts, self._job.folder / FILE, form
            )
        self.abort()

    def abort(self) -> None:
        """Let go of what was put aside."""
        spool, self._spool = self._spool, None
        if spool is not None:
            spool.close()
