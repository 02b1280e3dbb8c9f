"""Reading the pictures of a video, one at a time, upright, each with its PTS second."""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from types import TracebackType

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from slceleb_core.errors import VideoError
from slceleb_core.media.container import (
    StreamDecoder,
    is_encrypted,
    open_media,
    pick_video,
    plural,
    seconds,
    stated_end,
    tagged_duration,
    videos_of,
)
from slceleb_core.media.display import Shape, Stored, Viewer, placed_on, stated_shape
from slceleb_core.media.landing import Landing, find_landing
from slceleb_core.media.nvdec import ON_CARD, Parting, alike, comes_from_card, open_on_card
from slceleb_core.media.pixels import PicturePixels
from slceleb_core.media.seeking import seek_to
from slceleb_core.media.soundtracks import likely_track
from slceleb_core.media.stamps import STRAY_SECONDS, PictureClock
from slceleb_core.media.stillness import Stillness
from slceleb_core.media.survey import survey_of
from slceleb_core.types import WHOLE, Frame, Restart, TimeRange, VideoInfo

ENCRYPTED_SOUND = "the sound is encrypted, and cannot be heard: get a copy without copy protection"

SHOWN_PLACES = 3
"""Places at which the clock begins anew, or jumps, that a warning names one by one."""


def probe(path: Path) -> VideoInfo:
    """Return what the container says of a video.

    Raises
    ------
    VideoError
        As :class:`VideoReader`.
    """
    with VideoReader(path) as reader:
        return reader.info


