"""Re-uploads: videos that hold the same speech, re-encoded, cut or made louder; told from the cut sound."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from itertools import combinations
from pathlib import Path

from slceleb_core.corpus.editing import delete
from slceleb_core.corpus.landmarks import FRAMES_PER_SECOND, Landmarks, landmarks, together
from slceleb_core.corpus.matching import shared_sound
from slceleb_core.corpus.reading import Corpus, Recording
from slceleb_core.corpus.snr import read_wav
from slceleb_core.disk.atomic import write_durably

CSV, JSON = "duplicates.csv", "duplicates.json"
"""What the lists are called, in an output folder."""

FORMAT = 1
"""Raised when a reader of the JSON would have to change."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two videos that hold the same speech.

    Attributes
    ----------
    one, other
        Names of the recordings, in order.
    overlap
        Seconds from the first to the last sound that agrees.
    offset
        Seconds that are to be added to a time in the first to have the time in the other.
    start, end
        Where it lies in the first, PTS seconds.
    matches
        How many landmarks agree; 0 where it is the same file.
    same_file
        Whether both were made of the same file.
    """

    one: str
    other: str
    overlap: float
    offset: float
    start: float
    end: float
    matches: int
    same_file: bool = False


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What was found, and in what.

    Attributes
    ----------
    pairs
        The longest overlap first.
    compared
        Names of the videos that were compared.
    silent
        Names of those that have segments but no cut sound, so that nothing can be said of them.
    """

    pairs: tuple[Duplicate, ...]
    compared: tuple[str, ...]
    silent: tuple[str, ...]

    @property
    def recordings(self) -> int:
        """How many videos were compared."""
        return len(self.compared)


def find_duplicates(corpus: Corpus) -> Duplicates:
    """Return which videos of a corpus hold the same speech.

    Raises
    ------
    OSError
        Cut sound cannot be read.
    """
    heard = [candidate for candidate in corpus.recordings if any(utterance.audio for utterance in candidate.utterances)]
    silent = [candidate.name for candidate in corpus.recordings if candidate.utterances and candidate not in heard]
    found = {(pair.one, pair.other): pair for pair in _same_files(corpus)}
    for first, other, offset, start, end, matches in shared_sound([fingerprint_of(recording) for recording in heard]):
        names = (heard[first].name, heard[other].name)
        overlap, offset, start, end = (round(value, 2) for value in (end - start, offset, start, end))
        found[names] = Duplicate(*names, overlap, offset, start, end, matches, same_file=names in found)
    ordered = sorted(found.values(), key=lambda pair: (-pair.overlap, pair.one, pair.other))
    return Duplicates(tuple(ordered), tuple(recording.name for recording in heard), tuple(silent))


def fingerprint_of(recording: Recording) -> Landmarks:
    """Return the fingerprint of all cut sound of a recording, on the clock of its video."""
    found = []
    for utterance in recording.utterances:
        if utterance.audio is not None:
            cut, begin = landmarks(read_wav(utterance.audio)), round(utterance.segment.start * FRAMES_PER_SECOND)
            found.append(Landmarks(cut.hashes, (cut.frames + begin).astype(cut.frames.dtype)))
    return together(found)


def _same_files(corpus: Corpus) -> Iterator[Duplicate]:
    by_file: dict[str, list[str]] = {}
    for recording in corpus.recordings:
        for known in sorted(recording.prints):
            by_file.setdefault(known, []).append(recording.name)
    pairs = dict.fromkeys(pair for names in by_file.values() for pair in combinations(names, 2))
    for first, other in pairs:
        yield Duplicate(first, other, 0.0, 0.0, 0.0, 0.0, 0, same_file=True)


def write_duplicates(output_dir: Path, found: Duplicates) -> None:
    """Write what was found as a table and as JSON.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(Duplicate)])
    writer.writerows(asdict(pair).values() for pair in found.pairs)
    write_durably(output_dir / CSV, text.getvalue().encode())
    data = {"format": FORMAT, "recordings": found.recordings, **asdict(found)}
    write_durably(output_dir / JSON, (json.dumps(data, indent=1) + "\n").encode())


def read_duplicates(output_dir: Path) -> Duplicates | None:
    """Return what was found earlier; None where nobody has looked, or where it cannot be read."""
    try:
        stated = json.loads((output_dir / JSON).read_text(encoding="utf-8"))
        pairs = tuple(Duplicate(**pair) for pair in stated["pairs"])
        return Duplicates(pairs, tuple(stated["compared"]), tuple(stated["silent"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def forget_recordings(output_dir: Path, standing: Iterable[str]) -> None:
    """Take pairs out of the lists of which one is not in the corpus any more.

    Raises
    ------
    OutputError
        They cannot be written.
    """
    found, names = read_duplicates(output_dir), set(standing)
    if found is None:
        delete(output_dir / CSV)
        delete(output_dir / JSON)
        return
    pairs = tuple(pair for pair in found.pairs if {pair.one, pair.other} <= names)
    compared, silent = (tuple(name for name in of if name in names) for of in (found.compared, found.silent))
    left = Duplicates(pairs, compared, silent)
    if left != found:
        write_duplicates(output_dir, left)
