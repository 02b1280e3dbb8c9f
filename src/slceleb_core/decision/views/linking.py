"""Which tracks of different cameras show one person: by their faces, and by who is seen beside whom.

Two tracks of different cameras that are seen at one time are linked where their faces are as alike as a stranger's
would be only at the rate that the profile states, and where nobody who is seen beside one of them is more alike. People
who are seen together by *any* camera are different people, so tracks that are linked, directly or by others, are never
such.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from slceleb_core.decision.attention import lax
from slceleb_core.decision.calibration import Templates
from slceleb_core.decision.identity import IdentityConfig
from slceleb_core.decision.operating import MOST_LOOKS, FixedPoint, Known, OperatingPoint
from slceleb_core.decision.views.sightings import Sighted, TrackKey

LEAST_TOGETHER = 0.5
"""Seconds for which two cameras must see a face at one time: a few looks, which one false find does not have."""


UNSURE = 0.5
"""Share of a similarity that is the same for all from which on two faces may be one: no rate tells, and strangers come
out near 0."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Says whether two tracks are of one face.

    Attributes
    ----------
    point
        What a track must reach to be taken for somebody.
    lax
        What it must reach to be possibly somebody.
    """

    point: OperatingPoint
    lax: OperatingPoint

    @classmethod
    def by(cls, point: OperatingPoint, identity: IdentityConfig, known: Known, templates: Templates) -> Alike:
        """Return what a profile makes of the point that holds.

        Parameters
        ----------
        point
            What a track must reach to be taken for somebody.
        identity, known, templates
            As of ``IdentityConfig.operating_point``.
        """
        loose = lax(identity).operating_point(known, templates)
        if isinstance(loose, FixedPoint):
            loose = replace(loose, threshold=UNSURE * loose.threshold, beyond=0.0)
        return cls(point, loose)

    def surely(self, first: Sighted, second: Sighted) -> bool:
        """Tell whether they are alike at the rate that was asked for."""
        return self._reaches(self.point, first, second)

    def possibly(self, first: Sighted, second: Sighted) -> bool:
        """Tell whether they may be one face's, at a rate at which much more passes."""
        return not first.total.size or not second.total.size or self._reaches(self.lax, first, second)

    def _reaches(self, point: OperatingPoint, first: Sighted, second: Sighted) -> bool:
        """Compare the one with more looks, as if it were somebody's photos, with the other."""
        if not first.total.size or not second.total.size:
            return False
        photos, track = (first, second) if first.vote.weight >= second.vote.weight else (second, first)
        template = photos.mean
        length = float(np.linalg.norm(template))
        if length <= 0.0:
            return False
        of_photos = Templates(np.array([int(MOST_LOOKS)]), np.array([length]))
        limit = float(point.among_as_many(of_photos).limits(float(track.mean @ track.mean))[0])
        return float(track.mean @ template) / length >= limit


def likeness(first: Sighted, second: Sighted) -> float:
    """Return the cosine between the mean embeddings of two tracks; -1 where there are none."""
    if not first.total.size or not second.total.size:
        return -1.0
    lengths = float(np.linalg.norm(first.total) * np.linalg.norm(second.total))
    return float(first.total @ second.total) / lengths if lengths > 0.0 else -1.0


def linked(tracks: Sequence[Sighted], alike: Alike) -> list[tuple[Sighted, ...]]:
    """Return who is seen, each with all their tracks that are linked, in order of time.

    Parameters
    ----------
    tracks
        Of all cameras.
    alike
        Which of them may be linked.
    """
    by_key = {track.key: track for track in tracks}
    found = sorted(_links(tracks, by_key, alike), key=lambda link: (-link[0], link[1], link[2]))
    groups = {key: frozenset({key}) for key in by_key}
    for _, first, second in found:
        one, other = groups[first], groups[second]
        if one is not other and not _beside(one, other, by_key):
            joined = one | other
            groups |= dict.fromkeys(joined, joined)
    whole = {min(group): group for group in groups.values()}
    members = (tuple(by_key[key] for key in sorted(group)) for group in whole.values())
    return sorted(members, key=lambda group: (min(track.start for track in group), group[0].key))


def _beside(one: frozenset[TrackKey], other: frozenset[TrackKey], tracks: Mapping[TrackKey, Sighted]) -> bool:
    """Tell whether somebody of the one is seen on a frame with somebody of the other."""
    return any(not tracks[key].beside.isdisjoint(other) for key in one)


def _links(
    tracks: Sequence[Sighted], by_key: Mapping[TrackKey, Sighted], alike: Alike
) -> Iterator[tuple[float, TrackKey, TrackKey]]:
    """Yield how alike two tracks of different cameras are that may be linked."""
    for first, second in overlapping(tracks):
        near = likeness(first, second)
        if near > -1.0 and alike.surely(first, second):
            rivals = [
                *((first, by_key[key]) for key in second.beside),
                *((second, by_key[key]) for key in first.beside),
            ]
            if not any(likeness(*pair) >= near for pair in rivals if pair[0].together(pair[1]) > 0.0):
                yield near, first.key, second.key


def overlapping(tracks: Sequence[Sighted]) -> Iterator[tuple[Sighted, Sighted]]:
    """Yield the pairs of tracks of different cameras that are seen at one time for long enough."""
    going: list[Sighted] = []
    for track in sorted(tracks, key=lambda track: (track.start, track.key)):
        going = [other for other in going if other.end - track.start >= LEAST_TOGETHER]
        for other in going:
            if other.camera != track.camera and track.together(other) >= LEAST_TOGETHER:
                yield other, track
        going.append(track)
