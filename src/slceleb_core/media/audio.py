"""Sound: decoded to 16 kHz mono, and beside that to what else is asked for; read back from a temporary file.

The samples lie on the video's clock: where the time stamps leave a gap there is silence, where they overlap the later
samples are dropped, so that a sample's place in the file tells its PTS second.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import numpy as np

from slceleb_core.disk.temporaries import PREFIX, discard, putting_aside
from slceleb_core.media.clocks import SAME, Clock
from slceleb_core.media.container import StreamDecoder, open_media, plural
from slceleb_core.media.files import from_source
from slceleb_core.media.mixing import Mixer, Piece
from slceleb_core.media.sound import SoundPlacer
from slceleb_core.media.soundtracks import ASKING, Choice, choose_sound, enumerate_tracks, in_words, stream_of
from slceleb_core.media.spooling import SampleSpool
from slceleb_core.types import (
    MONO,
    SAMPLE_RATE,
    USUAL_SOUND,
    WHOLE,
    AudioSpan,
    SoundForm,
    SoundGrid,
    SoundTrack,
    TimeRange,
    sound_between,
)

MARGIN_SECONDS = 60.0
"""How much sound is kept on either side of a part: loudness is measured against what is heard within a minute."""

PLACED_SECONDS = 1.0
"""How much of a sound on another clock is read in one piece: two clocks that differ by 500 parts in a million, which is
more than any two recorders do, are a quarter of a millisecond apart at its ends."""

SILENT = 0.001
"""Highest sample of sound in which nobody speaks: -60 dB of full scale, the noise of an input with nothing plugged in.
Speech that was recorded far too low still has peaks twenty times as high."""


class AudioTrack:
    """The sound of one video in one form, any stretch of it; a context manager. Made by :meth:`decode`.

    Attributes
    ----------
    file
        The file that it is of.
    grid
        How its samples lie in time, on the file's own clock.
    clock
        That by which it is asked for, told by the file's own: the same, unless it is :meth:`placed`.
    start, end
        Seconds of the first sample, and just behind the last; of those that are kept, where it is of a part.
    source
        Which of the file's audio tracks it is.
    warnings
        One line each: what else could have been meant, damage, gaps and overlaps of time stamps, truncation.
    """

    def __init__(
        self,
        file: Path,
        spool: SampleSpool,
        grid: SoundGrid,
        first: int,
        source: SoundTrack,
        warnings: list[str],
        clock: Clock = SAME,
    ) -> None:
        self.file, self.grid, self.clock = file, grid, clock
        self._spool, self._first = spool, first
        self.start = clock.own(grid.origin + first / grid.rate)
        self.end = clock.own(grid.origin + grid.count / grid.rate)
        self.source = source
        self.warnings = warnings

    def placed(self, clock: Clock) -> AudioTrack:
        """Return the same sound, asked for by another clock; whichever of the two is closed, the other is, too.

        Parameters
        ----------
        clock
            That one, told by the clock by which this one is asked for.
        """
        told = clock.then(self.clock) if self.clock != SAME else clock
        return AudioTrack(self.file, self._spool, self.grid, self._first, self.source, self.warnings, told)

    @classmethod
    def decode(
        cls, path: Path, part: TimeRange = WHOLE, choice: Choice | None = None, form: SoundForm = USUAL_SOUND
    ) -> AudioTrack | None:
        """Decode the sound of a file; None where it has no audio stream, or that holds not one sample.

        It is kept in a temporary file without a name, in the folder that TMPDIR names, not in memory: 230 MB an hour of
        the usual form, 4.1 GB of six channels at 48 kHz.

        Parameters
        ----------
        path
            The file.
        part
            What of it is wanted: that is kept, and a minute on either side. The samples are those of the whole sound,
            at the same times: what lies before is decoded, as only that tells where they lie; what lies behind is not.
        choice
            Which of its audio tracks (:func:`~slceleb_core.media.soundtracks.choose_sound`); None: the usual one.
        form
            In which form. All of them lie on the same clock: what is heard at a second, to within a sample.

        Raises
        ------
        VideoError
            The file cannot be read, as in :class:`~slceleb_core.media.video.VideoReader`.
        OutputError
            There is no room for the temporary file.
        """
        chosen = choose_sound(path) if choice is None else choice
        source = chosen.track
        if source is None:
            return None
        settled = settle(form, path, source)
        with open_media(path) as container:
            placer = SoundPlacer(StreamDecoder(container, stream_of(container, source)), settled.rate, settled.layout)
            mixer = Mixer(settled.rate)
            pieces = mixer.mixed(placer.pieces()) if settled.layout is None else placer.pieces()
            spool = open_spool(path, settled)
            try:
                kept, peak = fill_spool(spool, placer, pieces, path, part)
            except BaseException:
                discard(spool)
                raise
        if placer.origin is None or not kept:
            discard(spool)
            return None
        missed = silence_note(path, part, chosen) if peak < SILENT else []
        grid = SoundGrid(placer.origin, kept.stop, settled.rate, settled.layout or MONO, settled.channels)
        return cls(path, spool, grid, kept.start, source, [*chosen.warnings, *missed, *warnings_of(placer, mixer)])

    def __enter__(self) -> AudioTrack:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the samples; called a second time it does nothing."""
        self._spool.close()

    def span(self, start: float, end: float) -> AudioSpan:
        """Return the sound from `start` to `end`, PTS seconds; silence where the file has none.

        It begins at the sample nearest to `start` and has ``round((end - start) * rate)`` samples. Where two clocks
        run unlike, a sample is left out or heard twice now and then, so that none is heard half a millisecond early or
        late.
        """
        if self.clock == SAME:
            return sound_between(start, end, self.grid, self._spool.read)
        rate = self.grid.rate
        count = round((end - start) * rate)
        if count < 0:
            raise ValueError(f"span ends ({end}) before it starts ({start})")
        size = count if self.clock.drift == 0.0 else round(PLACED_SECONDS * rate)
        firsts = range(0, count, size) if count else (0,)
        pieces = [self._placed_piece(start + first / rate, min(size, count - first)) for first in firsts]
        return replace(pieces[0], samples=np.concatenate([piece.samples for piece in pieces], axis=-1))

    def _placed_piece(self, start: float, count: int) -> AudioSpan:
        """Return so many samples, the one in the middle at its time."""
        rate = self.grid.rate
        first, _ = self.clock.stretch(start, start + count / rate)
        heard = sound_between(first, first + count / rate, self.grid, self._spool.read)
        return replace(heard, start=start + (heard.start - first))

    @property
    def holes(self) -> list[tuple[float, float]]:
        """Where there is no sound for more than two minutes within it: PTS seconds from and to."""
        return [(self._time(first), self._time(behind)) for first, behind in self._spool.gaps]

    def _time(self, sample: int) -> float:
        """Return when a sample is heard, by the clock that it is asked for by."""
        return self.clock.own(self.grid.origin + sample / self.grid.rate)


