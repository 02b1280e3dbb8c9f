"""Hugging Face's audiofolder: sound files and a ``metadata.csv`` beside them."""

from __future__ import annotations

import csv
from pathlib import Path

from slceleb_core.corpus.reading import Corpus, Utterance
from slceleb_core.manifests.base import ManifestSink, heard, linked
from slceleb_core.manifests.names import tokens
from slceleb_core.stages import StageConfig

COLUMNS = ("file_name", "id", "speaker", "video", "start", "end", "speaking", "similarity")


class AudiofolderConfig(StageConfig):
    """It has no options."""


class AudiofolderSink(ManifestSink):
    """Writes a folder that ``datasets.load_dataset("audiofolder", data_dir=...)`` loads, of hard links where possible.

    Speakers are a column, not folders: a folder's name would be read as a label of its own.
    """

    name = "audiofolder"
    Config = AudiofolderConfig

    def write(self, corpus: Corpus, folder: Path) -> None:
        """Link the sound, and write the metadata."""
        files = tokens(one.id for one in corpus.utterances())
        with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            for one, audio in heard(corpus):
                file = Path("audio") / f"{files[one.id]}.wav"
                linked(audio, folder / file)
                writer.writerow((file.as_posix(), *_facts(one)))


def _facts(one: Utterance) -> tuple[str, ...]:
    segment = one.segment
    similarity = "" if segment.similarity is None else f"{segment.similarity:.4f}"
    times = (f"{segment.start:.3f}", f"{segment.end:.3f}")
    return (one.id, one.person, one.recording, *times, f"{segment.speaking_mean:.4f}", similarity)
