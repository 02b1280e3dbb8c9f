"""The files of a group: what each is called, what is heard in it, when it says that it began."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import av

from slceleb_core.disk.fingerprint import fingerprint
from slceleb_core.errors import UsageError, VideoError
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.container import open_media
from slceleb_core.media.soundtracks import choose_sound
from slceleb_core.media.synchrony.hearing import Heard
from slceleb_core.media.synchrony.model import Recording, Refused
from slceleb_core.media.synchrony.timecode import Start, start_of

LONGEST = 86_400.0
"""Seconds of sound that is looked at: its levels take 170 MB then. What lasts longer has a clock that jumps."""


@dataclass(frozen=True, slots=True)
class Member:
    """A recording that can be read.

    Attributes
    ----------
    recording
        As it was named.
    name
        What it is called; no other is called so.
    heard
        Its sound; None where it has none.
    start
        When it says that it began; None where it does not.
    extent
        From when to when it lasts, PTS seconds; infinite where it does not say so.
    """

    recording: Recording
    name: str
    heard: Heard | None = None
    start: Start | None = None
    extent: tuple[float, float] = (-math.inf, math.inf)

    @property
    def path(self) -> Path:
        """The file."""
        return self.recording.path

    @property
    def audible(self) -> bool:
        """Whether anything is heard in it."""
        return self.heard is not None and not self.heard.silent


def named(recordings: Sequence[Recording]) -> list[str]:
    """Return what each recording is called: by its path, where another file has its name.

    Raises
    ------
    UsageError
        There are fewer than two, or two are the same camera.
    """
    if len(recordings) < 2:
        raise UsageError(f"a group takes two files at least, not {len(recordings)}", "name a file for each camera")
    stems = [recording.name for recording in recordings]
    names = [
        recording.camera or (recording.name if stems.count(recording.name) == 1 else str(recording.path))
        for recording in recordings
    ]
    for recording in recordings:
        if recording.camera and names.count(recording.camera) > 1:
            raise UsageError(
                f"two files of the group are the camera {recording.camera!r}", "name each camera otherwise"
            )
    return names


def gather(recordings: Sequence[Recording], stack: ExitStack) -> tuple[list[Member], list[Refused]]:
    """Return the recordings that can be read, each file once, and those that cannot.

    Parameters
    ----------
    recordings
        The files.
    stack
        Lets go of their sounds.
    """
    members: list[Member] = []
    refused: list[Refused] = []
    known: dict[str, Path] = {}
    for recording, name in zip(recordings, named(recordings), strict=True):
        try:
            content = fingerprint(recording.path)
            if content in known:
                reason = f"{recording.path}: is the same file as {known[content]}"
                refused.append(Refused(recording, name, reason, "name each file once"))
                continue
            members.append(member_of(recording, name, stack))
            known[content] = recording.path
        except (VideoError, UsageError) as error:
            refused.append(Refused(recording, name, error.message, error.hint))
    return members, refused


def member_of(recording: Recording, name: str, stack: ExitStack) -> Member:
    """Return a recording, opened.

    Raises
    ------
    VideoError
        It cannot be read.
    OneVideoError
        It has no audio track as is wanted.
    OutputError
        There is no room for its sound.
    """
    return Member(recording, name, listen(recording, stack), start_of(recording.path), extent_of(recording.path))


def listen(recording: Recording, stack: ExitStack) -> Heard | None:
    """Return a recording's sound, which the stack lets go of; None where it has none.

    Raises
    ------
    VideoError
        It cannot be read, or its time stamps say that it lasts for days.
    OneVideoError
        It has no audio track as is wanted.
    OutputError
        There is no room for its sound.
    """
    track = AudioTrack.decode(recording.path, choice=choose_sound(recording.path, recording.audio_track))
    if track is None:
        return None
    stack.enter_context(track)
    if track.end - track.start > LONGEST:
        days = (track.end - track.start) / LONGEST
        raise VideoError(
            f"{recording.path}: by its time stamps its sound lasts {days:.1f} days", "cut out what is meant"
        )
    return Heard.of(track)


def extent_of(path: Path) -> tuple[float, float]:
    """Return from when to when a file lasts, as its container says: PTS seconds."""
    with open_media(path) as container:
        begin = (container.start_time or 0) / av.time_base
        end = math.inf if container.duration is None else begin + container.duration / av.time_base
    return begin, end
