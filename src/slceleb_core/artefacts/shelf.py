"""The intermediate results of one video: what is there, and what is being written."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

from typing_extensions import Self

from slceleb_core.artefacts.archive import Reader
from slceleb_core.artefacts.store import ArtefactStore, Recording
from slceleb_core.types import JsonValue


@dataclass(frozen=True, slots=True)
class Found:
    """What can be used of a video's intermediate results; None: it has to be made.

    Everything in it was made from the same faces.

    Attributes
    ----------
    faces, embeddings, observations, scores
        By step. Observations are not looked for where there are scores.
    meshes
        Of the faces, where somebody will look at them.
    """

    faces: Reader | None = None
    meshes: Reader | None = None
    embeddings: Reader | None = None
    observations: Reader | None = None
    scores: Reader | None = None


class Shelf:
    """Reads and writes one video's intermediate results; a context manager. What is not committed comes to nothing.

    Parameters
    ----------
    store
        Where they are kept; None: nowhere.
    keys
        By kind. A kind without a key is neither read nor written.
    """

    def __init__(self, store: ArtefactStore | None, keys: Mapping[str, str]) -> None:
        self._store, self._keys = store, keys
        self._stack = ExitStack()
        self._recordings: dict[str, Recording] = {}
        self._faces = uuid.uuid4().hex  # which faces all else is made from

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def keeps(self) -> bool:
        """Whether anything is kept."""
        return self._store is not None

    def look_up(self, together: Collection[str] = ()) -> Found:
        """Return what there is.

        Parameters
        ----------
        together
            Kinds without which faces are of no use, as they can only be made at once.

        Notes
        -----
        What was made from other faces than those that are there cannot be used, even where both have the right key:
        a model on a GPU does not have to give the same numbers twice.
        """
        faces = self._read("faces")
        if faces is None:
            return Found()
        self._faces = faces.facts["made"]
        embeddings, scores = self._read("embeddings"), self._read("scores")
        if embeddings is None and "embeddings" in together:
            return self._nothing()
        observations = None if scores else self._read("observations")
        meshes = None
        if scores is None and observations is None and faces.facts["meshes"]:
            meshes = self._read("meshes")
            if meshes is None:
                return self._nothing()
        return Found(faces, meshes, embeddings, observations, scores)

    def _nothing(self) -> Found:
        """Know that all has to be made anew."""
        self._faces = uuid.uuid4().hex
        return Found()

    def record(self, kind: str) -> Recording | None:
        """Return what writes a kind; None where it is not kept.

        Raises
        ------
        OutputError
            The folder cannot be written to.
        """
        if self._store is None or kind not in self._keys:
            return None
        recording = self._store.record(kind, self._keys[kind])
        if recording is not None:
            self._recordings[kind] = self._stack.enter_context(recording)
        return recording

    def commit(self, facts: Mapping[str, Mapping[str, JsonValue]]) -> None:
        """Put what was written where it can be found: the kinds that there are facts of, JSON-ready.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        for kind, recording in self._recordings.items():
            if kind in facts:
                recording.commit({**facts[kind], "made": self._faces})

    def _read(self, kind: str) -> Reader | None:
        """Return what there is of a kind, if it belongs to the faces that there are."""
        if self._store is None or kind not in self._keys:
            return None
        reader = self._store.read(kind, self._keys[kind])
        if reader is None:
            return None
        self._stack.callback(reader.close)
        return reader if kind == "faces" or reader.facts["made"] == self._faces else None
