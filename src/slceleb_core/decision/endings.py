"""What becomes of tracks that have ended: segments, stretches that are none, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from slceleb_core.decision.candidates import Candidate
from slceleb_core.decision.gates import examine, stopping
from slceleb_core.decision.identity import Gallery, Identity
from slceleb_core.decision.rules import Rules
from slceleb_core.decision.telling import rejection_of, segment_of, track_result, unnamed
from slceleb_core.decision.trackstates import TrackState
from slceleb_core.results import Gate, Result


@dataclass(frozen=True, slots=True)
class Called:
    """How things are called in what is said of a video.

    Attributes
    ----------
    folder
        Prefix of segment ids.
    video
        The video's file name.
    """

    folder: str
    video: str


class Endings:
    """Decides tracks that have ended, those of one shot after another.

    Parameters
    ----------
    gallery
        The persons of interest, or None.
    rules
        What is decided by.
    """

    def __init__(self, gallery: Gallery | None, rules: Rules) -> None:
        self._gallery, self._rules = gallery, rules
        self._segments = 0

    def end(
        self,
        shot: int,
        states: Mapping[int, TrackState],
        identities: Mapping[int, Identity],
        called: Called,
        lag: float,
    ) -> Iterator[Result]:
        """Yield the segments of some tracks, what else was seen of them, and what is known of each.

        Parameters
        ----------
        shot
            In which they were seen.
        states, identities
            What is known of each, and who it is.
        called
            How things are called.
        lag
            Seconds by which the sound of the whole video is late.
        """
        judged = sorted(self._judged(states, identities, lag), key=lambda item: (item[0].start, item[1]))
        for candidate, track, gates in judged:
            if candidate.speech is not None and stopping(gates) is None:
                self._segments += 1
                name = f"{called.folder}-{self._segments:04d}"
                yield segment_of(candidate.speech, track, identities[track], gates, name, called.video)
        for candidate, track, gates in judged:
            if stopping(gates) is not None:
                yield rejection_of(candidate, track, self._named(track, identities[track]), gates)
        for track, state in sorted(states.items()):
            yield track_result(track, shot, state, identities[track])

    def _judged(
        self, states: Mapping[int, TrackState], identities: Mapping[int, Identity], lag: float
    ) -> Iterator[tuple[Candidate, int, tuple[Gate, ...]]]:
        """Yield every candidate that concerns somebody who is looked for, and what the gates say of it."""
        limits = replace(self._rules.limits, lag_ms=1000.0 * lag)
        for track, state in states.items():
            state.close()
            who = identities[track]
            if self._concerns(who):
                nobody = self._gallery is not None and who.person is None
                for candidate in [state.whole()] if nobody else state.candidates:
                    yield candidate, track, examine(candidate, who, limits)

    def _concerns(self, who: Identity) -> bool:
        """Tell whether a track is taken for, or nearest to, somebody who is looked for; without a gallery all are."""
        if self._gallery is None:
            return True
        return who.nearest is not None and self._gallery.names[who.nearest] in self._gallery.wanted

    def _named(self, track: int, who: Identity) -> str:
        """Return whom a track is taken for, or nearest to."""
        if who.person is not None:
            return who.person
        if self._gallery is None or who.nearest is None:
            return unnamed(track)
        return self._gallery.names[who.nearest]
