"""Hugging Face's audiofolder: sound files and a ``metadata.csv`` beside them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from slceleb_core.corpus.provenance import sources_of
from slceleb_core.corpus.reading import Corpus, Utterance
from slceleb_core.disk.naming import NOTHING, tokens
from slceleb_core.manifests.base import ManifestSink, heard
from slceleb_core.sinks.json_files import dumps
from slceleb_core.stages import StageConfig
from slceleb_core.types import JsonValue

Row = dict[str, JsonValue]

NAMES = ("id", "speaker", "video")
"""Columns that are words, whatever they look like."""


class AudiofolderConfig(StageConfig):
    """It has no options."""


class AudiofolderSink(ManifestSink):
    """Writes a folder that ``datasets.load_dataset("audiofolder", data_dir=...)`` loads, with copies of the cut files.

    Speakers are a column, not folders: a folder's name would be read as a label of its own.

    What ``datasets`` reads from ``metadata.csv`` is a number if it looks like one: ``007`` is 7, and ``NA`` is nothing.
    Where somebody, or a video, is called so, the same rows stand in ``metadata.jsonl`` in its place.
    """

    name = "audiofolder"
    Config = AudiofolderConfig

    def write(self, corpus: Corpus, folder: Path) -> None:
        """Copy the sound, and write the metadata."""
        rows = list(self._rows(corpus, folder))
        if any(_misread(str(row[name])) for row in rows for name in NAMES):
            text = "".join(f"{dumps(row)}\n" for row in rows)
            (folder / "metadata.jsonl").write_text(text, encoding="utf-8")
        else:
            _write_table(rows, folder / "metadata.csv")

    def _rows(self, corpus: Corpus, folder: Path) -> Iterator[Row]:
        """Copy each file, and yield what is known of it."""
        files = tokens(utterance.id for utterance in corpus.utterances())
        sources = sources_of(corpus)
        for utterance, audio in heard(corpus):
            file = Path("audio") / f"{files[utterance.id]}.wav"
            self.hold(audio, corpus, folder, file)
            yield {"file_name": file.as_posix(), **_facts(utterance), **sources[utterance.recording]}


def _facts(utterance: Utterance) -> Row:
    segment = utterance.segment
    return {
        "id": utterance.id,
        "speaker": utterance.person,
        "video": utterance.recording,
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "speaking": round(segment.speaking_mean, 4),
        "similarity": None if segment.similarity is None else round(segment.similarity, 4),
    }


def _misread(word: str) -> bool:
    """Tell whether pandas takes a word of a table for a number, a truth value or nothing."""
    if word.casefold() in NOTHING | {"", "true", "false", "n/a", "<na>", "#n/a", "#n/a n/a"}:
        return True
    try:
        float(word)
    except ValueError:
        return False
    return True


def _write_table(rows: Sequence[Row], path: Path) -> None:
    columns = list(rows[0]) if rows else ["file_name", *NAMES]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
