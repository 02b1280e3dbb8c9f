"""How the segments of a corpus stand: which are in it, which a review has taken out, and what has been decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from slceleb_core.corpus.editing import JsonObject
from slceleb_core.corpus.folders import REVIEW
from slceleb_core.corpus.reading import Corpus, Utterance, read_corpus
from slceleb_core.corpus.verdicts import left_out
from slceleb_core.disk.output import statement_of
from slceleb_core.results import Segment
from slceleb_core.review.decisions import Decision

CLOSE = 1e-3
"""Seconds by which two times of one segment may differ: files have microseconds, tables milliseconds."""


Stretch: TypeAlias = tuple[str | None, float | None, float | None]
"""Whose, and PTS seconds from and to; None: not said."""


def same_stretch(said: Stretch, stands: tuple[str, float, float]) -> bool:
    """Tell whether what somebody has judged is the stretch that stands there, as far as they have said."""
    near = all(
        moment is None or abs(moment - there) <= CLOSE for moment, there in zip(said[1:], stands[1:], strict=True)
    )
    return near and said[0] in (None, stands[0])


@dataclass(frozen=True)
class ReviewState:
    """What is known of the segments of a corpus.

    Attributes
    ----------
    folder
        The output folder.
    present
        Segments that are in the corpus, by id.
    recorded
        What has been decided so far, by the recording's name and by segment id, as ``source.json`` has it.
    unheard
        Segments that their voices have kept out (``corpus.verdicts``), likewise.
    """

    folder: Path
    present: Mapping[str, Utterance]
    recorded: Mapping[str, Mapping[str, JsonObject]] = field(default_factory=dict)
    unheard: Mapping[str, Mapping[str, Segment]] = field(default_factory=dict)

    @classmethod
    def of(cls, output_dir: Path) -> ReviewState:
        """Return how the segments of a corpus stand.

        Raises
        ------
        UsageError
            There is no such folder.
        """
        corpus = read_corpus(output_dir)
        present = {utterance.id: utterance for utterance in corpus.utterances()}
        return cls(output_dir, present, dict(_recorded(corpus)), dict(_unheard(corpus)))

    @cached_property
    def recordings(self) -> Mapping[str, str]:
        """The recording of each segment that is known: in the corpus, or decided on before."""
        known: tuple[Mapping[str, Mapping[str, Any]], ...] = (self.recorded, self.unheard)
        decided = {key: name for of in known for name, entries in of.items() for key in entries}
        return decided | {key: utterance.recording for key, utterance in self.present.items()}

    def entry(self, key: str) -> JsonObject:
        """Return what was decided on a segment; empty where nothing was."""
        return self.recorded.get(self.recordings[key], {}).get(key, {})

    def segment(self, key: str) -> Segment | None:
        """Return a segment, whether it is in the corpus or was taken out; None where it is not known any more."""
        if key in self.present:
            return self.present[key].segment
        kept = self.entry(key).get("segment")
        return self.unheard.get(self.recordings[key], {}).get(key) if kept is None else Segment.from_json(kept)

    def is_unheard(self, key: str) -> bool:
        """Tell whether nothing but its voice keeps a segment out."""
        return key in self.unheard.get(self.recordings[key], {}) and self.entry(key).get("decision") != "reject"

    def segments(self, keys: Iterable[str]) -> Mapping[str, Mapping[str, Segment]]:
        """Return those segments that are known, by the recording's name and by id."""
        found: dict[str, dict[str, Segment]] = {}
        for key in keys:
            segment = self.segment(key)
            if segment is not None:
                found.setdefault(self.recordings[key], {})[key] = segment
        return found

    def fits(self, key: str, decision: Decision) -> bool:
        """Tell whether a decision is about the stretch that stands under that id."""
        segment = self.segment(key)
        if segment is None:
            return True
        said = (decision.person, decision.start, decision.end)
        return same_stretch(said, (segment.person, segment.start, segment.end))

    def returning(self) -> frozenset[str]:
        """Return the segments that were accepted, and whose return was stopped in the middle."""
        return frozenset(
            key for key, entry in self._entries() if entry.get("decision") == "accept" and entry.get("segment")
        )

    def leaving(self) -> Mapping[str, frozenset[str]]:
        """Return the segments that were rejected and are in the corpus yet, by who rejected them."""
        found: dict[str, set[str]] = {}
        for key, entry in self._entries():
            if key in self.present and entry.get("decision") == "reject":
                found.setdefault(str(entry.get("reviewer") or ""), set()).add(key)
        return {reviewer: frozenset(keys) for reviewer, keys in sorted(found.items())}

    def _entries(self) -> Iterator[tuple[str, JsonObject]]:
        return ((key, entry) for entries in self.recorded.values() for key, entry in entries.items())


def _unheard(corpus: Corpus) -> Iterator[tuple[str, Mapping[str, Segment]]]:
    for recording in corpus.recordings:
        out = left_out(statement_of(recording.folder))
        if out:
            yield recording.name, out


def _recorded(corpus: Corpus) -> dict[str, Mapping[str, JsonObject]]:
    found = {recording.name: statement_of(recording.folder).get(REVIEW) or {} for recording in corpus.recordings}
    return {name: entries for name, entries in found.items() if entries}
