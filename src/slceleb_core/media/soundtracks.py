"""Which of a file's audio tracks is listened to, and what is said where another could have been meant.

The first that is marked default and can be decoded, of the programme that the picture belongs to; where none is
marked, the first that can be decoded. Never the one of the highest bit rate, as that may be a dub. What "default" is
differs by format: in MP4 and MOV a track that is enabled, in Matroska one that is flagged (as all are, unless the file
says otherwise); transport streams and AVI mark none.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from slceleb_core.errors import OneVideoError, VideoError
from slceleb_core.media.container import has_decoder, open_media, pick_video
from slceleb_core.media.languages import language_of
from slceleb_core.types import SoundTrack

DEFAULT = 0x0001
"""``AV_DISPOSITION_DEFAULT`` of libavformat."""

ROLES = {
    0x0002: "dub",
    0x0008: "comment",
    0x0010: "lyrics",
    0x0020: "karaoke",
    0x0080: "hearing_impaired",
    0x0100: "visual_impaired",
    0x0200: "clean_effects",
    0x1000: "non_diegetic",
    0x20000: "descriptions",
}
"""libavformat's dispositions of tracks whose voices are not, or not only, those of the people in the picture; by bit,
with libav's names. Such a track is taken where there is no other, or where it is asked for."""

TELLING_TITLE = re.compile(
    r"comment|kommentar|coment|descri|narrat|dub(?:bed|bing)?\b|doubl|karaoke|instrumental|director|music (?:only|&)",
    re.IGNORECASE,
)
"""Titles of tracks that are likely not the voices of the people in the picture. Only a warning hangs on it."""

TRIAL_FAILURES = 100
"""Packets, one after another from the beginning, that a decoder must refuse for a track to count as one that cannot be
decoded: two seconds of AAC. Encrypted tracks look like others until they are decoded."""

ASKING = "choose another with --audio-track, the list's column audio_track, or audio.track in the profile"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is listened to of a file.

    Attributes
    ----------
    track
        The audio track; None where there is none that can be decoded.
    tracks
        All of the file's.
    rivals
        Those that could be taken in its place: decodable, of the same programme.
    warnings
        One line each: what was passed over, what else could have been meant.
    """

    track: SoundTrack | None
    tracks: tuple[SoundTrack, ...] = ()
    rivals: tuple[SoundTrack, ...] = ()
    warnings: tuple[str, ...] = ()


def describe_track(stream: AudioStream, number: int) -> SoundTrack:
    """Return what the container says of an audio stream, the file's `number`-th."""
    disposition = int(getattr(stream, "disposition", None) or 0)  # PyAV 14 may not tell it
    roles = tuple(name for bit, name in ROLES.items() if disposition & bit)
    tags = {name.lower(): value.strip().strip("\0") for name, value in stream.metadata.items()}
    language = tags.get("language", "")
    track = SoundTrack(
        number,
        language=language if language_of(language) else "",
        title=tags.get("title", "") or tags.get("name", ""),
        default=bool(disposition & DEFAULT),
        roles=roles,
    )
    if not has_decoder(stream):
        return track
    context = stream.codec_context
    return replace(track, codec=context.name, channels=context.layout.nb_channels, rate=context.sample_rate)


def in_words(track: SoundTrack) -> str:
    """Return a track for people: ``1 (aac, eng, mono, default)``."""
    channels = {0: "", 1: "mono", 2: "stereo"}.get(track.channels, f"{track.channels} channels")
    facts = [track.codec or "no decoder", track.language, channels, "default" if track.default else "", *track.roles]
    title = f' "{track.title}"' if track.title else ""
    return f"{track.number}{title} ({', '.join(fact for fact in facts if fact)})"


def enumerate_tracks(tracks: Iterable[SoundTrack]) -> str:
    """Return tracks for people, in one line."""
    return ", ".join(in_words(track) for track in tracks)


def choose_sound(path: Path, wanted: str = "") -> Choice:
    """Return which of a file's audio tracks is listened to.

    Parameters
    ----------
    path
        The file.
    wanted
        A number, counted from 1, or a language, such as ``en``, ``eng`` or ``en-US``; empty: as this module says.

    Raises
    ------
    VideoError
        The file cannot be read.
    OneVideoError
        It has no track as is wanted, or none that can be decoded.
    """
    with open_media(path) as container:
        tracks = list_tracks(container)
        near = beside_picture(container, tracks, path)
    if wanted:
        return Choice(asked_for(wanted, tracks, near, path), tracks)
    if not near:
        elsewhere = tuple(f"audio track {in_words(track)} belongs to another programme" for track in tracks)
        return Choice(None, tracks, warnings=elsewhere)
    return by_default(near, tracks, path)


def likely_track(container: InputContainer, path: Path) -> SoundTrack | None:
    """Return the track that is listened to where nothing is asked for, as far as can be told without decoding."""
    near = beside_picture(container, list_tracks(container), path)
    return next((taken(track) for track in sorted(near, key=preference) if track.codec), None)


