"""A Kaldi data directory: ``wav.scp``, ``segments``, ``utt2spk``, ``spk2utt``; and who is behind which word."""

from __future__ import annotations

import wave
from collections.abc import Iterable
from pathlib import Path

from slceleb_core.corpus.reading import Corpus
from slceleb_core.disk.naming import short_hash, tokens
from slceleb_core.manifests.base import ManifestSink, heard
from slceleb_core.manifests.names import write_names


class KaldiSink(ManifestSink):
    """Writes a data directory whose recordings are the cut WAV files.

    By Kaldi's rules an utterance's name begins with its speaker's, every file is sorted in the order of the bytes, and
    an order by speaker is the same (https://kaldi-asr.org/doc/data_prep.html). ``spk2gender`` and transcripts are not
    known and not written. ``names.csv``, which Kaldi leaves alone, says which word stands for which person and segment.
    """

    name = "kaldi"

    def write(self, corpus: Corpus, folder: Path) -> None:
        """Write the four files, and the names."""
        people = speakers(corpus.persons())
        ids = tokens(utterance.id for utterance in corpus.utterances())
        scp, segments, utt2spk = [], [], []
        spk2utt: dict[str, list[str]] = {}
        words: dict[str, str] = {}
        for utterance, audio in heard(corpus):
            speaker = people[utterance.person]
            name = words[utterance.id] = f"{speaker}-{ids[utterance.id]}"
            scp.append((name, self.placed(audio, corpus)))
            segments.append((name, f"{name} 0.00 {seconds(audio):.7f}"))
            utt2spk.append((name, speaker))
            spk2utt.setdefault(speaker, []).append(name)
        _write(folder / "wav.scp", scp)
        _write(folder / "segments", segments)
        _write(folder / "utt2spk", utt2spk)
        _write(folder / "spk2utt", ((who, " ".join(sorted(said, key=str.encode))) for who, said in spk2utt.items()))
        write_names(folder, {"person": people, "segment": words})


def speakers(names: Iterable[str]) -> dict[str, str]:
    """Return a word for each name, so that utterances in their order are in the order of their speakers too.

    ``Jean`` would come before ``Jean-Paul``, but ``Jean-talk-0001`` behind ``Jean-Paul-talk-0001``. So whatever goes on
    in another word with a hyphen, or with what sorts before it, gets a short hash.
    """
    words = tokens(names)
    begun = {word[:place] for word in words.values() for place, letter in enumerate(word) if letter <= "-"}
    return {name: f"{word}-{short_hash(name)}" if word in begun else word for name, word in words.items()}


def seconds(audio: Path) -> float:
    """Return the length of a WAV file; at 16 kHz seven decimals say it exactly."""
    with audio.open("rb") as stream, wave.open(stream) as sound:
        return float(sound.getnframes() / sound.getframerate())


def _write(path: Path, lines: Iterable[tuple[str, str]]) -> None:
    ordered = sorted(lines, key=lambda line: line[0].encode())
    path.write_text("".join(f"{name} {rest}\n" for name, rest in ordered), encoding="utf-8")
