"""From scores to stretches of speech: hysteresis, minimum lengths, padding.

The rules are those of pyannote.audio's ``Binarize``: a stretch begins where the score reaches `onset`, goes on while
it stays at or above `offset`; pauses shorter than `min_off` are bridged; then stretches shorter than `min_on` are
dropped; what is left is padded. Time in which the face was not seen counts as silence, and no padding reaches into it.
A segmenter is fed row by row and holds a constant amount, however long the track.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pydantic import Field, model_validator
from typing_extensions import Self

from slceleb_core.decision.identity import Likeness
from slceleb_core.decision.medians import weighted_median
from slceleb_core.decision.options import PolicyConfig
from slceleb_core.types import Array

ROUNDING = 1e-6
"""Seconds by which sums of frame times may be off; a pause of exactly `min_off` divides."""


class SegmentConfig(PolicyConfig):
    """When a score is speech, and how long a stretch of it must be."""

    onset: float = Field(default=0.5, ge=0, le=1, description="Speaking score that begins a segment.")
    offset: float = Field(default=0.35, ge=0, le=1, description="Speaking score below which it ends; at most onset.")
    min_on: float = Field(default=1.0, ge=0, description="Seconds; shorter segments are dropped.")
    min_off: float = Field(default=0.3, ge=0, description="Seconds; shorter pauses are bridged.")
    pad: float = Field(
        default=0.1, ge=0, description="Seconds added at both ends, as far as the face is seen there without a break."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.offset > self.onset:
            raise ValueError(f"offset {self.offset} is above onset {self.onset}")
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One frame of a track, with its score.

    Attributes
    ----------
    frame
        Frame index.
    start, end
        PTS seconds during which the frame is shown.
    speaking
        The score, 0..1.
    similarities
        [persons]: to each person of the gallery; None without one.
    lag
        Seconds by which the sound comes after the picture; None where that is not known.
    shared
        Whether another face on the picture speaks at the same time.
    view
        Of which camera the picture is that would be shown; 0 where there is one.
    """

    frame: int
    start: float
    end: float
    speaking: float
    similarities: Array | None = None
    lag: float | None = None
    shared: bool = False
    view: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """A run of rows and what is kept of them.

    Attributes
    ----------
    start, end
        PTS seconds.
    first_frame, last_frame
        Both inclusive.
    rows
        How many.
    speaking_sum, speaking_min
        Over those rows.
    likeness
        Of those rows' faces.
    offsets
        How many of those rows have which lag, in whole milliseconds: of a median nothing less can be joined, and lags
        are few.
    """

    start: float
    end: float
    first_frame: int
    last_frame: int
    rows: int
    speaking_sum: float
    speaking_min: float
    likeness: Likeness
    offsets: Mapping[int, int]

    @classmethod
    def of(cls, row: Row) -> Stretch:
        """Return the stretch of one row."""
        speaking, likeness = row.speaking, Likeness.of(row.similarities)
        offsets = {} if row.lag is None else {round(row.lag * 1000): 1}
        return cls(row.start, row.end, row.frame, row.frame, 1, speaking, speaking, likeness, offsets)

    @property
    def offset_ms(self) -> float | None:
        """The median lag in milliseconds; None where none is known."""
        return weighted_median((float(offset), count) for offset, count in self.offsets.items())

    def join(self, later: Stretch) -> Stretch:
        """Return the two as one."""
        return Stretch(
            self.start,
            later.end,
            self.first_frame,
            later.last_frame,
            self.rows + later.rows,
            self.speaking_sum + later.speaking_sum,
            min(self.speaking_min, later.speaking_min),
            self.likeness + later.likeness,
            Counter(self.offsets) + Counter(later.offsets),
        )


class Segmenter:
    """Turns the rows of one track, fed in order of time, into stretches of speech."""

    def __init__(self, config: SegmentConfig) -> None:
        self.config = config
        self._active = False
        self._speech: Stretch | None = None  # the stretch so far: running, or ended and waiting for min_off
        self._pause: Stretch | None = None  # rows after its end, joined to it if the pause turns out short
        self._seen_since = float("-inf")  # since when, and until when, the face has been seen without a break
        self._seen_until = float("-inf")
        self._earliest = 0.0  # how far the padding of the stretch may reach before it
        self._latest: float | None = None  # and behind it; None: as far as the face is seen
        self._last_end = float("-inf")
        self._shared = False
        self._shown = 0  # by which camera the row before is shown
        self._turned = False  # whether another one has shown them since what was spoken last

    @property
    def active(self) -> bool:
        """Whether the last row is speech by its own score; a pause is not, even if it will be bridged."""
        return self._active

    @property
    def going_on(self) -> bool:
        """Whether there is speech that goes on, or a pause so far too short to divide it from what comes."""
        return self._speech is not None and self._seen_until - self._speech.end < self.config.min_off - ROUNDING

    def feed(self, row: Row) -> Iterator[Stretch]:
        """Take a row; yield the stretch that it brings to an end, padded, if any."""
        away = row.start - self._seen_until
        back, turned = away > ROUNDING, row.view != self._shown
        self._turned = self._turned or turned
        unseen = self._speech is not None and back and away > self.config.min_off
        self._active = self._active and not back and row.speaking >= self.config.offset
        self._active = self._active or row.speaking >= self.config.onset
        if self._speech is not None and (unseen or (self._active and self._parts(row))):
            if not unseen and row.shared != self._shared:
                self._latest = row.start  # what is padded is nobody else's
            yield from self._finish()
        if self._active:
            self._shared, self._turned = row.shared, False
        if back or turned:
            self._come_back(row.start)
        self._shown = row.view
        self._seen_until = row.end
        self._take(Stretch.of(row))

    def close(self) -> Iterator[Stretch]:
        """End the track; yield what was still open, padded, if it is long enough."""
        yield from self._finish()

    def _come_back(self, time: float) -> None:
        """Know that the face was not seen for a while, up to now, or is shown by another camera from now on."""
        if self._latest is None:
            self._latest = self._seen_until
        self._seen_since = time

    def _parts(self, row: Row) -> bool:
        """Tell whether speech begins anew: after a pause, as another one now speaks too or no more, in another view."""
        pause = 0.0 if self._speech is None else row.start - self._speech.end
        other = self._turned or row.shared != self._shared
        return other or (pause > ROUNDING and pause >= self.config.min_off - ROUNDING)

    def _take(self, row: Stretch) -> None:
        if not self._active:
            if self._speech is not None:
                self._pause = row if self._pause is None else self._pause.join(row)
            return
        if self._speech is None:
            self._speech, self._earliest = row, self._seen_since
        else:
            self._speech = (self._speech if self._pause is None else self._speech.join(self._pause)).join(row)
        self._pause = self._latest = None

    def _finish(self) -> Iterator[Stretch]:
        speech, self._speech, self._pause = self._speech, None, None
        if speech is None or speech.end - speech.start < self.config.min_on:
            return
        seen_until = self._seen_until if self._latest is None else self._latest
        start = max(speech.start - self.config.pad, self._earliest, self._last_end)
        end = min(speech.end + self.config.pad, seen_until)
        self._last_end = end
        yield replace(speech, start=start, end=end)
