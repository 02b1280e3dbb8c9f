"""Whether a trained model made a video, or part of it, as the file itself states: such a video is no evidence.

Three marks are read, whoever left the first two: content credentials; IPTC's term for it in any tag of the file or of
its streams; and what our own files say within the pictures as they are encoded. Credentials are lost where a file is
remuxed, tags where somebody takes them out or a container has none, and the last where pictures are encoded anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
from av.container import InputContainer

from slceleb_core.errors import OneVideoError
from slceleb_core.media.container import open_media
from slceleb_core.media.credentials import credentials_of
from slceleb_core.media.files import from_source
from slceleb_core.media.jumbf import GENERATED, stated_source

OURS = "compositeWithTrainedAlgorithmicMedia"
"""IPTC's term for a recorded video of which a trained model has made a part."""

TAG = f"AI-generated: lips made to fit a sound by slceleb ({OURS})"
"""What a file that we make says of itself, in a tag that every container has."""

STREAM_TAG = f"AI-generated ({OURS})"
"""What each of its streams says."""


USER_DATA = b"slceleb-AI-media"
"""Sixteen bytes by which a message of ours is known among those that H.264 lets anybody put in (ITU-T H.264, D.1.7)."""

SEI, USER_DATA_UNREGISTERED, END = 6, 5, b"\x80"
"""Type of a NAL unit with such messages; kind of message; the bits behind the last (7.3.2.11)."""

MOST_PACKETS, MOST_BYTES = 300, 65_536
"""Packets among which the first key picture is looked for, and bytes of it that are looked at."""

LONGEST_FIRST = sorted(GENERATED, key=len, reverse=True)
"""The terms, as one may be part of another."""


def message() -> bytes:
    """Return a NAL unit of H.264, behind its start code, that says that a model had a part: for each key picture."""
    content = USER_DATA + STREAM_TAG.encode("ascii")
    return bytes([0, 0, 0, 1, SEI, USER_DATA_UNREGISTERED, len(content)]) + content + END


def generated_by(path: Path) -> str | None:
    """Return in a few words what states that a trained model had a part in a video; None where nothing does.

    What is malformed states nothing. What cannot be read is an error: nobody knows what it states.

    Raises
    ------
    VideoError
        It cannot be opened, or read.
    """
    with open_media(path) as container:
        return next(from_source(path, _statements(path, container)), None)


def credited_to_model(path: Path) -> str | None:
    """Return what content credentials of a file state, as :func:`generated_by`; nothing else of it is looked at.

    Raises
    ------
    OSError
        It cannot be read.
    """
    terms = (stated_source(store) for store in credentials_of(path))
    term = next((term for term in terms if term is not None), None)
    return None if term is None else f"its content credentials (C2PA) state {term}"


def refuse_generated(path: Path) -> None:
    """Raise for a video that a trained model made, or part of it.

    Raises
    ------
    OneVideoError
        It states so itself.
    VideoError
        It cannot be opened, or read.
    """
    found = generated_by(path)
    if found is not None:
        raise OneVideoError(
            f"{path}: a trained model made this, or part of it: {found}",
            "what is generated shows nobody speaking: leave it out, and take the recording that it was made of",
        )


def _statements(path: Path, container: InputContainer) -> Iterator[str]:
    """Yield what states that a model had a part, the strongest first."""
    credited = credited_to_model(path)
    if credited is not None:
        yield credited
    tagged = _term_in(" ".join(_tags(container)))
    if tagged is not None:
        yield f"its tags state {tagged}"
    encoded = _term_in(_message_of(container))
    if encoded is not None:
        yield f"its pictures, as they are encoded, state {encoded}"


def _term_in(text: str) -> str | None:
    """Return the term that a text states."""
    return next((term for term in LONGEST_FIRST if term.casefold() in text.casefold()), None)


def _tags(container: InputContainer) -> Iterator[str]:
    yield from container.metadata.values()
    for stream in container.streams:
        yield from stream.metadata.values()


def _message_of(container: InputContainer) -> str:
    """Return what the first key picture of a video in H.264 carries of ours; empty where there is none."""
    stream = next(iter(container.streams.video), None)
    codec: object = None if stream is None else stream.codec_context
    if stream is None or codec is None or stream.codec_context.name != "h264":
        return ""
    try:
        packets = islice(container.demux(stream), MOST_PACKETS)
        first = next((bytes(packet) for packet in packets if packet.is_keyframe and packet.size), b"")
    except av.FFmpegError:
        return ""  # damage is no news here: whoever reads the pictures goes on behind it
    _, found, rest = first[:MOST_BYTES].partition(USER_DATA)
    return rest[: len(STREAM_TAG)].decode("ascii", "replace") if found else ""