def list_tracks(container: InputContainer) -> tuple[SoundTrack, ...]:
    """Return all audio tracks of a file, in its order."""
    return tuple(describe_track(stream, number) for number, stream in enumerate(container.streams.audio, start=1))


def stream_of(container: InputContainer, track: SoundTrack) -> AudioStream:
    """Return the stream of a track in a file that has been opened."""
    return container.streams.audio[track.number - 1]


def beside_picture(container: InputContainer, tracks: Sequence[SoundTrack], path: Path) -> list[SoundTrack]:
    """Return the tracks of the programme that the picture belongs to; all where there is no picture.

    PyAV does not show programmes, but libav, asked for the best stream related to another, looks for it in that one's
    programme only: two streams have the same answers where they are of the same programme, and all streams have in
    files without programmes. Pictures are asked for too, as a programme may have no sound that libav knows enough of.
    """
    try:
        picture = pick_video(container, path)
    except VideoError:
        return list(tracks)
    best = best_related(container, picture)
    return [track for track in tracks if best_related(container, stream_of(container, track)) == best]


def best_related(container: InputContainer, stream: AudioStream | VideoStream) -> tuple[int | None, int | None]:
    """Return the indices of the audio and the video stream that libav deems best of a stream's programme."""
    sound = container.streams.best("audio", related=stream)
    picture = container.streams.best("video", related=stream)
    return (None if sound is None else sound.index), (None if picture is None else picture.index)


def preference(track: SoundTrack) -> tuple[bool, bool]:
    """Return by what tracks are sorted before the first is taken; their order in the file decides the rest."""
    return bool(track.roles), not track.default


def taken(track: SoundTrack) -> SoundTrack:
    """Return a track, saying that it was taken by itself."""
    return replace(track, taken_as="default" if track.default else "first")


def by_default(near: Sequence[SoundTrack], tracks: tuple[SoundTrack, ...], path: Path) -> Choice:
    """Return what is listened to where nothing is asked for; `near` are the tracks of the picture's programme."""
    ranked = sorted((track for track in near if track.codec), key=preference)
    refused = [track for track in near if not track.codec]
    first = ranked[0] if ranked else None
    if len(ranked) > 1:
        first = next((track for track in ranked if can_be_heard(path, track)), first)
        refused += itertools.takewhile(lambda track: track is not first, ranked)
    passed = tuple(f"audio track {in_words(track)} cannot be decoded, and is passed over" for track in refused)
    if first is None:
        return Choice(None, tracks, warnings=passed)
    rivals = tuple(track for track in near if track is not first and track not in refused)
    return Choice(taken(first), tracks, rivals, (*passed, *doubts(first, rivals)))


def asked_for(wanted: str, tracks: Sequence[SoundTrack], near: Sequence[SoundTrack], path: Path) -> SoundTrack:
    """Return the track that is wanted; of several of one language the one that is preferred, near the picture first.

    Raises
    ------
    OneVideoError
        There is none, or it cannot be decoded.
    """
    name = wanted.strip()
    if name.isdecimal():
        fitting = [track for track in tracks if track.number == int(name)]
    else:
        language = language_of(name)
        fitting = [track for track in tracks if language and language_of(track.language) == language]
    there = f"it has {enumerate_tracks(tracks)}" if tracks else "it has none"
    if not fitting:
        raise OneVideoError(f"{path}: there is no audio track {name!r}: {there}", "name one of those, or none")
    decodable = [track for track in fitting if track.codec]
    if not decodable:
        raise OneVideoError(f"{path}: no decoder for the audio track {name!r}: {there}", "name another, or none")
    best = min(decodable, key=lambda track: (track not in near, *preference(track)))
    return replace(best, taken_as="asked for")


def doubts(track: SoundTrack, rivals: Sequence[SoundTrack]) -> tuple[str, ...]:
    """Return what speaks for another track than the one that was taken, one line each."""
    notes = []
    others = [rival for rival in rivals if is_choice(track, rival)]
    if others:
        notes.append(f"audio track {in_words(track)} was taken, there is also {enumerate_tracks(others)}: {ASKING}")
    if track.roles or TELLING_TITLE.search(track.title):
        notes.append(f"audio track {in_words(track)} may not be the voices of those who are seen")
    return tuple(notes)


def is_choice(track: SoundTrack, rival: SoundTrack) -> bool:
    """Tell whether a file leaves open which of two tracks is meant: both plain, and of different languages."""
    return not rival.roles and language_of(track.language) != language_of(rival.language)


def can_be_heard(path: Path, track: SoundTrack) -> bool:
    """Tell whether a decoder makes sound of a track's first packets."""
    with open_media(path) as container:
        failures = 0
        try:
            for packet in container.demux(stream_of(container, track)):
                try:
                    if packet.decode():
                        return True
                except av.error.EOFError:
                    return False
                except av.FFmpegError:
                    failures += 1
                if failures == TRIAL_FAILURES:
                    return False
        except (av.FFmpegError, IndexError):
            return False  # not one sample up to where the file is damaged
    return False
