"""Which segments of a corpus voices are judged of: those that stand, and those that were left out for their voices.

Both are treated alike, so that what comes of it does not depend on what came of it before. What a reviewer has rejected
is not among them, and what a reviewer has accepted is known to be the person's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slceleb_core.corpus.duplicates import read_duplicates
from slceleb_core.corpus.folders import ASIDE, CLIPS, REVIEW
from slceleb_core.corpus.reading import Corpus, Recording
from slceleb_core.corpus.splitting import grouped
from slceleb_core.corpus.verdicts import left_out
from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.output import statement_of
from slceleb_core.results import Segment

WITH_PHOTOS = "unknown"
"""What stands for the gallery of results that say nothing of it: names are names."""


@dataclass(frozen=True, slots=True)
class Said:
    """A segment whose voice is judged.

    Attributes
    ----------
    segment
        Who, from when to when.
    audio
        Its cut sound, in the corpus or aside; None where there is none.
    out
        Whether its voice has kept it out before.
    accepted
        Whether a reviewer has accepted it.
    """

    segment: Segment
    audio: Path | None
    out: bool
    accepted: bool

    @property
    def span(self) -> tuple[float, float]:
        """From when to when, PTS seconds."""
        return self.segment.start, self.segment.end


@dataclass(frozen=True, slots=True)
class Heard:
    """A video, and what is said in it.

    Attributes
    ----------
    recording
        The video.
    said
        In order of time.
    asked
        Which of its audio tracks was asked for; empty: the usual one.
    occasion
        What the first video is called that holds the same sound, as far as that is known: copies confirm nothing.
    """

    recording: Recording
    said: tuple[Said, ...]
    asked: str
    occasion: str

    @property
    def name(self) -> str:
        """What its folder is called."""
        return self.recording.name


def heard_in(corpus: Corpus) -> Iterator[Heard]:
    """Yield the videos of a corpus in which somebody speaks, and what is judged of them.

    Without photos a person is a track, and of that name there is another one in every video: those are left alone.
    """
    copies = grouped(corpus.recordings, "video", read_duplicates(corpus.folder))
    occasions = {recording.name: group[0].name for group in copies for recording in group}
    for recording in corpus.recordings:
        stated = statement_of(recording.folder)
        said = sorted(_said(recording, stated, corpus.folder), key=lambda each: (each.segment.start, each.segment.id))
        provenance = (stated.get("report") or {}).get("provenance") or {}
        if said and provenance.get("gallery", WITH_PHOTOS) is not None:
            asked = str((provenance.get("audio") or {}).get("asked") or "")
            yield Heard(recording, tuple(said), asked, occasions[recording.name])


def _said(recording: Recording, stated: Mapping[str, Any], output_dir: Path) -> Iterator[Said]:
    decided = {key: entry.get("decision") for key, entry in (stated.get(REVIEW) or {}).items()}
    present = {utterance.id for utterance in recording.utterances}
    for utterance in recording.utterances:
        yield Said(utterance.segment, utterance.audio, out=False, accepted=decided.get(utterance.id) == "accept")
    for key, segment in left_out(stated).items():
        if key not in present and decided.get(key) != "reject":
            aside = output_dir / ASIDE / recording.name / CLIPS / safe_name(segment.person) / f"{key}.wav"
            accepted = decided.get(key) == "accept"
            yield Said(segment, aside if aside.is_file() else None, out=True, accepted=accepted)
