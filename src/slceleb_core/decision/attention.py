"""Whom a closer look is worth: what is settled of a track while a shot is still going on.

To look at every face on every frame is dear, and of most of them it cannot change a result. So a few faces of a track
are compared with the gallery, and by those it is settled whether somebody of the gallery may be shown. It is settled
with room to spare: who may yet be accepted once all is known is a candidate, and whoever is seen together with one may
be a rival for the voice. The decision on who a track shows is another one (``identity``), and is made at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

import numpy as np
from pydantic import Field

from slceleb_core.decision.identity import Gallery, IdentityConfig, Vote
from slceleb_core.decision.operating import OperatingPoint
from slceleb_core.decision.options import PolicyConfig
from slceleb_core.decision.spans import ROUNDING
from slceleb_core.types import Array

LAX = 0.05
"""Rate of false names (``identity.fpir``) by whose similarity a candidate is told: fifty times what a profile asks for
by default, so that a profile may ask for more or for less and the same faces have been looked at."""

BAND = 0.08
"""Cosine similarity below that at which a track may still be somebody's: later faces may show more than the first few.
Half the deviation of one photo of a person to another (SFace, 96 photos of four people: .15)."""

FEW = 3
"""Faces that must have been compared before a track is nobody's: the first may be blurred, or looking away."""

WORTHY = 0.5
"""Quality, in parts of the best that a track has shown, from which on a face is worth comparing before it must be."""


class EconomyConfig(PolicyConfig):
    """What is left out where it cannot change the answer; each step is a switch of its own (docs/speed.md)."""

    key_interval: float = Field(
        default=0.2,
        ge=0,
        le=0.5,
        description="Seconds between the frames on which faces are looked for and looked at, at most; where faces move "
        "they are nearer to each other. In between, places are interpolated, and the result says so. 0: every frame.",
    )
    embed_interval: float = Field(
        default=1.0,
        ge=0,
        le=10,
        description="Seconds after which a track whose likeness is settled is compared with the gallery again. "
        "0: every face is.",
    )
    mesh: Literal["all", "candidates"] = Field(
        default="candidates",
        description="Whose lips are followed: those of everybody, or of tracks that may show somebody of the gallery "
        "and of those who are seen together with them.",
    )
    mesh_unvoiced: bool = Field(
        default=False, description="Follow lips also where no voice is heard, nor within two seconds of one."
    )
    mesh_rate: float | None = Field(
        default=30.0,
        ge=5,
        le=240,
        description="Times a second that lips are looked at, at most, between key frames; lip motion that goes with a "
        "voice is slower than 12 Hz. null: on every frame.",
    )
    look_back: float = Field(
        default=8.0,
        ge=0,
        le=60,
        description="Seconds for which what may have to be looked at more closely is kept until that is settled; then "
        "it is looked at.",
    )

    @property
    def saves(self) -> bool:
        """Whether anything is left out at all."""
        return self.key_interval > 0 or self.embed_interval > 0

    @property
    def by_person(self) -> bool:
        """Whether what is looked at depends on who is looked for."""
        return self.saves and (self.mesh == "candidates" or self.embed_interval > 0)


THOROUGH = EconomyConfig(key_interval=0, embed_interval=0, mesh="all", mesh_unvoiced=True, mesh_rate=None)
"""Everything, everywhere."""


def lax(identity: IdentityConfig) -> IdentityConfig:
    """Return the options by which candidates are told: those of the profile, or a rate that lets more pass."""
    return identity.model_copy(update={"fpir": max(identity.fpir, LAX), "learned": None})


class Verdict(Enum):
    """What is settled of a track."""

    OPEN = "open"
    CANDIDATE = "candidate"
    NOBODY = "nobody"


@dataclass(slots=True)
class _Regard:
    """What has been seen of a track."""

    vote: Vote = field(default_factory=Vote)
    compared: int = 0
    last: float = float("-inf")
    best: float = 0.0
    room: float = float("-inf")


class Attention:
    """Follows the tracks of one shot.

    Parameters
    ----------
    interval
        Seconds after which a settled track is compared again.
    gallery
        The persons of interest; None: every track is a candidate.
    point
        What a track must reach at :func:`lax`.
    """

    def __init__(self, interval: float, gallery: Gallery | None, point: OperatingPoint) -> None:
        self._interval, self._gallery, self._point = interval, gallery, point
        self._regards: dict[int, _Regard] = {}
        names = () if gallery is None else gallery.names
        self._wanted = np.array([gallery is not None and name in gallery.wanted for name in names], dtype=bool)

    def wants(self, track: int, time: float, weight: float) -> bool:
        """Tell whether a face, of a quality of `weight`, is to be compared with the gallery.

        Parameters
        ----------
        track
            Its track.
        time
            PTS seconds.
        weight
            Of its vote (``quality``).
        """
        if self._gallery is None or not weight > 0:
            return False
        if self._interval == 0:
            return True
        regard = self._regards.setdefault(track, _Regard())
        regard.best = max(regard.best, weight)
        if time - regard.last >= self._interval - ROUNDING:
            return True
        return weight >= WORTHY * regard.best and not self._is_sure(regard)

    @staticmethod
    def _is_sure(regard: _Regard) -> bool:
        """Tell whether more faces are not needed for now."""
        return regard.compared >= FEW and abs(regard.room) >= BAND

    def take(self, track: int, time: float, similarities: Array, weight: Array, growth: Array) -> None:
        """Take a face that was compared.

        Parameters
        ----------
        track, time
            As of :meth:`wants`.
        similarities
            float32 [1, persons].
        weight, growth
            [1] each, as of :meth:`~slceleb_core.decision.identity.Vote.add`.
        """
        regard = self._regards.setdefault(track, _Regard())
        regard.vote.add(similarities, weight, growth)
        regard.compared, regard.last = regard.compared + 1, time
        means = regard.vote.means()
        if means.size:
            limits = np.broadcast_to(self._point.limits(regard.vote.squared_length()), means.shape)
            regard.room = float((means - limits)[self._wanted].max(initial=-np.inf))

    def verdict(self, track: int) -> Verdict:
        """Return what is settled of a track by now."""
        if self._gallery is None:
            return Verdict.CANDIDATE
        regard = self._regards.get(track)
        if regard is None or not regard.vote.means().size:
            return Verdict.OPEN
        if regard.room >= -BAND:
            return Verdict.CANDIDATE
        return Verdict.NOBODY if regard.compared >= FEW else Verdict.OPEN

    def forget(self) -> None:
        """Begin a new shot: no track goes on."""
        self._regards = {}
