"""Lhotse's manifests: ``recordings.jsonl.gz`` and ``supervisions.jsonl.gz``."""

from __future__ import annotations

import gzip
import wave
from collections.abc import Iterable, Mapping
from pathlib import Path

from slceleb_core.corpus.provenance import sources_of
from slceleb_core.corpus.reading import Corpus, Utterance
from slceleb_core.manifests.base import ManifestSink, heard
from slceleb_core.sinks.json_files import dumps
from slceleb_core.types import JsonValue


class LhotseSink(ManifestSink):
    """Writes a recording and a supervision for each cut WAV file.

    The fields are those of Lhotse's ``Recording`` and ``SupervisionSegment``; where a segment lies in its video, how
    sure it is, and what is known of the video's file, stands in ``custom``.
    """

    name = "lhotse"

    def write(self, corpus: Corpus, folder: Path) -> None:
        """Write both files, from one reading of the WAV headers."""
        sources = sources_of(corpus)
        pairs = [
            _pair(utterance, audio, self.placed(audio, corpus), sources[utterance.recording])
            for utterance, audio in heard(corpus)
        ]
        _write(folder / "recordings.jsonl.gz", (recording for recording, _ in pairs))
        _write(folder / "supervisions.jsonl.gz", (supervision for _, supervision in pairs))


def _pair(
    utterance: Utterance, audio: Path, placed: str, source: Mapping[str, str]
) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    with audio.open("rb") as stream, wave.open(stream) as sound:
        rate, samples = sound.getframerate(), sound.getnframes()
    recording = {
        "id": utterance.id,
        "sources": [{"type": "file", "channels": [0], "source": placed}],
        "sampling_rate": rate,
        "num_samples": samples,
        "duration": samples / rate,
        "channel_ids": [0],
    }
    segment = utterance.segment
    custom = {
        "video": utterance.recording,
        "start": segment.start,
        "end": segment.end,
        "speaking": segment.speaking_mean,
        "similarity": segment.similarity,
        **source,
    }
    supervision = {
        "id": utterance.id,
        "recording_id": utterance.id,
        "start": 0.0,
        "duration": samples / rate,
        "channel": 0,
        "speaker": utterance.person,
        "custom": custom,
    }
    return recording, supervision


def _write(path: Path, lines: Iterable[Mapping[str, JsonValue]]) -> None:
    # mtime 0 and no file name: the same corpus is the same bytes
    with path.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as stream:
        for line in lines:
            stream.write(dumps(line).encode() + b"\n")
