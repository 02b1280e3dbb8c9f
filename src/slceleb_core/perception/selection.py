"""What is to be gone through: one video, and whom it is looked through for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from slceleb_core.decision.identity import Gallery
from slceleb_core.timing import Timings
from slceleb_core.types import WHOLE, TimeRange


@dataclass(frozen=True, slots=True, eq=False)
class VideoSelection:
    """One video, as all steps see it; made once, and handed on as a whole.

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
    gallery
        The persons of interest; None: every face is labelled by its track.
    timings
        Told of what takes time.
    """

    video: Path
    part: TimeRange = WHOLE
    max_frames: int | None = None
    audio_track: str = ""
    gallery: Gallery | None = None
    timings: Timings = field(default_factory=Timings)
