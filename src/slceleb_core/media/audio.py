"""Sound: decoded once to 16 kHz mono, kept in an unlinked temporary file, read back for any stretch.

The samples lie on the video's clock: where the time stamps leave a gap there is silence, where they overlap the later
samples are dropped, so that a sample's place in the file tells its PTS second.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np

from slceleb_core.errors import OutputError
from slceleb_core.media.container import StreamDecoder, open_media, pick_audio, plural
from slceleb_core.media.sound import Piece, SoundPlacer
from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan, sound_between

SAMPLE_BYTES = 4


class AudioTrack:
    """The sound of one video, 16 kHz mono, any stretch of it; a context manager. Made by :meth:`decode`.

    Attributes
    ----------
    start, end
        PTS seconds of the first sample, and just behind the last.
    warnings
        One line each: damage, gaps and overlaps of time stamps, truncation.
    """

    def __init__(self, spool: IO[bytes], start: float, count: int, warnings: list[str]) -> None:
        self._spool = spool
        self._count = count
        self.start = start
        self.end = start + count / SAMPLE_RATE
        self.warnings = warnings

    @classmethod
    def decode(cls, path: Path) -> AudioTrack | None:
        """Decode the sound of a file; None where it has no audio stream, or that holds not one sample.

        It is kept in a temporary file without a name (230 MB an hour, in the folder that TMPDIR names), not in memory.

        Raises
        ------
        VideoError
            The file cannot be read, as in :class:`~slceleb_core.media.video.VideoReader`.
        OutputError
            There is no room for the temporary file.
        """
        with open_media(path) as container:
            stream = pick_audio(container)
            if stream is None:
                return None
            placer = SoundPlacer(StreamDecoder(container, stream), SAMPLE_RATE, "mono")
            spool = open_spool(path)
            try:
                count = fill_spool(spool, placer, path)
            except BaseException:
                discard(spool)
                raise
        if placer.origin is None or count == 0:
            discard(spool)
            return None
        return cls(spool, placer.origin, count, warnings_of(placer))

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

        It begins at the sample nearest to `start` and has ``round((end - start) * 16000)`` samples.
        """
        return sound_between(start, end, self.start, self._count, self._read)

    def _read(self, first: int, last: int) -> Array:
        """Return float32 [last - first], samples of the file; a plain read, so that no page of it stays mapped."""
        content = os.pread(self._spool.fileno(), (last - first) * SAMPLE_BYTES, first * SAMPLE_BYTES)
        return np.frombuffer(content, np.float32)


def no_room(path: Path, error: OSError) -> OutputError:
    """Return the error for a temporary file that cannot be written."""
    return OutputError(
        f"{path}: no room for its sound in the temporary folder {tempfile.gettempdir()}: {error.strerror or error}",
        "free space there, or let TMPDIR name a folder with room: 230 MB an hour",
    )


def open_spool(path: Path) -> IO[bytes]:
    """Return a new file without a name, for the sound of `path`."""
    try:
        return tempfile.TemporaryFile(prefix="slceleb-")
    except OSError as error:
        raise no_room(path, error) from error


def fill_spool(spool: IO[bytes], placer: SoundPlacer, path: Path) -> int:
    """Write the placed sound, and return up to which sample it goes; gaps become holes, which read as silence."""
    end = 0
    for piece in placer.pieces():
        try:
            write_piece(spool, piece)
        except OSError as error:
            raise no_room(path, error) from error
        end = piece.index + piece.samples.shape[1]
    try:
        spool.flush()
    except OSError as error:
        raise no_room(path, error) from error
    return end


def write_piece(spool: IO[bytes], piece: Piece) -> None:
    """Write a piece of mono sound to its place."""
    if spool.tell() != piece.index * SAMPLE_BYTES:
        spool.seek(piece.index * SAMPLE_BYTES)
    spool.write(piece.samples[0].tobytes())


def discard(spool: IO[bytes]) -> None:
    """Close a temporary file whose content is not wanted, even where it can no longer be written out."""
    try:
        spool.close()
    except OSError:
        spool.close()  # the buffer is given up at the first attempt; the second only lets go of the file


def warnings_of(placer: SoundPlacer) -> list[str]:
    """Return what went wrong with the sound, one line each."""
    missing, skipped = placer.decoder.missing(), placer.decoder.skipped
    (gaps, silence), (overlaps, dropped) = placer.gaps, placer.overlaps
    notes = {
        f"sound truncated: decoding {missing}": bool(missing),
        f"{plural(skipped, 'broken audio packet')} skipped": skipped,
        f"sound with {plural(gaps, 'gap')}: {silence:.2f} s of silence put in": gaps,
        f"sound with {plural(overlaps, 'overlap')}: {dropped:.2f} s dropped": overlaps,
    }
    return [note for note, happened in notes.items() if happened]
