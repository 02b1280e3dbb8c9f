"""Opening a video file, choosing its streams, and decoding one of them past whatever is broken.

FFmpeg's own messages stay off the terminal, which is PyAV's default; what is worth telling reaches the user through
the errors and warnings of this package.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from slceleb_core.disk.fingerprint import check_file
from slceleb_core.errors import VideoError
from slceleb_core.media.protection import encrypted_streams
from slceleb_core.media.shifting import Shifter
from slceleb_core.media.slots import Slotter, is_slotted
from slceleb_core.media.survey import survey_of

ATTACHED_PICTURE = 0x0400
"""``AV_DISPOSITION_ATTACHED_PIC`` of libavformat: a stream that is a cover, not a video."""

STILL_CODECS = frozenset({"mjpeg", "png", "bmp", "gif", "tiff", "webp"})
"""Codecs that covers come in, for a PyAV that does not tell a stream's disposition."""

STATED_LENGTH_FORMATS = frozenset({"mov", "matroska", "avi", "flv", "asf"})
"""Formats (libavformat's names) whose header says how long the file should be; others have it estimated."""

DAYS = 10 * 86_400
"""Seconds from which on a clock is not one that began with the recording: it counts from 1970, or from when a machine
was started. No file lasts as long."""

FLV_TURN = 2**31 / 1000
"""Seconds after which what writes FLV begins anew at 0: 25 days, as its stamps have a sign. Its header has no limit."""

MISSING_SECONDS = 0.5
"""How much of the stated length may be missing before a file counts as truncated; headers round, and streams that end
at different moments leave less than this."""

UNREAD_SHARE, UNREAD_SECONDS = 0.02, 1.0
"""How much of a recording must lie behind the last packet of its video before that is told, as a share of its bytes and
in seconds at the rate of what was read: the sound that ends with it, tables and padding stay below one or the other."""

TAILLESS_FORMATS = frozenset({"mpegts", "mpeg", "flv"})
"""Formats (libavformat's names) that have neither an index nor an attachment behind the last packet."""

MAX_READ_FAILURES = 200
"""Failures to read a packet, one straight after another, before the file counts as ended. A damaged stretch yields a
failure a packet; this is about five seconds of picture and sound."""


def describe(error: av.FFmpegError) -> str:
    """Return libav's reason as a phrase, such as ``invalid data found when processing input``."""
    text = error.strerror or type(error).__name__
    return text[:1].lower() + text[1:]


