"""Whether one voice is heard in a segment: parts that do not agree are two people's, one after another or at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from slceleb_core.corpus.voices.likelihoods import expected, faded
from slceleb_core.corpus.voices.pieces import HOP, WINDOW
from slceleb_core.types import Array, VoiceFigures


def unity(windows: Sequence[Array], figures: VoiceFigures) -> float | None:
    """Return how much likelier a segment holds one voice than several, as log10; None where nothing can be told.

    It is divided wherever two of its parts meet, and what is before is compared with what is after, as of one video.
    The least of all is returned, so it is below 0 now and then where there are many.

    Parameters
    ----------
    windows
        Embeddings of its parts (``pieces.windows_of``), in order; those that are not numbers are left out.
    figures
        How alike voices are.
    """
    parts = np.array([row for row in windows if np.isfinite(row).all()], dtype=np.float64)
    ratios = [_divided(parts, place, figures) for place in range(1, len(parts))]
    return min(ratios) if ratios else None


def _divided(parts: Array, place: int, figures: VoiceFigures) -> float:
    before, after = (side.mean(axis=0) for side in (parts[:place], parts[place:]))
    cosine = float(before @ after / (np.linalg.norm(before) * np.linalg.norm(after)))
    one, other = (faded(np.asarray(_seconds(count)), figures) for count in (place, len(parts) - place))
    return float(expected(one, other, figures).log_ratio(np.asarray(cosine)))


def _seconds(count: int) -> float:
    """Return how much sound so many parts are, which overlap."""
    return WINDOW + (count - 1) * HOP
