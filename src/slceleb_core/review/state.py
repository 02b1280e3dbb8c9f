"""How the segments of a corpus stand: which are in it, which a review has taken out, and what has been decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from slceleb_core.corpus.editing import JsonObject
from slceleb_core.corpus.reading import Corpus, Utterance, read_corpus
from slceleb_core.disk.output import statement_of
from slceleb_core.results import Segment
from slceleb_core.review.decisions import Decision

ASIDE = ".removed"
"""Folder in an output folder to which the clips of rejected segments are moved."""

REVIEW = "review"
"""In the statement of a video: by segment id what was decided."""

CLOSE = 1e-3
"""Seconds by which two times of one segment may differ: files have microseconds, tables milliseconds."""


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
    """

    folder: Path
    present: Mapping[str, Utterance]
    recorded: Mapping[str, Mapping[str, JsonObject]] = field(default_factory=dict)

    @classmethod
    def of(cls, output_dir: Path) -> ReviewState:
        """Return how the segments of a corpus stand.

        Raises
        ------
        UsageError
            There is no such folder.
        """
        corpus = read_corpus(output_dir)
        return cls(output_dir, {utterance.id: utterance for utterance in corpus.utterances()}, dict(_recorded(corpus)))

    @cached_property
    def recordings(self) -> Mapping[str, str]:
        """The recording of each segment that is known: in the corpus, or decided on before."""
        decided = {key: name for name, entries in self.recorded.items() for key in entries}
        return decided | {key: utterance.recording for key, utterance in self.present.items()}

    def entry(self, key: str) -> JsonObject:
        """Return what was decided on a segment; empty where nothing was."""
        return self.recorded.get(self.recordings[key], {}).get(key, {})

    def segment(self, key: str) -> Segment | None:
        """Return a segment, whether it is in the corpus or was taken out; None where it is not known any more."""
        if key in self.present:
            return self.present[key].segment
        kept = self.entry(key).get("segment")
        return None if kept is None else Segment.from_json(kept)

    def fits(self, key: str, decision: Decision) -> bool:
        """Tell whether a decision is about the stretch that stands under that id."""
        segment = self.segment(key)
        if segment is None:
            return True
        times = ((decision.start, segment.start), (decision.end, segment.end))
        near = all(said is None or abs(said - stands) <= CLOSE for said, stands in times)
        return near and decision.person in (None, segment.person)

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


def _recorded(corpus: Corpus) -> dict[str, Mapping[str, JsonObject]]:
    found = {recording.name: statement_of(recording.folder).get(REVIEW) or {} for recording in corpus.recordings}
    return {name: entries for name, entries in found.items() if entries}