def plural(count: int, noun: str) -> str:
    """Return ``1 frame``, ``2 frames``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def open_media(path: Path, accelerator: Any = None) -> InputContainer:
    """Open a media file for reading.

    Parameters
    ----------
    path
        The file.
    accelerator
        What decodes its pictures (``av.codec.hwaccel.HWAccel``); None: the processor.

    Raises
    ------
    VideoError
        It is missing, unreadable, a folder, empty, or not something that libav takes for a video or sound.
    """
    check_file(path)
    try:
        # The explicit protocol keeps names such as `a:b.mp4` from being read as addresses; tags may be in any encoding.
        container = av.open(f"file:{path}", mode="r", metadata_errors="replace", hwaccel=accelerator)
    except av.FFmpegError as error:
        raise VideoError(
            f"{path}: not a video that can be read: {describe(error)}",
            "if it is a video, its download or recording may have been cut short: get it again, or remux it",
        ) from error
    if is_picture_or_text(container):
        container.close()
        raise VideoError(f"{path}: a picture or a text, not a video", "name a video file")
    streams: list[VideoStream | AudioStream] = [*container.streams.video, *container.streams.audio]
    for stream in streams:
        if has_decoder(stream):
            # How a decoder patches what is damaged depends on which of its threads comes first, and a file cannot be
            # read again where that shows: of damaged files, 3 of 99 in H.264 and 37 of 60 in HEVC gave other pictures
            # by several threads without an error or a mark. One gives the same every time, beside the search for faces.
            stream.codec_context.thread_count = 1
    return container


def is_picture_or_text(container: InputContainer) -> bool:
    """Tell whether libav opened, as it can, a still picture or a text as if it were a video."""
    name = container.format.name
    return name in ("tty", "image2") or name.endswith("_pipe")


def has_decoder(stream: VideoStream | AudioStream) -> bool:
    """Tell whether libav can decode a stream: it knows the codec (PyAV gives the others no context) and may read it."""
    context: object = stream.codec_context
    return context is not None and not is_encrypted(stream)


def is_encrypted(stream: VideoStream | AudioStream) -> bool:
    """Tell whether the file says that a stream is encrypted."""
    container = stream.container
    return isinstance(container, InputContainer) and stream.index in encrypted_streams(container)


def is_cover(stream: VideoStream) -> bool:
    """Tell whether a video stream is an attached picture, such as the cover of an album."""
    disposition = getattr(stream, "disposition", None)
    if disposition is not None:
        return bool(int(disposition) & ATTACHED_PICTURE)
    return stream.codec_context.name in STILL_CODECS and stream.frames <= 1 and not stream.average_rate


def videos_of(container: InputContainer) -> list[VideoStream]:
    """Return the video streams that are no covers."""
    return [stream for stream in container.streams.video if not (has_decoder(stream) and is_cover(stream))]


def pick_video(container: InputContainer, path: Path) -> VideoStream:
    """Return the video stream that libav deems best, covers aside, or the first that can be decoded.

    Raises
    ------
    VideoError
        There is none, or none that libav can decode.
    """
    streams = videos_of(container)
    if not streams:
        what = "only sound" if container.streams.audio else "no picture and no sound"
        what += " and a cover" if container.streams.video else ""
        raise VideoError(f"{path}: no video stream ({what})", "faces are looked for in pictures: name a video file")
    best = container.streams.best("video")
    readable = [stream for stream in streams if has_decoder(stream) and not is_encrypted(stream)] or streams
    stream = next((stream for stream in readable if best is not None and stream.index == best.index), readable[0])
    if is_encrypted(stream):
        raise VideoError(
            f"{path}: its pictures are encrypted", "get a copy without copy protection: there is no key to read it with"
        )
    if not has_decoder(stream):
        raise VideoError(f"{path}: no decoder for its video stream", "re-encode it, for example to H.264")
    return stream


def seconds(pts: int | None, time_base: Fraction | None) -> float | None:
    """Return a time stamp in seconds; None where there is none."""
    if pts is None or time_base is None:
        return None
    # whole numbers divided: the float nearest to the fraction, without the search for its lowest terms
    return pts * time_base.numerator / time_base.denominator


def stated_end(container: InputContainer) -> float | None:
    """Return the PTS second at which the header says that the file ends; None where it does not say."""
    if container.duration is None or not STATED_LENGTH_FORMATS & set(container.format.name.split(",")):
        return None
    # libav writes AV_NOPTS_VALUE, a large negative number, where no stream has a start. In Matroska the header states
    # the last time stamp, which is not counted from the first one.
    start = 0 if "matroska" in container.format.name else max(container.start_time or 0, 0)
    if container.duration >= start > DAYS * av.time_base:
        start = 0  # the header says when it ends, as in Matroska
    end = (start + container.duration) / av.time_base
    if container.format.name == "avi":
        # Without its index, which lies at the end, libav takes the length from the bytes that are there.
        end = max(end, *(slots_end(stream) for stream in container.streams.video), 0.0)
    return end % FLV_TURN if "flv" in container.format.name.split(",") else end


def slots_end(stream: VideoStream) -> float:
    """Return the second at which the last slot ends that the head of an AVI file counts; 0 where it counts none."""
    return seconds(stream.frames, stream.time_base) or 0.0


def tagged_duration(stream: VideoStream | AudioStream) -> float | None:
    """Return a stream's length from the tag that Matroska muxers write (``DURATION: 00:00:08.743``), or None."""
    found = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)\0*", stream.metadata.get("DURATION", "").strip())
    if found is None:
        return None
    hours, minutes, rest = found.groups()
    return int(hours) * 3600.0 + int(minutes) * 60.0 + float(rest)


class Successors:
    """Weighs the video streams that begin only where another one has ended: of what was joined to it byte by byte.

    Places are compared, not the order in which packets come: the last one of each stream is handed out at the end.

    Parameters
    ----------
    stream
        The one that is read.
    """

    def __init__(self, stream: VideoStream | AudioStream) -> None:
        self._stream = stream.index
        self._last = -1
        self._first: dict[int, int] = {}
        self._sizes: dict[int, int] = {}

    @property
    def size(self) -> int:
        """Bytes of their pictures, so far."""
        return sum(self._sizes[number] for number, place in self._first.items() if place > self._last)

    def take(self, packet: Packet[Any]) -> None:
        """Look at the next packet of the file."""
        number, place = packet.stream.index, packet.pos
        if place is None or place < 0 or not isinstance(packet.stream, VideoStream):
            return
        if number == self._stream:
            self._last = max(self._last, place)
            return
        self._first[number] = min(self._first.get(number, place), place)
        self._sizes[number] = self._sizes.get(number, 0) + packet.size


