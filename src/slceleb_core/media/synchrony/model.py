"""What is asked of a group of recordings, and what is found: values that check themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from slceleb_core.media.clocks import SAME, Clock
from slceleb_core.types import WHOLE, TimeRange

Source = Literal["reference", "sound", "timecode", "given"]
"""By what a file was placed: it is the reference; its sound; its start timecode; an offset that the user gave."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One file of a group, as it is named.

    Attributes
    ----------
    path
        The file.
    camera
        What it is called in the group; empty: by its file name (:attr:`name`).
    audio_track
        Which of its audio tracks is heard, a number or a language; empty: the usual one
        (:func:`slceleb_core.media.soundtracks.choose_sound`).
    offset
        Seconds on the reference's clock at which this file's PTS 0 lies, where the user knows. It wins over whatever is
        measured.

    Raises
    ------
    ValueError
        The offset is no number.
    """

    path: Path
    camera: str = ""
    audio_track: str = ""
    offset: float | None = None

    def __post_init__(self) -> None:
        if self.offset is not None and not math.isfinite(self.offset):
            raise ValueError(f"Recording.offset is {self.offset}, expected seconds")

    @property
    def name(self) -> str:
        """What it is called: the camera, or else the file without its ending."""
        return self.camera or self.path.stem


@dataclass(frozen=True, slots=True)
class Break:
    """Where one of two recordings stopped, and went on later.

    Attributes
    ----------
    end, start
        PTS seconds of the second recording: the end of the piece before, and the start of the one behind. They are one
        where the second stopped. Where the first one did, the second has in between what the first has not.
    missing
        Seconds that the second recording has left out there; below 0: that the first one has.
    """

    end: float
    start: float
    missing: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """How the clock of one file runs against that of another, told by what both have heard.

    Attributes
    ----------
    clock
        The second file's clock, told by the first: ``clock.other`` turns PTS seconds of the second into those of the
        first.
    valid
        The stretch of the second file's own clock in which that holds; all of it, unless one of them stopped and went
        on.
    confidence
        Median over the windows of how far the peak stands above the highest other one.
    windows
        How many windows of sound agree on that clock.
    residual
        Seconds by which they scatter round it (1.4826 times the median absolute deviation).
    overlap
        From when to when both files have sound, within `valid`: PTS seconds of the second.
    drift_known
        Whether the drift was told; else it is 0, and not known to be so.
    breaks
        Where one of them stopped and went on; of the pieces in between `valid` is the longest.
    """

    clock: Clock
    valid: TimeRange
    confidence: float
    windows: int
    residual: float
    overlap: tuple[float, float]
    drift_known: bool = True
    breaks: tuple[Break, ...] = ()

    def __post_init__(self) -> None:
        if self.windows < 1 or not self.confidence > 0 or not self.residual >= 0 or not self.shared > 0:
            raise ValueError(f"no alignment rests on {self.windows} windows of {self.confidence}, {self.overlap}")

    @property
    def shared(self) -> float:
        """Seconds of sound that both have."""
        return self.overlap[1] - self.overlap[0]

    @property
    def middle(self) -> float:
        """The middle of that, PTS seconds of the second file."""
        return (self.overlap[0] + self.overlap[1]) / 2.0

    @property
    def strength(self) -> float:
        """By what links are compared: windows times confidence."""
        return self.windows * self.confidence

    def inverse(self) -> Alignment:
        """Return the same, told of the first file by the second."""
        bounds = (None if end is None else self.clock.other(end) for end in (self.valid.start, self.valid.end))
        overlap = self.clock.other(self.overlap[0]), self.clock.other(self.overlap[1])
        breaks = tuple(self._seen_from_the_first(each) for each in self.breaks)
        return replace(self, clock=self.clock.inverse(), valid=TimeRange(*bounds), overlap=overlap, breaks=breaks)

    def _seen_from_the_first(self, found: Break) -> Break:
        """Return a break on the first file's clock; it is found on the near side of the piece that is placed."""
        behind = self.valid.start is not None and found.start <= self.valid.start
        if behind:
            start = self.clock.other(found.start)
            return Break(start - max(found.missing, 0.0), start, -found.missing)
        end = self.clock.other(found.end)
        return Break(end, end + max(found.missing, 0.0), -found.missing)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why two files are not brought together.

    Attributes
    ----------
    reason
        In one line.
    hint
        What to do about it; empty where the reason says it all.
    """

    reason: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.reason} ({self.hint})" if self.hint else self.reason


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one file lies on the clock of its group.

    Attributes
    ----------
    camera
        What the file is called in the group; each is called otherwise.
    path
        The file.
    clock
        ``clock.other(own PTS seconds)`` is seconds on the group's clock; ``clock.own`` goes back.
    valid
        The stretch of the file's own clock in which that holds. An end that is None is that of the file.
    source
        By what it was placed.
    confidence
        Median peak ratio of the windows; 0 where no sound was compared.
    windows
        How many windows of sound agree; 0 where none was compared.
    residual_ms
        By how many milliseconds they scatter round the clock.
    drift_known
        Whether the drift was told; else it is 0, and not known to be so.
    notes
        One line each, for people.
    """

    camera: str
    path: Path
    clock: Clock = SAME
    valid: TimeRange = WHOLE
    source: Source = "sound"
    confidence: float = 0.0
    windows: int = 0
    residual_ms: float = 0.0
    drift_known: bool = True
    notes: tuple[str, ...] = ()

    def noted(self, *notes: str) -> Placement:
        """Return the same with more to say."""
        return replace(self, notes=(*self.notes, *(note for note in notes if note)))


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that has no place in its group.

    Attributes
    ----------
    recording
        The file.
    camera
        What it is called in the group.
    reason
        Why, in one line; the file is named in it.
    hint
        What to do about it; may be empty.
    """

    recording: Recording
    camera: str
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Synchrony:
    """A group of recordings on one clock, that of the reference.

    Attributes
    ----------
    reference
        What the file is called whose clock is the group's; empty where no file could be it.
    placements
        The files that have a place, in the order in which they were named; the reference among them.
    refused
        Those that have none.
    notes
        One line each: what is to be known of the group as a whole.
    """

    reference: str
    placements: tuple[Placement, ...]
    refused: tuple[Refused, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [placement.camera for placement in self.placements]
        if len(set(names)) < len(names) or (self.placements and self.reference not in names):
            raise ValueError(f"the group of {self.reference!r} has the cameras {names}")

    @property
    def holds(self) -> bool:
        """Whether there is a group at all: two files or more that belong together."""
        return len(self.placements) > 1

    def __getitem__(self, camera: str) -> Placement:
        """Return the placement of a camera; KeyError where it has none."""
        for placement in self.placements:
            if placement.camera == camera:
                return placement
        raise KeyError(camera)
