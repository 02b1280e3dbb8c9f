"""Whether a trained model made a video, or part of it, as the file itself states: such a video is no evidence.

Two marks are read, whoever left them: content credentials, and IPTC's term for it in any tag of the file or of its
streams, which is what our own files have as well, for credentials are lost where a file is remuxed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av

from slceleb_core.errors import OneVideoError
from slceleb_core.media.credentials import credentials_of
from slceleb_core.media.jumbf import GENERATED, stated_source

OURS = "compositeWithTrainedAlgorithmicMedia"
"""IPTC's term for a recorded video of which a trained model has made a part."""

TAG = f"AI-generated: lips made to fit a sound by slceleb ({OURS})"
"""What a file that we make says of itself, in a tag that every container has."""

STREAM_TAG = f"AI-generated ({OURS})"
"""What each of its streams says."""


def generated_by(path: Path) -> str | None:
    """Return in a few words what states that a trained model had a part in a file; None where nothing does.

    What is malformed, or cannot be read at all, states nothing: whoever reads the file says so.
    """
    for store in credentials_of(path):
        term = stated_source(store)
        if term is not None:
            return f"its content credentials (C2PA) state {term}"
    term = _tagged(path)
    return None if term is None else f"its tags state {term}"


def refuse_generated(path: Path) -> None:
    """Raise for a video that a trained model made, or part of it.

    Raises
    ------
    OneVideoError
        It states so itself.
    """
    found = generated_by(path)
    if found is not None:
        raise OneVideoError(
            f"{path}: a trained model made this, or part of it: {found}",
            "what is generated shows nobody speaking: leave it out, and take the recording that it was made of",
        )


def _tagged(path: Path) -> str | None:
    """Return the term that a tag of a file states."""
    try:
        with av.open(f"file:{path}", metadata_errors="replace") as container:
            tags = list(_tags(container))
    except (av.FFmpegError, OSError, ValueError):
        return None
    return next((term for tag in tags for term in GENERATED if term.casefold() in tag.casefold()), None)


def _tags(container: av.container.InputContainer) -> Iterator[str]:
    yield from container.metadata.values()
    for stream in container.streams:
        yield from stream.metadata.values()