class StreamDecoder:
    """Decodes one stream to its end, leaving out what is broken and counting it.

    Its frames are on one rising clock, where that of the file begins anew (:mod:`~slceleb_core.media.survey`), and have
    times of their own, where the format stores none (:mod:`~slceleb_core.media.slots`).

    Parameters
    ----------
    container
        Where it is read from, at its present position.
    stream
        The stream.

    Attributes
    ----------
    skipped
        Packets that could not be decoded, so far.
    stopped
        Why reading gave up; empty as long as it did not.
    reached
        PTS seconds of the end of the last packet of any stream: how far into the file reading has come.
    begins_hidden
        Whether reading began at a key picture that an edit list hides: those that are made from it lack nothing.
    """

    def __init__(self, container: InputContainer, stream: VideoStream | AudioStream) -> None:
        self.container = container
        self.stream = stream
        self.skipped = 0
        self.stopped = ""
        self.reached = float("-inf")
        self.begins_hidden = False
        self._begun = False
        self._successors = Successors(stream)
        self._survey = survey_of(container)
        self._stated_end = None if self._survey.epochs else stated_end(container)
        self._shifter = Shifter(self._survey.shifts(stream.index, stream.time_base or Fraction(1)))
        slotted = isinstance(stream, VideoStream) and is_slotted(container, stream)
        self._slotter = Slotter(stream) if isinstance(stream, VideoStream) and slotted else None
        tailless = self._survey.epochs or TAILLESS_FORMATS & set(container.format.name.split(","))
        self._size = container.size if tailless and isinstance(stream, VideoStream) else 0
        self._place = 0
        self._content = 0.0
        self._decoded_until = float("-inf")
        self._ended = False

    @property
    def restarts(self) -> int:
        """How often, so far, the file's clock has begun anew."""
        return self._shifter.changes

    def frames(self) -> Iterator[Any]:
        """Yield the stream's frames (``av.VideoFrame`` or ``av.AudioFrame``) as the decoder hands them out."""
        frames = self._decoded()
        yield from frames if self._slotter is None else self._slotter.in_order(frames)
        self._ended = True

    def missing(self) -> str:
        """Return in one phrase how the file ended too early; empty where it did not, or where nobody can tell.

        Nobody can as long as there are frames that have not been asked for.
        """
        if not self._ended:
            return ""
        end = self._stated_end
        if end is not None and self.reached < end - MISSING_SECONDS:
            return f"stopped at {max(self.reached, 0.0):.1f} s of {end:.1f} s: {self.stopped or 'the file ends early'}"
        if self.stopped:
            return f"stopped at {max(self.reached, 0.0):.1f} s: {self.stopped}"
        if self.skipped and -math.inf < self._decoded_until < self.reached - MISSING_SECONDS:
            return (
                f"stopped at {max(self._decoded_until, 0.0):.1f} s of {self.reached:.1f} s: "
                "what follows cannot be decoded, as if it were of another codec"
            )
        if (unread := self._unread_share()) > UNREAD_SHARE and unread * self._content > UNREAD_SECONDS:
            return (
                f"stopped at {max(self.reached, 0.0):.1f} s: {unread:.0%} of the file lie behind that, "
                "in streams that it did not begin with, or unreadable"
            )
        if self._size and (behind := self._successors.size / self._size) > UNREAD_SHARE:
            return (
                f"stopped at {max(self._decoded_until, 0.0):.1f} s: {behind:.0%} of the file lie behind that, "
                "in another video stream"
            )
        return ""

    def _unread_share(self) -> float:
        """Return how much of a recording lies behind the last packet that was read."""
        return (self._size - self._place) / self._size if self._size > 0 else 0.0

    def _decoded(self) -> Iterator[Any]:
        for packet in self._packets():
            self._place = max(self._place, self._place if packet is None else (packet.pos or 0) + packet.size)
            if self._size and packet is not None:
                self._successors.take(packet)
            # `packet.stream_index` of a packet that flushes is 0 whatever its stream, so the stream itself is asked.
            if packet is None:
                yield from self._decode(None)
            elif packet.stream.index == self.stream.index:
                if not self._begun:
                    self._begun, self.begins_hidden = True, packet.is_keyframe and packet.is_discard
                for shifted in self._shifter.shifted(packet):
                    self._advance(shifted)
                    yield from self._decode(shifted)
            elif self._shifter.idle:
                self._advance(packet)

    def _decode(self, packet: Packet[Any] | None) -> list[Any]:
        """Return the frames that a packet completes (None: those still inside of the decoder)."""
        try:
            packets = [packet] if packet is None or self._slotter is None else self._slotter.packets(packet)
            frames = [frame for waiting in packets for frame in self.stream.decode(waiting)]
        except av.error.EOFError:
            return []  # the decoder was flushed before
        except av.FFmpegError:
            self.skipped += 1
            return []
        if frames:
            self._decoded_until = seconds(frames[-1].pts, frames[-1].time_base) or self._decoded_until
        return frames

    def _packets(self) -> Iterator[Packet[Any] | None]:
        """Yield the packets of every stream; last, None or a packet without content, which flushes a decoder."""
        failures = 0
        while failures < MAX_READ_FAILURES:
            try:
                # Every stream is read, so that `reached` knows the end of the file from the end of this stream.
                for packet in self.container.demux():
                    failures = 0 if packet.size else failures
                    yield packet
            except av.FFmpegError as error:  # reading goes on behind what cannot be read
                failures += 1
                self.stopped = describe(error)
            except IndexError:
                # The file has been read: PyAV stumbles when, at the end, it flushes streams that only appeared on the
                # way, as they do in recorded broadcasts (PyAV issue 692).
                self.stopped = ""
                break
            else:
                self.stopped = ""
                return
        yield None

    def _advance(self, packet: Packet[Any]) -> None:
        """Note how far the file has been read."""
        time_base = packet.time_base  # made anew each time it is asked for
        time = seconds(packet.pts if packet.pts is not None else packet.dts, time_base)
        if time is not None:
            length = seconds(packet.duration, time_base) or 0.0
            self._content += min(max(time + length - self.reached, 0.0), MISSING_SECONDS)  # a jump holds nothing
            self.reached = max(self.reached, time + length)