@dataclass(frozen=True, slots=True)
class Settled:
    """A form, and what it comes to for one file.

    Attributes
    ----------
    rate
        Samples per second.
    layout
        Which channels are wanted, in libav's words; None: their mix.
    channels
        How many those are; None: the mix.
    """

    rate: int
    layout: str | None = None
    channels: int | None = None


def settle(form: SoundForm, path: Path, source: SoundTrack) -> Settled:
    """Return what a form comes to: where it asks for what the file has, that is looked up in its first frame."""
    if form.rate is not None and form.channels == MONO:
        return Settled(form.rate)
    with open_media(path) as container:
        frames = StreamDecoder(container, stream_of(container, source)).frames()
        first = next((frame for frame in frames if frame.samples and frame.sample_rate), None)
    if first is None:
        return Settled(SAMPLE_RATE)  # there is no sound, in no form
    rate = form.rate or first.sample_rate
    if form.channels == MONO:
        return Settled(rate)
    channels = first.layout.nb_channels
    return Settled(rate, MONO if channels == 1 else first.layout.name, channels)


def spooling(path: Path) -> AbstractContextManager[None]:
    """Turn a failure of the temporary folder, which is all that the block may touch, into an OutputError."""
    return putting_aside(f"{path}: no room for its sound", "230 MB an hour")


