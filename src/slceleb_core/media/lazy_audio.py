"""The sound of one video, decoded when it is first asked for."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from slceleb_core.errors import VideoError
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.clocks import SAME, Clock
from slceleb_core.media.soundtracks import Choice, choose_sound, in_words
from slceleb_core.timing import Timings
from slceleb_core.types import USUAL_SOUND, AudioSpan, SoundForm, TimeRange, WholeSound


@dataclass(frozen=True, slots=True, eq=False)
class ConvertedAudio:
    """The sound of a video in another form than the usual one; a ``ConvertedSound``.

    Attributes
    ----------
    track
        It.
    plain
        The same, 16 kHz and mono.
    """

    track: AudioTrack
    plain: AudioTrack

    @property
    def start(self) -> float:
        """PTS seconds of the first sample."""
        return self.track.start

    @property
    def end(self) -> float:
        """PTS seconds just behind the last sample."""
        return self.track.end

    @property
    def holes(self) -> list[tuple[float, float]]:
        """Where there is no sound for long: PTS seconds from and to."""
        return self.track.holes

    def span(self, start: float, end: float) -> AudioSpan:
        """Return the sound from `start` to `end`, PTS seconds, as ``AudioTrack`` does."""
        return self.track.span(start, end)


class LazyAudio:
    """The sound of one video; a context manager.

    Parameters
    ----------
    video
        The file.
    part
        What of it is looked at.
    wanted
        Which of its audio tracks, by number or language; empty: the usual one.
    timings
        Told of the time that it takes.
    clock
        The clock by which it is asked for, told by the file's own.

    Attributes
    ----------
    choice
        What its audio tracks are, and which is listened to; None before it is first asked for.
    moved_by
        Seconds by which it is heard later than in the file.
    """

    def __init__(self, video: Path, part: TimeRange, wanted: str, timings: Timings, clock: Clock = SAME) -> None:
        self._video, self._part, self._wanted, self._timings, self._clock = video, part, wanted, timings, clock
        self._there = True
        self._deciding = threading.Lock()  # clips are cut, and ask for it, beside the run
        self.choice: Choice | None = None
        self.moved_by = 0.0
        self._track: AudioTrack | None = None
        self._converted: dict[SoundForm, AudioTrack] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rule_out()

    def rule_out(self) -> None:
        """Know that there is none, or no longer."""
        with self._deciding:
            self._there = False
            for track in (self._track, *self._converted.values()):
                if track is not None:
                    track.close()
            self._track, self._converted = None, {}

    def move(self, seconds: float) -> None:
        """Hear it so much later than the file has it, from now on (earlier where negative).

        Who was handed a sound before keeps the one that is not moved.
        """
        with self._deciding:
            further = Clock(self.moved_by - seconds)
            self.moved_by = seconds
            self._track = None if self._track is None else self._track.placed(further)
            self._converted = {form: track.placed(further) for form, track in self._converted.items()}

    @property
    def warnings(self) -> list[str]:
        """What is to be said of it, or of why there is none; one line each. Nothing before it is first asked for."""
        if self._track is not None:
            return self._track.warnings
        if self.choice is None:
            return []
        source = self.choice.track
        empty = [] if source is None else [f"audio track {in_words(source)} yields not one sample of sound here"]
        return [*self.choice.warnings, *empty]

    @property
    def track(self) -> AudioTrack | None:
        """It; None where there is none, and when the video has been left."""
        with self._deciding:
            if self._there and self._track is None:
                with self._timings.stage("audio"):
                    self.choice = choose_sound(self._video, self._wanted)
                    self._track = self._decoded(USUAL_SOUND)
                self._there = self._track is not None
            return self._track

    def heard_as(self, form: SoundForm) -> WholeSound | None:
        """Return it in a form, decoded once more where that is not the usual one; None where there is none.

        Raises
        ------
        VideoError
            It cannot be had in that form.
        """
        plain = self.track
        if plain is None or form == USUAL_SOUND:
            return plain
        with self._deciding:
            if form not in self._converted:
                with self._timings.stage("audio"):
                    made = self._decoded(form)
                if made is None:
                    raise VideoError(f"{self._video}: its sound cannot be had as a stage wants it: {form}")
                self._converted[form] = made
            return ConvertedAudio(self._converted[form], plain)

    def _decoded(self, form: SoundForm) -> AudioTrack | None:
        track = AudioTrack.decode(self._video, self._part, self.choice, form)
        clock = Clock(-self.moved_by).then(self._clock)
        return track if track is None or clock == SAME else track.placed(clock)
