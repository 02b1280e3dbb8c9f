"""The time of day, or of a tape, that a file says its recording began at: SMPTE ST 12 timecode, or a BWF's reference.

A timecode counts frames. At 29.97 frames a second it counts them as if there were 30, so its hours are too long by a
thousandth, unless it leaves out numbers to make up for that (drop frame: two of every minute but each tenth one; four
at 59.94). Both can be told apart by the sign before the frames, which is ``;`` where numbers are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer

from slceleb_core.media.container import open_media

FORM = re.compile(r"(\d{1,2}):(\d\d):(\d\d)([:;.,])(\d\d)")

DAY = 86_400.0
"""Seconds after which a timecode begins anew."""

NTSC = Fraction(1000, 1001)
"""By what a rate of 29.97, 23.976 or 59.94 is slower than the whole number that it is counted by."""

DROPPED = {30: 2, 60: 4, 120: 8}
"""Frame numbers that are left out at the beginning of a minute, by the rate that is counted by."""

RATE_TOLERANCE = 2e-4
"""Part of a rate by which what a container states may be off from what was meant: 29.97 for 30000/1001, or 29.966."""


@dataclass(frozen=True, slots=True)
class Start:
    """When a recording began.

    Attributes
    ----------
    text
        As the file states it.
    seconds
        Since midnight, or the beginning of the tape.
    at
        PTS seconds of the file that this is the time of.
    frame
        Seconds of the frame that it is told by.
    slow
        Whether its hours last 3603.6 s: frames of 29.97 Hz and the like, of which none is left out. Such a time and one
        of real hours agree at midnight only.
    """

    text: str
    seconds: float
    at: float
    frame: float
    slow: bool = False

    def offset(self, reference: Start) -> float:
        """Return what the reference's PTS clock shows when this file's shows 0, seconds.

        Of the two ways round midnight it is the one that is less than half a day.
        """
        day = float(DAY / NTSC) if self.slow else DAY
        apart = self.seconds - reference.seconds
        return (apart + day / 2.0) % day - day / 2.0 + reference.at - self.at


def frames_of(text: str, base: int) -> tuple[int, bool]:
    """Return how many frames a timecode counts from 00:00:00:00 on, and whether numbers are left out.

    Parameters
    ----------
    text
        ``HH:MM:SS:FF``; with ``;``, ``.`` or ``,`` before the frames where numbers are left out.
    base
        The rate that it counts by: 30 where frames come at 29.97 Hz.

    Raises
    ------
    ValueError
        It is no such text, one of its numbers is too large, it names a frame that is left out, or no numbers can be
        left out at this rate.
    """
    found = FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no timecode")
    hours, minutes, seconds, frames = (int(found[place]) for place in (1, 2, 3, 5))
    drop = found[4] != ":"
    if hours > 23 or minutes > 59 or seconds > 59 or frames >= base:
        raise ValueError(f"{text!r} is no timecode of {base} frames a second")
    count = (hours * 3600 + minutes * 60 + seconds) * base + frames
    if not drop:
        return count, False
    if base not in DROPPED:
        raise ValueError(f"{text!r} leaves out frames, which is not done at {base} frames a second")
    dropped, whole = DROPPED[base], hours * 60 + minutes
    if seconds == 0 and frames < dropped and minutes % 10:
        raise ValueError(f"{text!r} is a number that is left out")
    return count - dropped * (whole - whole // 10), True


def text_of(count: int, base: int, *, drop: bool) -> str:
    """Return the timecode of a frame, counted from 00:00:00:00 on: what :func:`frames_of` reads."""
    if drop:
        dropped = DROPPED[base]
        in_ten, in_one = 600 * base - 9 * dropped, 60 * base - dropped
        tens, rest = divmod(count, in_ten)
        # the first minute of ten is whole; each of the nine others leaves out its first numbers
        count += dropped * (9 * tens + max(rest - dropped, 0) // in_one)
    seconds, frames = divmod(count, base)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours % 24:02}:{minutes:02}:{seconds:02}{';' if drop else ':'}{frames:02}"


def start_of(path: Path) -> Start | None:
    """Return when a recording began; None where its file does not say so, or nothing that makes sense.

    Raises
    ------
    VideoError
        The file cannot be read.
    """
    with open_media(path) as container:
        return _of_pictures(container) or _of_sound(container)


def _of_pictures(container: InputContainer) -> Start | None:
    """Return the timecode that a container, one of its streams or a track for that (tmcd) states."""
    stream = next(iter(container.streams.video), None)
    if stream is None or not stream.average_rate:
        return None
    rate = Fraction(stream.average_rate)
    base = round(rate) if rate >= 1 else 1
    slow = abs(rate / (base * NTSC) - 1) < RATE_TOLERANCE
    if not slow and abs(rate / base - 1) >= RATE_TOLERANCE:
        return None  # nothing counts by such a rate
    exact = base * NTSC if slow else Fraction(base)
    at = float((stream.start_time or 0) * (stream.time_base or 0))
    for text in _stated(container):
        try:
            count, drop = frames_of(text, base)
        except ValueError:
            continue
        return Start(text, float(count / exact), at, float(1 / exact), slow and not drop)
    return None


def _stated(container: InputContainer) -> Iterator[str]:
    """Yield what is stated as a timecode: by the streams, tracks of timecode among them, then by the whole file."""
    for tags in (*(stream.metadata for stream in container.streams), container.metadata):
        if (text := _tag(tags, "timecode")) is not None:
            yield text


def _of_sound(container: InputContainer) -> Start | None:
    """Return the reference of a Broadcast Wave file: samples since midnight (EBU Tech 3285)."""
    stream = next(iter(container.streams.audio), None)
    text = _tag(container.metadata, "time_reference")
    if stream is None or text is None or not text.isdecimal() or not stream.rate:
        return None
    at = float((stream.start_time or 0) * (stream.time_base or 0))
    return Start(f"{text} samples", int(text) / stream.rate % DAY, at, 1.0 / stream.rate)


def _tag(tags: Mapping[str, str], name: str) -> str | None:
    """Return a tag, however its name is written: Matroska's are in capitals."""
    return next((value.strip() for key, value in tags.items() if key.lower() == name), None)
