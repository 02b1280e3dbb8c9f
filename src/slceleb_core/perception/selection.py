"""What is to be gone through: one video, and whom it is looked through for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from slceleb_core.decision.identity import Gallery
from slceleb_core.media.clocks import Clock
from slceleb_core.perception.looks import Totals
from slceleb_core.timing import Timings
from slceleb_core.types import WHOLE, TimeRange


@dataclass(frozen=True, slots=True)
class OtherSound:
    """The sound of another recording of the same event.

    Attributes
    ----------
    file
        That recording.
    clock
        The video's clock, told by that of the recording.
    fingerprint
        Of the recording's file.
    """

    file: Path
    clock: Clock
    fingerprint: str


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
    sound
        What is heard instead of its own sound, of which `audio_track` is one then; None: its own.
    gallery
        The persons of interest; None: every face is labelled by its track.
    timings
        Told of what takes time.
    totals
        Told of the embeddings of each track; None: nobody is.
    """

    video: Path
    part: TimeRange = WHOLE
    max_frames: int | None = None
    audio_track: str = ""
    sound: OtherSound | None = None
    gallery: Gallery | None = None
    timings: Timings = field(default_factory=Timings)
    totals: Totals | None = None

    @property
    def heard(self) -> str:
        """What is heard, as far as it decides what is kept of the video: empty where that is the usual sound."""
        if self.sound is None:
            return self.audio_track
        clock = self.sound.clock
        return f"{self.sound.fingerprint} {clock.offset!r} {clock.drift!r} {self.audio_track}"
