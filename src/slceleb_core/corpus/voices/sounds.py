"""The sound of what is said: out of the cut clips where they are, else out of the video."""

from __future__ import annotations

import logging
import wave
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from typing_extensions import Self

from slceleb_core.corpus.reading import Recording
from slceleb_core.corpus.snr import read_wav
from slceleb_core.corpus.voices.pieces import Piece, Span
from slceleb_core.corpus.voices.standing import Heard, Said
from slceleb_core.disk.fingerprint import fingerprint
from slceleb_core.errors import SlcelebError
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.clocks import SAME, Clock
from slceleb_core.media.soundtracks import choose_sound
from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan, TimeRange

log = logging.getLogger(__name__)

EDGE = 0.002
"""Seconds by which a clip may be shorter than its segment: times are rounded to milliseconds."""


class SoundSource:
    """The sound of one video's segments; a context manager, as the video's own is decoded at most once.

    Parameters
    ----------
    heard
        The video.
    """

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._stack = ExitStack()
        self._track: AudioTrack | None = None
        self._looked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def of(self, piece: Piece) -> AudioSpan | None:
        """Return the sound of a piece; None where any of it is not to be had any more."""
        parts = [self._part(said, span) for said, span in zip(piece.said, piece.spans, strict=True)]
        if any(part is None for part in parts):
            return None
        samples = np.concatenate([part for part in parts if part is not None])
        return AudioSpan(np.asarray(samples, dtype=np.float32), piece.spans[0][0])

    def _part(self, said: Said, span: Span) -> Array | None:
        cut = None if said.audio is None else _cut(said.audio, said, span)
        return self._decoded(span) if cut is None else cut

    def _decoded(self, span: Span) -> Array | None:
        if not self._looked:
            self._looked, self._track = True, self._open()
        return None if self._track is None else np.asarray(self._track.span(*span).samples)

    def _open(self) -> AudioTrack | None:
        """Return the video's sound, as far as anything is said; None where the file is gone, or is another now."""
        recording = self._heard.recording
        try:
            source = _source(recording)
            if not source.file.is_file() or fingerprint(source.file) != source.fingerprint:
                return None
            spans = [said.span for said in self._heard.said]
            first, last = min(start for start, _ in spans), max(end for _, end in spans)
            part = TimeRange(source.clock.own(first), source.clock.own(last))
            track = AudioTrack.decode(source.file, part, choose_sound(source.file, self._heard.asked))
            if track is not None and source.clock != SAME:
                track = track.placed(source.clock.inverse())
        except SlcelebError as error:
            log.warning("%s: its sound cannot be read: %s", recording.name, error)
            return None
        return None if track is None else self._stack.enter_context(track)


@dataclass(frozen=True, slots=True)
class _Source:
    """The file that is heard of a recording, and its clock, told by that of the results."""

    file: Path
    fingerprint: str
    clock: Clock = SAME


def _source(recording: Recording) -> _Source:
    """Return the file that is heard: the video, or of a group the one that was its microphone."""
    group = (recording.report().get("provenance") or {}).get("group")
    if not group:
        return _Source(recording.video, recording.fingerprint)
    heard = group["heard"]  # it names the file as the run was told it, which holds in that run's working directory
    known = (path for path, fingerprint in recording.files.items() if fingerprint == heard["fingerprint"])
    file = next(known, Path(heard["video"]))
    return _Source(file, heard["fingerprint"], Clock(heard["offset"], heard["drift"]))


def _cut(clip: Path, said: Said, span: Span) -> Array | None:
    """Return a stretch of a segment's clip; None where that cannot be read, or does not hold it."""
    try:
        samples = read_wav(clip)
    except (OSError, wave.Error, EOFError) as error:
        log.warning("%s cannot be read: %s", clip, error)
        return None
    first, last = (round((time - said.segment.start) * SAMPLE_RATE) for time in span)
    if len(samples) < last - EDGE * SAMPLE_RATE:
        return None
    return samples[first:last]
