"""Whose voice is heard: each segment of a corpus beside the same person's other videos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from slceleb_core.corpus.voices.fitting import fitted
from slceleb_core.corpus.voices.hearing import Embedded
from slceleb_core.corpus.voices.likelihoods import expected, moved
from slceleb_core.corpus.voices.pieces import LEAST, Piece
from slceleb_core.corpus.voices.references import Compared, Means, Sounds, compared, means, whole
from slceleb_core.corpus.voices.standing import Heard
from slceleb_core.types import Array, VoiceFigures

SHORT, ONE_VIDEO, NO_SOUND, SILENT = "too short", "one video", "no sound", "silent"
"""Why nothing is said of a segment."""

LIKELY = 0.5
"""Weight from which on a sound counts as the person's own when figures are taken from a corpus."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A piece of a video, and what it sounds like.

    Attributes
    ----------
    video
        What the video's folder is called, or that of the first one with the same sound.
    piece
        Its segments.
    embedding
        float64 [dim], of unit length.
    """

    video: str
    piece: Piece
    embedding: Array

    @property
    def person(self) -> str:
        """Whose it is said to be."""
        return self.piece.said[0].segment.person

    @property
    def trusted(self) -> bool:
        """Whether a reviewer has accepted all of it."""
        return all(said.accepted for said in self.piece.said)


@dataclass(frozen=True, slots=True, eq=False)
class Voiceprint:
    """What is heard of one person.

    Attributes
    ----------
    spoken
        What is judged of them, and has a voice.
    videos
        What their folders are called, in the order of `sounds.videos`.
    sounds
        The same, as arrays.
    compared
        Beside the person's other videos.
    """

    spoken: tuple[Spoken, ...]
    videos: tuple[str, ...]
    sounds: Sounds
    compared: Compared

    @property
    def means(self) -> Means:
        """What each video says, each sound by how likely it is the person's own."""
        return means(self.sounds, self.compared.weights)


