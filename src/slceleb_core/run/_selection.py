"""What a run over one video is given: the video, and the stages, open when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from slceleb_core.stages import Detector, Recognizer, Speaker
from slceleb_core.types import WHOLE, TimeRange


class StageProvider(Protocol):
    """The stages of a pipeline, each open when it is asked for."""

    @property
    def detector(self) -> Detector:
        """Finds faces."""

    @property
    def speaker(self) -> Speaker:
        """Scores who is speaking."""

    @property
    def recognizer(self) -> Recognizer | None:
        """Makes embeddings; None where no gallery asks for it."""


@dataclass(frozen=True, slots=True)
class VideoSelection:
    """What is to be gone through.

    Attributes
    ----------
    video
        The file.
    part
        What of it is looked at.
    max_frames
        After how many frames it is left; None: at its end.
    audio_track
        Which of its audio tracks is listened to, by number or language; empty: the usual one.
    """

    video: Path
    part: TimeRange = WHOLE
    max_frames: int | None = None
    audio_track: str = ""
