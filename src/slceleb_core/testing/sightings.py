"""What cameras of a group see, for tests: tracks, looks and frames of which a test overrides what it is about.

A face is a direction: :func:`face` gives one that is so many degrees from the first person's towards another's, so
that the cosine between two of them is what is to be tested. ::

    front, side = sighted((0, 1), at=face(10)), sighted((1, 1), at=face(70))
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from slceleb_core.decision.identity import Gallery, Vote
from slceleb_core.decision.operating import FixedPoint
from slceleb_core.decision.rowscores import RowScore
from slceleb_core.decision.views.casting import Naming
from slceleb_core.decision.views.linking import Alike
from slceleb_core.decision.views.sightings import Look, Sighted, TrackKey, ViewFrame
from slceleb_core.types import Array

DIM = 8
"""Length of the embeddings."""

PEOPLE = ("Ada", "Bo")
"""Who is in the gallery: Ada is the first axis, Bo the second."""

LIMIT, LOOSE = 0.5, 0.25
"""What faces must reach to be one, and to be possibly one."""


def gallery(*wanted: str) -> Gallery:
    """Return a gallery of two people, of whom all are looked for unless said otherwise."""
    return Gallery(PEOPLE, np.eye(len(PEOPLE), DIM, dtype=np.float32), frozenset(wanted or PEOPLE))


def naming(margin: float = 0.05) -> Naming:
    """Return how votes become names: by :data:`LIMIT`."""
    return Naming(gallery(), FixedPoint(LIMIT), margin)


def alike() -> Alike:
    """Return which faces are one: by :data:`LIMIT` and :data:`LOOSE`."""
    return Alike(FixedPoint(LIMIT), FixedPoint(LOOSE))


def face(degrees: float, towards: int = 2) -> Array:
    """Return float64 [DIM] of length 1: so many degrees from Ada's face, towards that of another axis."""
    made = np.zeros(DIM)
    made[0], made[towards] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return made


def sighted(
    key: TrackKey,
    start: float = 0.0,
    end: float = 10.0,
    *,
    at: Array | None = None,
    weight: float = 5.0,
    beside: Iterable[TrackKey] = (),
) -> Sighted:
    """Return a track of one camera.

    Parameters
    ----------
    key
        Which one.
    start, end
        Seconds.
    at
        Its face; None: no face of it was compared.
    weight
        Of its vote.
    beside
        Tracks seen on one frame with it; they have to be told so themselves.
    """
    made = Sighted(key, start, end, beside=set(beside))
    if at is not None:
        made.vote = Vote(weight, weight * (gallery().templates @ at), weight**2 * float(at @ at))
        made.total = weight * np.asarray(at, dtype=np.float64)
    return made


def said(speaking: float, **values: Any) -> RowScore:
    """Return what a speaker stage says of one row: a voice is heard, and nothing else is known but `speaking`."""
    given: dict[str, Any] = {"lag": None, "diagnostics": None, "voice": 1.0, "mouth": None, "chance": None}
    return RowScore(**{**given, "speaking": speaking, "overlap": None, **values})


def look(track: TrackKey, speaking: float | None = 0.9, **values: Any) -> Look:
    """Return a face on a frame of a camera: frontal, large, Ada's, and speaking, unless said otherwise.

    Parameters
    ----------
    track
        Whose face it is.
    speaking
        What is said of it; None: there is no sound.
    values
        Fields of ``Look`` to be set otherwise.
    """
    given: dict[str, Any] = {
        "box": (10.0, 10.0, 90.0, 90.0),
        "score": 1.0,
        "size": 80.0,
        "turned": 0.0,
        "sharpness": 0.8,
        "weight": 0.8,
        "similarities": np.array([0.8, 0.1], np.float32),
        "looked": True,
        "embedded": True,
        "said": None if speaking is None else said(speaking),
    }
    return Look(track, **{**given, **values})


def view_frame(
    camera: int, index: int, *looks: Look, fps: float = 25.0, begin: float = 0.0, shot: int = 0
) -> ViewFrame:
    """Return a frame of a camera that counts at one rate, from a moment of the group on."""
    return ViewFrame(camera, index, shot, begin + index / fps, begin + (index + 1) / fps, looks)
