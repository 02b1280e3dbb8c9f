"""RTTM, the form of the NIST Rich Transcription evaluations, as diarization toolkits read it."""

from __future__ import annotations

from pathlib import Path

from slceleb_core.corpus.reading import Corpus
from slceleb_core.disk.naming import tokens
from slceleb_core.manifests.base import ManifestSink
from slceleb_core.manifests.names import write_names


class RttmSink(ManifestSink):
    """Writes ``corpus.rttm``: a line a segment, times on each video's own clock.

    RTTM has no blanks in names: ``names.csv`` says which word stands for which recording and person.
    """

    name = "rttm"

    def write(self, corpus: Corpus, folder: Path) -> None:
        """Write the lines and the names."""
        people, recordings = tokens(corpus.persons()), tokens(recording.name for recording in corpus.recordings)
        with (folder / "corpus.rttm").open("w", encoding="utf-8") as stream:
            for utterance in corpus.utterances():
                start, length = utterance.segment.start, utterance.segment.duration
                stream.write(
                    f"SPEAKER {recordings[utterance.recording]} 1 {start:.3f} {length:.3f} <NA> <NA> "
                    f"{people[utterance.person]} <NA> <NA>\n"
                )
        write_names(folder, {"person": people, "recording": recordings})