class VideoReader:
    """Reads the pictures of one video; a context manager.

    Pictures come as a player shows them: upright, in square pixels, and all of the first one's size.

    Parameters
    ----------
    path
        The file.
    part
        What of it is read: the frames that a whole reading gives within it, with the numbers that they have in the
        file. What lies before is skipped where that can be done exactly (:mod:`~slceleb_core.media.landing`), and
        otherwise decoded, but not converted: 1.2 ms a frame of 720p (H.264).
    decoder
        ``libav``, or ``nvdec``: an NVIDIA card, where there is one that can do it (:mod:`~slceleb_core.media.nvdec`).

    Attributes
    ----------
    path
        The file.
    info
        What the container says; size and rotation are those of the first picture.
    goes_on
        Whether there are more frames than were asked for; known when all that were have been handed over.

    Raises
    ------
    VideoError
        There is no such file, it is a folder, may not be read, is empty, is no video, or has no video stream.
    """

    def __init__(self, path: Path, part: TimeRange = WHOLE, decoder: str = "libav") -> None:
        self.path = path
        self._part = part
        self._parting: Parting | None = None
        self._expected: av.VideoFrame | None = None
        self._told_decoder = ""
        self._container = open_media(path)
        try:
            self._stream = pick_video(self._container, path)
            if decoder == "nvdec":
                self._take_card()
            self._viewer = Viewer(self._stream)
            self._pictures = self._decode_on()
            first = next(self._pictures, None)
            shape = first[1].shape if first else stated_shape(self._stream)
            self.info = describe_video(path, self._container, self._stream, shape, None if first is None else first[0])
            # asked for now: a container that was closed has no streams any more
            self._choice = told_choice(self._container, self._stream, self.info)
            self._locked_sound = any(map(is_encrypted, self._container.streams.audio))
        except BaseException:
            self._container.close()
            raise
        if first is not None:
            self._pictures = itertools.chain([first], self._pictures)
        self._damaged = 0
        self._resized = ""
        self._finished = False
        self.goes_on = False
        self._stillness = Stillness()
        self._notes: list[str] | None = None
        self._frames = self._read()
        self._ahead: Iterator[Frame] = self._frames

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file, and of its decoder; called a second time it does nothing."""
        if self._notes is not None:
            return
        self._frames.close()
        self._ahead = self._frames
        self._pictures = iter(())
        self._notes = self._noted()
        self._container.close()
        del self._decoder, self._clock, self._viewer, self._stream  # a decoder keeps twenty pictures or more

    @property
    def warnings(self) -> list[str]:
        """What went wrong up to now, one line each: truncation, damage, time stamps that had to be mended."""
        return self._noted() if self._notes is None else list(self._notes)

    def _noted(self) -> list[str]:
        missing = self._decoder.missing() if self._finished else ""
        stillness = self._told_stillness()
        skipped, dropped, estimated = self._decoder.skipped, self._clock.dropped, self._clock.estimated
        notes = {
            told_restarts(self.info.restarts): bool(self.info.restarts),
            told_jumps(self._clock.jumps): bool(self._clock.jumps),
            self._choice: bool(self._choice),
            self._told_decoder: bool(self._told_decoder),
            f"truncated: decoding {missing}": bool(missing),
            f"{plural(skipped, 'broken video packet')} skipped": skipped,
            f"{plural(self._damaged, 'frame')} with damage that the decoder could only patch": self._damaged,
            f"{plural(dropped, 'frame')} dropped: not later than the frame before": dropped,
            f"{plural(estimated, 'frame')} without a usable time stamp: times taken from the frame rate": estimated,
            ENCRYPTED_SOUND: self._locked_sound,
            stillness: bool(stillness),
            f"the picture's size changes {self._resized}: fitted into the first size": bool(self._resized),
        }
        return [note for note, happened in notes.items() if happened]

    def _told_stillness(self) -> str:
        """Return in one line that the picture never changes; empty where it does, or may still."""
        pictures = self._stillness.pictures
        if not self._finished or self._part != WHOLE or self._stillness.moves or pictures < 1:
            return ""
        return f"a still picture ({plural(pictures, 'frame')}, all alike): nobody can be seen to speak in it"

    def frames(self, max_frames: int | None = None) -> Iterator[Frame]:
        """Yield the frames, each decoded when it is asked for; a second call goes on where the first was left.

        Parameters
        ----------
        max_frames
            How many to yield at most; None for all.

        Raises
        ------
        VideoError
            At the end, if the video, or the part of it that is read, yielded not one frame.
        """
        yield from itertools.islice(self._ahead, max_frames)
        try:
            following = next(self._ahead, None)
        except (av.FFmpegError, OSError, EOFError, VideoError) as error:
            self.goes_on, self._ahead = True, _failing(error)  # it fails whoever asks for it, and nobody else
            return
        self.goes_on = following is not None
        if following is not None:
            self._ahead = itertools.chain([following], self._ahead)

    def _read(self) -> Generator[Frame, None, None]:
        """Yield every frame of the part; raise VideoError where there is none."""
        count, found = self._skip(), False
        for time, stored in self._pictures:
            if self._part.over(time):
                break
            if time in self._part:
                found = True
                pixels = self._pixels(stored, time)
                self._stillness.look(pixels)
                yield Frame(index=count, time=time, pixels=pixels)
                self._damaged += bool(stored.picture.is_corrupt)  # not of a frame that was only looked for
            count += 1
        else:
            self._finished = True
        if not found:
            self._fail(count)

    def _skip(self) -> int:
        """Go to the part, if that can be done exactly, and return the number of the picture that comes next."""
        start = self._part.start
        landing = None if start is None else find_landing(self.path, start)
        if start is None or landing is None:
            return 0
        if self._land(landing, start):
            return landing.first
        self._leave_card("it was not found exactly where to begin")
        self._pictures = self._decode_on()
        return 0

    def _land(self, landing: Landing, start: float) -> bool:
        """Go to the first picture of the part, and tell whether what was found on the way there was as foreseen."""
        if not seek_to(self._container, self._stream, landing.pts):
            return False
        self._pictures = self._decode_on()
        index, landed = landing.index, False
        for time, stored in self._pictures:
            landed = landed or stored.picture.pts == landing.pts
            if time >= start:
                self._pictures = itertools.chain([(time, stored)], self._pictures)
                break
            index += landed  # what comes out before the key frame lacks the pictures that it is made from
        return landed and index == landing.first and not self._decoder.skipped

    def _take_card(self) -> None:
        """Open the file to be decoded on the card; stay without it where that cannot be, and note why."""
        try:
            container = open_on_card(self.path, self._stream)
        except VideoError as error:
            self._told_decoder = without_card(error.message)
            return
        self._parting = Parting(str(self._stream.codec_context.pix_fmt))
        self._expected = next(StreamDecoder(self._container, self._stream).frames(), None)
        self._container.close()
        self._container = container
        self._stream = pick_video(container, self.path)
        self._told_decoder = ON_CARD

    def _leave_card(self, reason: str) -> None:
        """Open the file anew, to be decoded by the processor; note why, where the card did it."""
        if self._parting is not None:
            self._told_decoder = without_card(reason)
        self._parting = None
        self._container.close()
        self._container = open_media(self.path)
        self._stream = pick_video(self._container, self.path)
        self._viewer = Viewer(self._stream)

    def _decode_on(self) -> Iterator[tuple[float, Stored]]:
        """Return the pictures from where the container stands, with their times."""
        self._decoder = StreamDecoder(self._container, self._stream)
        self._clock = PictureClock(self._stream)
        pictures = self._viewer.stored(self._clock.timed(self._decoder.frames()))
        return pictures if self._parting is None else self._while_whole(pictures)

    def _while_whole(self, pictures: Iterator[tuple[float, Stored]]) -> Iterator[tuple[float, Stored]]:
        """Yield pictures from the card up to the first sign of damage, and then those behind them without it."""
        last, reason = -math.inf, ""
        for time, stored in pictures:
            reason = self._fault(stored.picture)
            if reason:
                break
            yield time, stored
            last = time
        reason = reason or ("the file is damaged" if self._decoder.skipped else "")
        if reason:
            self._leave_card(reason if last == -math.inf else f"{reason} behind {last:.1f} s")
            yield from itertools.dropwhile(lambda timed: timed[0] <= last, self._decode_on())

    def _fault(self, picture: av.VideoFrame) -> str:
        """Return why a picture cannot be taken from the card; empty where it can."""
        if self._decoder.skipped or not comes_from_card(picture):
            return "the file is damaged, or the card cannot go on"
        expected, self._expected = self._expected, None
        if self._parting is None or expected is None or alike(self._parting.parted(picture), expected):
            return ""
        return "its first picture is another there"

    def _pixels(self, stored: Stored, time: float) -> PicturePixels:
        """Return a picture as it is shown, of the size that `info` gives."""
        size, canvas = stored.shape.size, (self.info.width, self.info.height)
        if size != canvas and not self._resized:
            self._resized = f"from {by(canvas)} to {by(size)} at {time:.1f} s"
        picture = stored.picture if self._parting is None else self._parting.parted(stored.picture)
        return PicturePixels(picture, placed_on(canvas, stored.shape))

    def _fail(self, count: int) -> None:
        """Raise VideoError for a video, or a part, without a single frame; `count` were read."""
        if count:
            length = "" if self.info.duration is None else f": it goes on until {self._end():.1f} s"
            raise VideoError(f"{self.path}: no frame {self._part}{length}", "give another time range")
        missing, skipped = self._decoder.missing(), self._decoder.skipped
        broken = f"none of its {plural(skipped, 'packet')} can be decoded" if skipped else ""
        reason = "".join(f": {phrase}" for phrase in (broken, missing) if phrase)
        hint = "it may be encrypted, or damaged: get it again" if broken else "get the file again, or re-encode it"
        raise VideoError(f"{self.path}: the video stream yields not one frame{reason}", hint)

    def _end(self) -> float:
        return self.info.start + (self.info.duration or 0.0)


def without_card(reason: str) -> str:
    """Return in one line that a file is not decoded on the card, and why."""
    return f"decoded without NVDEC: {reason}"


def told_choice(container: InputContainer, chosen: VideoStream, info: VideoInfo) -> str:
    """Return in one line which of several pictures is looked at; empty where there is one."""
    indices = [stream.index for stream in videos_of(container)]
    if len(indices) < 2:
        return ""
    number, size = indices.index(chosen.index) + 1, by((info.width, info.height))
    return f"{len(indices)} video streams: number {number} ({size}) is looked at, the others are not"


def by(size: tuple[int, int]) -> str:
    """Return a size as it is written: ``640x480``."""
    return "x".join(map(str, size))


def describe_video(
    path: Path, container: InputContainer, stream: VideoStream, shape: Shape, first: float | None
) -> VideoInfo:
    """Return what the container says of a video, and its first picture of how it is shown, and since which second."""
    width, height = shape.size
    stated = video_start(container, stream)
    believed = first is None or stated < first + STRAY_SECONDS
    start = stated if first is None or believed else first
    duration = video_duration(container, stream, start) if believed else None  # the file reckons it from its start
    audio = likely_track(container, path)
    survey = survey_of(container)
    return VideoInfo(
        path=path,
        width=width,
        height=height,
        rotation=shape.orientation.rotation,
        frame_rate=float(stream.average_rate) if stream.average_rate else None,
        start=start,
        duration=survey.end - start if survey.epochs else duration,
        has_audio=audio is not None,
        audio=audio,
        restarts=survey.restarts,
    )


def told_restarts(restarts: Sequence[Restart]) -> str:
    """Return in one line where a file's clock begins anew; empty where it does not."""
    if not restarts:
        return ""
    places = [f"at {restart.time:.3f} s, where the file says {restart.clock:.3f} s" for restart in restarts]
    return f"the file's clock begins anew {in_short(places)}: read as one clock that goes on"


