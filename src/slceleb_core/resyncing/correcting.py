"""From what was measured to a corrected file: made sure of before, and looked through after it has been written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from slceleb_core.disk.atomic import whole_file
from slceleb_core.disk.fingerprint import check_file
from slceleb_core.disk.syncing import sync_file, sync_folder
from slceleb_core.errors import OutputError, UsageError
from slceleb_core.media.soundtracks import stream_of
from slceleb_core.resyncing.containers import form_of, open_source
from slceleb_core.resyncing.remuxing import MILLISECOND, Move, remux, scan
from slceleb_core.resyncing.verifying import verify
from slceleb_core.types import SoundTrack

SUFFIX = ".resync"
"""What the name of a corrected file has before its ending, where no other is asked for."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A file that was written.

    Attributes
    ----------
    path
        It.
    move
        By how much its streams are moved.
    packets
        How many packets each stream has, by index; all were compared with the source's.
    """

    path: Path
    move: Move
    packets: dict[int, int]

    def in_words(self) -> list[str]:
        """Return what was done, a line each."""
        sound, whole = round(1000 * self.move.sound), round(1000 * self.move.whole)
        tracks = "the audio track" if len(self.move.streams) == 1 else f"{len(self.move.streams)} audio tracks"
        way = "earlier" if sound < 0 else "later"
        count = f"{sum(self.packets.values()):,} packets, each as it was"
        lines = [f"{self.path}: {tracks} {abs(sound)} ms {way}, {count}"]
        if whole:
            lines.append(f"all times in it are {whole} ms later than in the source, as such a file has none before 0")
        return lines


def target_of(video: Path, output: Path | None) -> Path:
    """Return where a corrected file goes, once it is sure that it can.

    Parameters
    ----------
    video
        The source.
    output
        The place that was asked for; None: beside the source, with `SUFFIX`.

    Raises
    ------
    VideoError
        The source is missing, or cannot be read.
    UsageError
        It is the source, or something is there.
    OutputError
        Its folder is not there, or files of that kind cannot have other times.
    """
    check_file(video)
    target = video.with_name(f"{video.stem}{SUFFIX}{video.suffix}") if output is None else output
    form_of(target)
    if target.exists() and target.samefile(video):
        raise UsageError(f"{target}: is the video itself, which is never written to", "name another --output")
    if target.exists() or target.is_symlink():
        raise UsageError(f"{target}: is there already", "name another --output, or move it away")
    if not target.parent.is_dir():
        raise OutputError(f"{target.parent}: no such folder", "make it, or name another --output")
    return target


def correct(video: Path, target: Path, lag: float, only: SoundTrack | None) -> Corrected:
    """Write a video with its sound at another time; nothing is there unless all of it is as it should be.

    Parameters
    ----------
    video
        The source.
    target
        As of :func:`target_of`.
    lag
        Seconds by which the sound is to be heard earlier (later where negative); in whole milliseconds.
    only
        The audio track that is moved; None: all of them, as they come from one recording.

    Raises
    ------
    VideoError
        The source cannot be read to its end, or not be written anew.
    OutputError
        The file cannot be written.
    """
    form = form_of(target)
    with open_source(video) as container:
        chosen = container.streams.audio if only is None else [stream_of(container, only)]
        streams = frozenset(stream.index for stream in chosen)
    move = scan(video).move(-round(1000 * lag) * MILLISECOND, streams, form)
    with whole_file(target) as partial:
        remux(video, partial, form, move)
        packets = verify(video, partial, form, move)
        sync_file(partial)
    sync_folder(target.parent)
    return Corrected(target, move, packets)