@dataclass(frozen=True, slots=True)
class Judged:
    """What voices say of the segments of a corpus.

    Attributes
    ----------
    values
        By segment id: log10 of how much likelier it is the person's own voice than somebody else's.
    silent
        By segment id, why nothing is said of it.
    figures
        Of the stage, corrected by the corpus.
    people
        What is heard of each person, by name.
    lost, found
        Which share of segments of the person's own voice, and of another's, does not reach the limit, as estimated for
        the lengths that there are; None where nothing is judged.
    """

    values: Mapping[str, float]
    silent: Mapping[str, str]
    figures: VoiceFigures
    people: Mapping[str, Voiceprint] = field(default_factory=dict)
    lost: float | None = None
    found: float | None = None

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many segments are not judged, by reason."""
        return Counter(self.silent.values())


def judge(
    videos: Sequence[tuple[Heard, Sequence[Piece], Embedded]],
    figures: VoiceFigures,
    limit: float | None,
    *,
    short: bool = False,
) -> Judged:
    """Compare what is said in a corpus, and return what voices say of it.

    Parameters
    ----------
    videos
        Each with its pieces, and what they sound like.
    figures
        Of the voice stage.
    limit
        Of the gate; None: there is none.
    short
        Whether what is too short to be judged by itself is compared with all that its person has said in what passes.
    """
    silent: dict[str, str] = {}
    spoken = list(_spoken(videos, silent))
    long = [each for each in spoken if each.piece.seconds >= LEAST]
    by_person: dict[str, list[Spoken]] = {}
    for each in long:
        by_person.setdefault(each.person, []).append(each)
    first = {person: _voiceprint(said, figures) for person, said in sorted(by_person.items())}
    corrected = fitted({person: _surely(told) for person, told in first.items()}, figures)
    people = {person: _voiceprint(said, corrected) for person, said in sorted(by_person.items())}
    values: dict[str, float] = {}
    shares: list[tuple[float, float]] = []
    for told in people.values():
        for each, value, lost, found in _values(told, corrected, limit):
            keys = [said.segment.id for said in each.piece.said]
            if value is None:
                silent.update(dict.fromkeys(keys, ONE_VIDEO))
            else:
                values.update(dict.fromkeys(keys, value))
                shares += [(lost, found)] * len(keys)
    briefly = [each for each in spoken if each.piece.seconds < LEAST]
    if short:
        values.update(_enrolled(briefly, people, corrected, limit))
    silent.update({said.segment.id: SHORT for each in briefly for said in each.piece.said})
    silent = {key: reason for key, reason in silent.items() if key not in values}
    estimated = [float(share) for share in np.mean(shares, axis=0)] if shares else [None, None]
    return Judged(values, silent, corrected, people, *estimated)


def _spoken(videos: Sequence[tuple[Heard, Sequence[Piece], Embedded]], silent: dict[str, str]) -> Iterator[Spoken]:
    """Yield the pieces that have a voice; of those that have none it is noted why."""
    for heard, pieces, embedded in videos:
        for piece in pieces:
            row = embedded.embeddings.get(piece.key)
            if row is not None and np.isfinite(row).all():
                yield Spoken(heard.occasion, piece, np.asarray(row, dtype=np.float64))
                continue
            told = SHORT if piece.seconds < LEAST else SILENT
            silent.update({said.segment.id: NO_SOUND if row is None else told for said in piece.said})


def _voiceprint(spoken: Sequence[Spoken], figures: VoiceFigures) -> Voiceprint:
    videos = sorted({each.video for each in spoken})
    places = {video: place for place, video in enumerate(videos)}
    sounds = Sounds(
        np.array([each.embedding for each in spoken]),
        np.array([each.piece.seconds for each in spoken]),
        np.array([places[each.video] for each in spoken]),
        np.array([each.trusted for each in spoken]),
    )
    return Voiceprint(tuple(spoken), tuple(videos), sounds, compared(sounds, figures))


def _surely(told: Voiceprint) -> Means:
    """Return what videos say of a person by sounds that are likely their own: figures are not taken from others."""
    likely = told.compared.weights >= LIKELY
    places, videos = np.unique(told.sounds.videos[likely], return_inverse=True)
    own = Sounds(told.sounds.embeddings[likely], told.sounds.seconds[likely], videos, told.sounds.trusted[likely])
    return means(own, np.ones(len(own.seconds))) if len(places) else means(told.sounds, told.compared.weights)


def _values(
    told: Voiceprint, figures: VoiceFigures, limit: float | None
) -> Iterator[tuple[Spoken, float | None, float, float]]:
    """Yield of each piece the ratio, and the shares of own and other voices below the limit; None: no other video."""
    strays = moved(told.sounds.seconds, figures)
    alike = expected(strays, np.nan_to_num(told.compared.strays, nan=1.0), figures)
    ratios = alike.log_ratio(np.nan_to_num(told.compared.cosines))
    nothing = np.zeros(len(strays))
    lost, found = (nothing, nothing) if limit is None else (alike.lost(limit), alike.found(limit))
    known = np.isfinite(told.compared.cosines)
    for each, is_known, *shares in zip(told.spoken, known, ratios, lost, found, strict=True):
        yield (each, float(shares[0]) if is_known else None, float(shares[1]), float(shares[2]))


def _enrolled(
    short: Sequence[Spoken], people: Mapping[str, Voiceprint], figures: VoiceFigures, limit: float | None
) -> Iterator[tuple[str, float]]:
    """Yield of short pieces the ratio beside all that their person has said in what passes, by segment.

    That of the same video is among it. It is taken to be as far from the piece as that of others is: too far, so that
    rather less is left out than could be.
    """
    enrolments: dict[str, tuple[Array, float] | None] = {}
    for each in short:
        if each.person not in enrolments:
            told = people.get(each.person)
            enrolments[each.person] = None if told is None else _enrolment(told, figures, limit)
        enrolled = enrolments[each.person]
        if enrolled is not None:
            strays = moved(np.asarray(each.piece.seconds), figures)
            ratio = expected(strays, np.asarray(enrolled[1]), figures).log_ratio(each.embedding @ enrolled[0])
            yield from ((said.segment.id, float(ratio)) for said in each.piece.said)


def _enrolment(told: Voiceprint, figures: VoiceFigures, limit: float | None) -> tuple[Array, float] | None:
    """Return what a person sounds like in what passes, and by how much that strays; None where nothing does."""
    ratios = (value for _, value, _, _ in _values(told, figures, limit))
    passing = np.array([value is not None and (limit is None or value >= limit) for value in ratios])
    if not (passing | told.sounds.trusted).any():
        return None
    return whole(means(told.sounds, told.compared.weights * (passing | told.sounds.trusted)), figures)