def told_jumps(jumps: Sequence[tuple[float, float]]) -> str:
    """Return in one line where a file's clock jumps ahead; empty where it does not."""
    if not jumps:
        return ""
    places = [f"from {before:.3f} s to {behind:.3f} s" for before, behind in jumps]
    return f"the file's clock jumps ahead {in_short(places)}: there is nothing in between"


def in_short(places: Sequence[str]) -> str:
    """Return the first few, and how many more there are."""
    more = [f"and {len(places) - SHOWN_PLACES} more"] if len(places) > SHOWN_PLACES else []
    return "; ".join([*places[:SHOWN_PLACES], *more])


def video_start(container: InputContainer, stream: VideoStream) -> float:
    """Return the PTS second at which the container says that the video stream begins."""
    start = seconds(stream.start_time, stream.time_base)
    return start if start is not None else max(container.start_time or 0, 0) / av.time_base


def video_duration(container: InputContainer, stream: VideoStream, start: float) -> float | None:
    """Return how long the container says that the video stream is, in seconds, best source first; None if unsaid."""
    own = seconds(stream.duration, stream.time_base) or tagged_duration(stream)
    end = stated_end(container)
    rest = None if end is None else max(end - start, 0.0)
    if own is None or rest is None:
        return rest if own is None else own
    return min(own, rest) if "matroska" in container.format.name else own  # where a tag may say when it ends


def _failing(error: Exception) -> Iterator[Frame]:
    """Fail when the first frame is asked for."""
    yield from ()
    raise error
