"""Faces and scores as rows of an archive, and back, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

from slceleb_core.types import ATTENTION_COLUMNS, FACE_COLUMNS, MESH_COLUMNS, Array, Faces, Scores

LEAN = (*(name for name in FACE_COLUMNS if name not in MESH_COLUMNS), *ATTENTION_COLUMNS)
"""The columns of faces without their meshes: all that the core and a recognizer look at."""

EMPTY = Faces.empty()

SCORE_COLUMNS = tuple(field.name for field in fields(Scores) if field.name != "diagnostics")
"""What a speaker stage may say of each row."""

DIAGNOSTIC = "diagnostics."
"""What the name of a diagnostic's column begins with."""


def face_columns(faces: Faces, names: Sequence[str]) -> dict[str, Array]:
    """Return those of the named columns that the faces have."""
    return {name: values for name in names if (values := getattr(faces, name)) is not None}


def faces_of(columns: Mapping[str, Array], rows: int) -> Faces:
    """Return the faces of :func:`face_columns`."""
    if not rows:
        return Faces(**{name: getattr(EMPTY, name) for name in columns})
    return Faces(**columns)


def score_columns(scores: Scores) -> dict[str, Array]:
    """Return what a speaker stage says of a track as columns."""
    own = {name: values for name in SCORE_COLUMNS if (values := getattr(scores, name)) is not None}
    return {**own, **{DIAGNOSTIC + name: values for name, values in scores.diagnostics.items()}}


def scores_of(columns: Mapping[str, Array]) -> Scores:
    """Return the scores of :func:`score_columns`."""
    diagnostics = {
        name.removeprefix(DIAGNOSTIC): values for name, values in columns.items() if name.startswith(DIAGNOSTIC)
    }
    own = {name: values for name, values in columns.items() if name in SCORE_COLUMNS}
    return Scores(**own, diagnostics=diagnostics)