def open_spool(path: Path, settled: Settled) -> SampleSpool:
    """Return a new file without a name, for the sound of `path`."""
    with spooling(path):
        return SampleSpool(tempfile.TemporaryFile(prefix=PREFIX), settled.rate, settled.channels)


def fill_spool(
    spool: SampleSpool, placer: SoundPlacer, pieces: Iterator[Piece], path: Path, part: TimeRange
) -> tuple[range, float]:
    """Write placed sound, each sample to its place on the grid; return which are kept, and how high they go.

    Gaps, and what lies before a part, become holes, which take no room and read as silence.
    """
    wanted, end, peak = range(0), 0, 0.0
    for piece in from_source(path, pieces):
        wanted = window(part, placer.origin, placer.rate)
        if piece.index >= wanted.stop:
            break
        inside = piece.within(wanted)
        if inside.samples.shape[1]:
            with spooling(path):
                spool.add(inside.index, inside.samples[0] if placer.layout is None else inside.samples)
            end = inside.index + inside.samples.shape[1]
            peak = max(peak, float(np.abs(inside.samples).max()))
    with spooling(path):
        spool.flush()
    return range(wanted.start, end), peak


def window(part: TimeRange, origin: float | None, rate: int) -> range:
    """Return which samples to keep for a part, where sample 0 is heard at `origin`, PTS seconds."""
    begin = origin or 0.0
    first = 0 if part.start is None else max(math.floor((part.start - MARGIN_SECONDS - begin) * rate), 0)
    last = sys.maxsize if part.end is None else math.ceil((part.end + MARGIN_SECONDS - begin) * rate)
    return range(first, max(last, first))


def silence_note(path: Path, part: TimeRange, choice: Choice) -> list[str]:
    """Return what is to be said of a track in which nothing is heard: which others are not silent, where there are any.

    Only then are those decoded, each as far as the first sound in it.
    """
    audible = [track for track in choice.rivals if is_audible(path, part, track)]
    if choice.track is None or not audible:
        return []
    return [f"audio track {in_words(choice.track)} is silent, but not {enumerate_tracks(audible)}: {ASKING}"]


def is_audible(path: Path, part: TimeRange, track: SoundTrack) -> bool:
    """Tell whether anything is heard of an audio track within a part."""
    with open_media(path) as container:
        placer = SoundPlacer(StreamDecoder(container, stream_of(container, track)), SAMPLE_RATE, None)
        for piece in placer.pieces():
            wanted = window(part, placer.origin, placer.rate)
            if piece.index >= wanted.stop:
                return False
            if np.abs(piece.within(wanted).samples).max(initial=0.0) >= SILENT:
                return True
    return False


def warnings_of(placer: SoundPlacer, mixer: Mixer) -> list[str]:
    """Return what went wrong with the sound, one line each."""
    missing, skipped = placer.decoder.missing(), placer.decoder.skipped
    (gaps, silence), (overlaps, dropped) = placer.gaps, placer.overlaps
    cleaner, begin = placer.cleaner, placer.origin or 0.0
    absurd, loud = plural(cleaner.absurd, "sample"), plural(cleaner.loud, "sample")
    cancelled, first = mixer.cancelled / mixer.rate, begin + mixer.first / mixer.rate
    notes = {
        f"sound truncated: decoding {missing}": bool(missing),
        f"{plural(skipped, 'broken audio packet')} skipped": skipped,
        "the sound's first time stamp lies ahead of all others: taken from those": placer.strays,
        f"sound with {plural(gaps, 'gap')}: {silence:.2f} s of silence put in": gaps,
        f"sound with {plural(overlaps, 'overlap')}: {dropped:.2f} s dropped": overlaps,
        f"sound with {absurd} that are no numbers, first at {cleaner.absurd_at:.2f} s: silence put in": cleaner.absurd,
        f"sound with {loud} far beyond full scale, first at {cleaner.loud_at:.2f} s: clipped": cleaner.loud,
        f"sound whose channels cancel each other for {cancelled:.2f} s, first at {first:.2f} s: "
        f"only the channel {mixer.channel} is heard there": mixer.cancelled,
    }
    return [note for note, happened in notes.items() if happened]
