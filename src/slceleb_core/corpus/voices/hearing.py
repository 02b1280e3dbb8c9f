"""Embedding what is said in the videos of a corpus: what is known already is not listened to again.

Each video's embeddings are kept when all of it has been heard, so whoever is stopped loses one video.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import cast

import numpy as np
from typing_extensions import Self

from slceleb_core.artefacts.keys import digest
from slceleb_core.artefacts.provenance import reported, stage_identity
from slceleb_core.corpus.voices.keeping import Kept, read_kept, write_kept
from slceleb_core.corpus.voices.pieces import Piece
from slceleb_core.corpus.voices.sounds import SoundSource
from slceleb_core.corpus.voices.standing import Heard
from slceleb_core.disk.refusals import writing
from slceleb_core.registry import Registry
from slceleb_core.stages import BoundStage, StageContext, Voice
from slceleb_core.types import Array, AudioSpan, JsonValue

log = logging.getLogger(__name__)

FIGURES = "figures"
"""In what is kept of a stage: how alike its embeddings are."""

BATCH_SECONDS = 120.0
"""Sound that is handed to a stage at once: 8 MB."""

Progress = Callable[[int, int], object]
"""Told of how many videos have been heard, and of how many there are."""


def unwatched(done: int, count: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """What is known of one video's voices.

    Attributes
    ----------
    stage
        Which stage has told, and what it reports, JSON-ready.
    embeddings
        By piece (``Piece.key``), float32 [dim]; what is missing has no sound any more.
    """

    stage: Mapping[str, JsonValue]
    embeddings: Mapping[str, Array]


class Listener:
    """A voice stage that is opened when there is something to listen to; a context manager.

    Parameters
    ----------
    output_dir
        The corpus.
    bound
        The stage.
    registry
        Where it came from.
    context
        What it is handed.
    """

    def __init__(self, output_dir: Path, bound: BoundStage, registry: Registry, context: StageContext) -> None:
        self._output_dir, self._bound, self._context = output_dir, bound, context
        self._identity = stage_identity("voice", bound.stage, registry)
        self._stack = ExitStack()
        self._opened: Voice | None = None
        self._signature: JsonValue = None

    def __enter__(self) -> Self:
        made = self._bound.stage(self._bound.config, self._context)
        made.fetch()
        self._signature = made.signature()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened = None
        self._stack.close()

    def hear(self, heard: Heard, pieces: Sequence[Piece]) -> Embedded:
        """Return the embeddings of a video's pieces; those that are not kept are made, and kept.

        Raises
        ------
        OutputError
            They cannot be written.
        SlcelebError
            The stage cannot be opened.
        """
        key = digest([self._identity, self._signature, heard.recording.fingerprint, heard.asked])
        kept = read_kept(self._output_dir, heard.name)
        if kept is None or kept.key != key:
            kept = Kept(key)
        wanted = {piece.key: piece for piece in pieces if piece.key not in kept.embeddings}
        if wanted:
            made = dict(self._made(heard, list(wanted.values())))
            if made:
                told = {**self._identity, **reported(self._stage), FIGURES: asdict(self._stage.figures)}
                kept = Kept(key, told, {**kept.embeddings, **made})
                with writing(f"to {self._output_dir}"):
                    write_kept(self._output_dir, heard.name, kept)
        return Embedded(kept.stage, kept.embeddings)

    @property
    def _stage(self) -> Voice:
        if self._opened is None:
            stage = self._bound.stage(self._bound.config, self._context)
            self._opened = cast("Voice", self._stack.enter_context(stage))
        return self._opened

    def _made(self, heard: Heard, pieces: Sequence[Piece]) -> Iterator[tuple[str, Array]]:
        with SoundSource(heard) as source:
            for batch in _batches((piece.key, source.of(piece)) for piece in pieces):
                rows = self._stage.embed([sound for _, sound in batch])
                yield from zip((key for key, _ in batch), np.asarray(rows, dtype=np.float32), strict=True)


def _batches(sounds: Iterator[tuple[str, AudioSpan | None]]) -> Iterator[list[tuple[str, AudioSpan]]]:
    """Yield the sounds that there are, a few at a time."""
    batch: list[tuple[str, AudioSpan]] = []
    seconds = 0.0
    for key, sound in sounds:
        if sound is None:
            continue
        batch.append((key, sound))
        seconds += sound.end - sound.start
        if seconds >= BATCH_SECONDS:
            yield batch
            batch, seconds = [], 0.0
    if batch:
        yield batch
