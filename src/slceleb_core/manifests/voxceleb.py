"""The layout of VoxCeleb: ``wav/<speaker>/<video>/<utterance>.wav``."""

from __future__ import annotations

import csv
from pathlib import Path

from slceleb_core.corpus.reading import Corpus
from slceleb_core.disk.naming import tokens
from slceleb_core.manifests.base import ManifestSink, heard
from slceleb_core.stages import StageConfig


class VoxcelebConfig(StageConfig):
    """It has no options."""


class VoxcelebSink(ManifestSink):
    """Writes the tree, with copies of the cut files, and ``meta.csv``: who is behind which number.

    Speakers are numbered ``id00001`` upwards in order of name, utterances ``00001`` upwards in order of time, as in
    VoxCeleb 1 and 2. Numbers may change when people are added.
    """

    name = "voxceleb"
    Config = VoxcelebConfig

    def write(self, corpus: Corpus, folder: Path) -> None:
        """Copy the sound, and write who is who."""
        numbers = {person: f"id{number:05}" for number, person in enumerate(corpus.persons(), start=1)}
        recordings = tokens(recording.name for recording in corpus.recordings)
        counts: dict[tuple[str, str], int] = {}
        for utterance, audio in heard(corpus):
            who, where = numbers[utterance.person], recordings[utterance.recording]
            counts[who, where] = counts.get((who, where), 0) + 1
            self.hold(audio, corpus, folder, Path("wav", who, where, f"{counts[who, where]:05}.wav"))
        with (folder / "meta.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(("id", "name"))
            writer.writerows((number, person) for person, number in numbers.items())
