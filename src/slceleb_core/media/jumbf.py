"""What content credentials (C2PA) state of where media comes from, read out of their boxes (JUMBF, ISO/IEC 19566-5).

Only what is stated is read: no signature is checked, and none has to hold. Whoever says of a file that a trained model
made it is believed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from slceleb_core.media.cbor import CborError, decoded

GENERATED = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic")
"""Terms of IPTC's digital source types by which a trained model made a medium, or part of it
(http://cv.iptc.org/newscodes/digitalsourcetype)."""

SOURCE_TYPE = "digitalSourceType"
"""By which key an assertion names one (C2PA specification 2.1, 18.15)."""

DEEPEST, MOST_BOXES = 16, 10_000
"""Boxes in each other, and boxes in all; a store of credentials has four levels, and some dozens of boxes."""

SUPERBOX = b"jumb"
"""The one kind of box that holds others."""


def stated_source(store: bytes) -> str | None:
    """Return the term by which a store of credentials says that a trained model had a part; None where none does.

    What is malformed, compressed or of another kind says nothing. All manifests of the store count, those of what a
    medium was made of as well.

    Parameters
    ----------
    store
        The outermost box.
    """
    for kind, content in _leaves(store):
        found = next(_terms(_value(kind, content)), None)
        if found is not None:
            return found
    return None


def _leaves(store: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of the boxes that hold no others."""
    open_stretches, left = [(0, len(store), 0)], MOST_BOXES
    while open_stretches:
        place, end, depth = open_stretches.pop()
        while place + 8 <= end and left:
            left -= 1
            size, kind = int.from_bytes(store[place : place + 4], "big"), store[place + 4 : place + 8]
            inside = place + 8
            if size == 1:
                size, inside = int.from_bytes(store[place + 8 : place + 16], "big"), place + 16
            behind = end if size == 0 else place + size
            if not inside <= behind <= end:
                break
            if kind == SUPERBOX and depth < DEEPEST:
                open_stretches.append((inside, behind, depth + 1))
            elif kind != SUPERBOX:
                yield kind, store[inside:behind]
            place = behind


def _value(kind: bytes, content: bytes) -> object:
    """Return what a box states; None where it is of another kind, or cannot be read."""
    try:
        if kind == b"cbor":
            return decoded(content)
        if kind == b"json":
            return json.loads(content)
    except (CborError, ValueError, RecursionError):
        return None
    return None


def _terms(value: object) -> Iterator[str]:
    """Yield the terms of trained models that stand in a value, wherever; its depth is bounded by who has read it."""
    open_values = [value]
    while open_values:
        current = open_values.pop()
        if isinstance(current, dict):
            named = current.get(SOURCE_TYPE)
            if isinstance(named, str) and named.rstrip("/").rpartition("/")[2] in GENERATED:
                yield named.rstrip("/").rpartition("/")[2]
            open_values.extend(current.values())
        elif isinstance(current, list):
            open_values.extend(current)
