"""What the gates of voices say of every segment of a corpus; nothing is taken out or brought back here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from slceleb_core.corpus.reading import read_corpus
from slceleb_core.corpus.verdicts import ONE_VOICE, VOICE, VOICE_GATES, failed
from slceleb_core.corpus.voices.hearing import Embedded, Listener, Progress, unwatched
from slceleb_core.corpus.voices.judging import Judged, judge
from slceleb_core.corpus.voices.limits import Limits
from slceleb_core.corpus.voices.pieces import Piece, pieces_of, windows_of
from slceleb_core.corpus.voices.standing import Heard, Said, heard_in
from slceleb_core.corpus.voices.unity import unity
from slceleb_core.registry import Registry
from slceleb_core.results import Gate, Segment
from slceleb_core.stages import BoundStage, StageContext, Voice
from slceleb_core.types import Array, VoiceFigures


@dataclass(frozen=True, slots=True)
class Verdict:
    """What its voice decides on a segment.

    Attributes
    ----------
    said
        The segment as it stands.
    gates
        What the gates of voices say of it.
    """

    said: Said
    gates: tuple[Gate, ...]

    @property
    def segment(self) -> Segment:
        """The segment with these gates behind its others."""
        others = tuple(gate for gate in self.said.segment.gates if gate.name not in VOICE_GATES)
        return replace(self.said.segment, gates=(*others, *self.gates))

    @property
    def fails(self) -> bool:
        """Whether a gate stops it."""
        return failed(self.gates) is not None

    @property
    def stays_out(self) -> bool:
        """Whether it is not to be in the corpus: what a reviewer has accepted is, whatever is heard."""
        return self.fails and not self.said.accepted


@dataclass(frozen=True, slots=True)
class Weighed:
    """What voices decide on a corpus.

    Attributes
    ----------
    output_dir
        The corpus.
    videos
        By what the video's folder is called: the verdicts on its segments, in order of time.
    stages
        Likewise: which stage was asked, and how, JSON-ready.
    judged
        How they came about.
    """

    output_dir: Path
    videos: Mapping[str, Sequence[Verdict]]
    stages: Mapping[str, Mapping[str, object]]
    judged: Judged

    def verdicts(self) -> Iterator[Verdict]:
        """Yield all verdicts."""
        for verdicts in self.videos.values():
            yield from verdicts

    @property
    def going(self) -> list[Verdict]:
        """Those on segments that are in the corpus and stay out."""
        return [verdict for verdict in self.verdicts() if verdict.stays_out and not verdict.said.out]

    @property
    def returning(self) -> list[Verdict]:
        """Those on segments that had been left out and pass now."""
        return [verdict for verdict in self.verdicts() if verdict.said.out and not verdict.stays_out]


def weigh(
    output_dir: Path,
    bound: BoundStage,
    limits: Limits,
    registry: Registry,
    context: StageContext,
    progress: Progress = unwatched,
) -> Weighed:
    """Listen to a corpus, as far as that has not been done, and return what voices decide on it.

    Parameters
    ----------
    output_dir
        The corpus; the caller holds its lock.
    bound
        The voice stage.
    limits
        What it is measured against.
    registry
        Where the stage came from.
    context
        What the stage is handed.
    progress
        Told how far it is.

    Raises
    ------
    UsageError
        There is no such corpus.
    OutputError
        Embeddings cannot be kept.
    SlcelebError
        The stage cannot be opened.
    """
    videos = list(heard_in(read_corpus(output_dir)))
    told: list[tuple[Heard, list[Piece], Embedded]] = []
    with Listener(output_dir, bound, registry, context) as listener:
        for number, heard in enumerate(videos):
            progress(number, len(videos))
            pieces = list(pieces_of(heard.said))
            windows = [] if limits.min_one_voice is None else _windows(heard)
            told.append((heard, pieces, listener.hear(heard, [*pieces, *windows])))
        progress(len(videos), len(videos))
    figures = cast("type[Voice]", bound.stage).figures
    judged = judge(told, figures, limits.min_voice, short=limits.short_voices)
    use = {"use": bound.stage.name, "options": bound.config.model_dump(mode="json")}
    asked = {"use": use, "gates": limits.to_json()}
    return Weighed(
        output_dir,
        {heard.name: _verdicts(heard, embedded, judged, limits) for heard, _, embedded in told},
        {heard.name: {**embedded.stage, **asked} for heard, _, embedded in told},
        judged,
    )


def _windows(heard: Heard) -> list[Piece]:
    return [window for said in heard.said for window in windows_of(said)]


def _verdicts(heard: Heard, embedded: Embedded, judged: Judged, limits: Limits) -> list[Verdict]:
    return [Verdict(said, tuple(_gates(said, embedded.embeddings, judged, limits))) for said in heard.said]


def _gates(said: Said, embeddings: Mapping[str, Array], judged: Judged, limits: Limits) -> Iterator[Gate]:
    yield Gate(VOICE, judged.values.get(said.segment.id), limits.min_voice, ">=")
    if limits.min_one_voice is not None:
        yield Gate(ONE_VOICE, _unity(said, embeddings, judged.figures), limits.min_one_voice, ">=")


def _unity(said: Said, embeddings: Mapping[str, Array], figures: VoiceFigures) -> float | None:
    windows = [embeddings.get(window.key) for window in windows_of(said)]
    return unity([np.asarray(row) for row in windows if row is not None], figures)
