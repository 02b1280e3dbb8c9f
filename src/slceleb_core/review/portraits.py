"""Whose face stands beside a candidate: one of each segment, one of each track that has none, each kept once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from slceleb_core.review.lanes import Lanes, TimedFace
from slceleb_core.review.stretches import Candidate, cut_of
from slceleb_core.review.thumbnails import thumbnails

GLIMPSES = 60
"""Tracks without a segment whose face is looked up in the video itself, which takes a seek each."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture of somebody, and how good it is."""

    quality: float
    picture: str


@dataclass(slots=True)
class Pictures:
    """The pictures of a video.

    Attributes
    ----------
    shown
        Data URIs, by a segment's id or a track's number.
    portraits
        The best picture of each person who speaks.
    """

    shown: dict[str | int, str] = field(default_factory=dict)
    portraits: dict[str, Portrait] = field(default_factory=dict)
    _of_track: dict[int, str] = field(default_factory=dict)

    def key(self, candidate: Candidate) -> str | int:
        """Return which picture is a candidate's; there may be none of that key."""
        return candidate.id if candidate.id in self.shown else self._of_track.get(candidate.track, candidate.track)

    def take(self, candidate: Candidate, face: TimedFace, picture: str) -> None:
        """Take the picture of a segment."""
        self.shown[candidate.id] = picture
        self._of_track.setdefault(candidate.track, candidate.id)
        best = self.portraits.get(candidate.person or "")
        if candidate.person is not None and (best is None or face.quality > best.quality):
            self.portraits[candidate.person] = Portrait(face.quality, picture)

    def faceless(self, candidates: Sequence[Candidate]) -> Iterator[int]:
        """Yield the tracks of candidates of which there is no picture yet."""
        yield from dict.fromkeys(candidate.track for candidate in candidates if candidate.track not in self._of_track)


def pictures_of(candidates: Sequence[Candidate], lanes: Lanes, folder: Path, source: Path | None) -> Pictures:
    """Return the pictures of a video's candidates: out of the clips, and what they do not have out of the video.

    Parameters
    ----------
    candidates
        By time.
    lanes
        Where their faces are seen best.
    folder
        Of the video's results.
    source
        The video; None: it is gone.
    """
    pictures = Pictures()
    segments = [(candidate, lanes.shown[candidate.id]) for candidate in candidates if candidate.id in lanes.shown]
    for candidate, face in segments:
        _take(pictures, [(candidate, face)], cut_of(candidate, folder, ".mp4"), candidate.start)
    if source is not None:
        own = [pair for pair in segments if pair[0].camera in ("", lanes.camera)]
        _take(pictures, [pair for pair in own if pair[0].id not in pictures.shown], source)
        _glimpse(pictures, candidates, lanes, source)
    return pictures


def _take(pictures: Pictures, wanted: Sequence[tuple[Candidate, TimedFace]], path: Path, begin: float = 0.0) -> None:
    """Take segments' pictures out of a file that begins at `begin`, as far as it is there and has them."""
    found = thumbnails(path, [face for _, face in wanted], begin)
    for (candidate, face), picture in zip(wanted, found, strict=True):
        if picture is not None:
            pictures.take(candidate, face, picture)


def _glimpse(pictures: Pictures, candidates: Sequence[Candidate], lanes: Lanes, source: Path) -> None:
    tracks = list(islice((track for track in pictures.faceless(candidates) if track in lanes.faces), GLIMPSES))
    found = thumbnails(source, [lanes.faces[track] for track in tracks])
    pictures.shown |= {track: picture for track, picture in zip(tracks, found, strict=True) if picture is not None}
