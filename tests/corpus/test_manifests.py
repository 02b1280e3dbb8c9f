"""Each manifest, loaded by the library that it is for."""

import csv
import gzip
import json
import wave

import numpy as np
import pytest

from slceleb_core import hookimpl
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.disk.naming import tokens
from slceleb_core.manifests import MANIFESTS, ManifestSink, heard
from slceleb_core.manifests.exporting import export
from slceleb_core.models import ModelStore
from slceleb_core.registry import Registry
from slceleb_core.stages import StageContext
from slceleb_core.testing.conformance import SinkConformance

from .conftest import NAMES, write_recording

SEGMENTS = 7


def collect(name, corpus_dir, **options):
    (kind,) = [manifest for manifest in MANIFESTS if manifest.name == name]
    sink = kind(kind.Config(**options), StageContext(ModelStore(corpus_dir)))
    with sink:
        sink.collect(corpus_dir)
    return corpus_dir / "manifests" / name


@pytest.mark.parametrize("name", ["audiofolder", "voxceleb"])
def test_an_edit_in_a_manifest_leaves_the_corpus_alone_and_is_undone_by_the_next_one(corpus_dir, name):
    before = {utterance.id: utterance.audio.read_bytes() for utterance in read_corpus(corpus_dir).utterances()}
    held = sorted(collect(name, corpus_dir).rglob("*.wav"))
    assert sorted(path.read_bytes() for path in held) == sorted(before.values())
    with held[0].open("r+b") as stream:  # in place, as an editor of sound or a tagger does
        stream.seek(44)
        stream.write(bytes(100))
    assert {utterance.id: utterance.audio.read_bytes() for utterance in read_corpus(corpus_dir).utterances()} == before
    again = sorted(collect(name, corpus_dir).rglob("*.wav"))
    assert sorted(path.read_bytes() for path in again) == sorted(before.values())


@pytest.mark.parametrize("name", ["audiofolder", "voxceleb"])
def test_sound_that_a_manifest_holds_already_is_not_copied_again(corpus_dir, name, monkeypatch):
    first = {path.relative_to(corpus_dir): path.stat().st_ino for path in collect(name, corpus_dir).rglob("*.wav")}
    second = {path.relative_to(corpus_dir): path.stat() for path in collect(name, corpus_dir).rglob("*.wav")}
    assert {path: stat.st_ino for path, stat in second.items()} == first
    assert {stat.st_nlink for stat in second.values()} == {1}


def samples(path):
    with wave.open(str(path)) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), dtype=np.int16)


@pytest.fixture
def corpus(corpus_dir):
    return read_corpus(corpus_dir)


def test_the_rttm_loads_in_pyannote(corpus_dir, corpus):
    util = pytest.importorskip("pyannote.database.util", reason="pyannote.database is not installed")
    folder = collect("rttm", corpus_dir)
    loaded = util.load_rttm(folder / "corpus.rttm")
    people = tokens(corpus.persons())
    for recording in corpus.recordings:
        if not recording.utterances:
            continue
        annotation = loaded[tokens(whole.name for whole in corpus.recordings)[recording.name]]
        found = sorted((round(s.start, 3), round(s.duration, 3), who) for s, _, who in annotation.itertracks(True))
        expected = [(u.segment.start, round(u.segment.duration, 3), people[u.person]) for u in recording.utterances]
        assert found == sorted(expected)


def test_the_rttm_is_nine_words_a_line_and_its_names_lead_back(corpus_dir, corpus):
    folder = collect("rttm", corpus_dir)
    lines = (folder / "corpus.rttm").read_text().splitlines()
    assert len(lines) == SEGMENTS
    assert all(len(line.split()) == 10 and line.startswith("SPEAKER ") for line in lines)
    with (folder / "names.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["name"] for row in rows if row["kind"] == "person"} == set(corpus.persons())


def test_the_kaldi_folder_holds_by_kaldis_rules(corpus_dir, corpus):
    folder = collect("kaldi", corpus_dir)
    tables = {}
    for name in ("wav.scp", "segments", "utt2spk", "spk2utt"):
        lines = (folder / name).read_bytes().splitlines()
        keys = [line.split(b" ", 1)[0] for line in lines]
        assert keys == sorted(keys)
        assert len(set(keys)) == len(keys) > 0
        tables[name] = dict(line.decode().split(" ", 1) for line in lines)
    assert len(tables["utt2spk"]) == SEGMENTS
    assert set(tables["segments"]) == set(tables["utt2spk"])
    assert all(utterance.startswith(f"{speaker}-") for utterance, speaker in tables["utt2spk"].items())
    inverted = {who: set(said.split()) for who, said in tables["spk2utt"].items()}
    assert {u for said in inverted.values() for u in said} == set(tables["utt2spk"])
    by_length = {spoken.audio: spoken.segment.duration for spoken in corpus.utterances()}
    for line in tables["segments"].values():
        recording, start, end = line.split()
        (audio,) = [path for path in by_length if str(path.absolute()) == tables["wav.scp"][recording]]
        assert float(start) == 0
        assert float(end) == pytest.approx(by_length[audio], abs=1e-4)


def test_the_voxceleb_tree_has_every_segment_bit_for_bit(corpus_dir, corpus):
    folder = collect("voxceleb", corpus_dir)
    with (folder / "meta.csv").open(newline="") as stream:
        names = {row["id"]: row["name"] for row in csv.DictReader(stream)}
    found = sorted(folder.glob("wav/*/*/*.wav"))
    assert len(found) == SEGMENTS
    for person in corpus.persons():
        mine = [path for path in found if names[path.parts[-3]] == person]
        said = [utterance for utterance in corpus.utterances() if utterance.person == person]
        assert len(mine) == len(said)
        for path, utterance in zip(mine, said, strict=True):
            assert np.array_equal(samples(path), samples(utterance.audio))


def test_the_lhotse_manifests_load_and_lead_to_the_sound(corpus_dir, corpus):
    lhotse = pytest.importorskip("lhotse", reason="lhotse is not installed")
    folder = collect("lhotse", corpus_dir)
    recordings = lhotse.load_manifest(folder / "recordings.jsonl.gz")
    supervisions = lhotse.load_manifest(folder / "supervisions.jsonl.gz")
    lhotse.validate_recordings_and_supervisions(recordings, supervisions)
    cuts = lhotse.CutSet.from_manifests(recordings=recordings, supervisions=supervisions)
    by_id = {utterance.id: utterance for utterance in corpus.utterances()}
    assert len(recordings) == SEGMENTS
    for cut in cuts:
        (supervision,) = cut.supervisions
        utterance = by_id[supervision.id]
        assert supervision.speaker == utterance.person
        assert supervision.duration == pytest.approx(utterance.segment.duration, abs=1e-4)
        loaded = np.rint(cut.load_audio()[0] * 32768).astype(np.int16)
        assert np.array_equal(loaded, samples(utterance.audio))


def test_the_audiofolder_loads_in_datasets(corpus_dir, corpus, tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = collect("audiofolder", corpus_dir)
    loaded = datasets.load_dataset(
        "audiofolder", data_dir=str(folder), cache_dir=str(tmp_path / "cache"), split="train"
    )
    loaded = loaded.cast_column("audio", datasets.Audio(decode=False))
    by_id = {utterance.id: utterance for utterance in corpus.utterances()}
    assert sorted(loaded["id"]) == sorted(by_id)
    for row in loaded:
        utterance = by_id[row["id"]]
        assert (row["speaker"], row["video"]) == (utterance.person, utterance.recording)
        assert row["end"] - row["start"] == pytest.approx(utterance.segment.duration, abs=1e-3)
        assert np.array_equal(samples(row["audio"]["path"]), samples(utterance.audio))


def test_the_parquet_tables_hold_segments_and_frames(corpus_dir, corpus):
    pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    face = {"track": 3, "box": [1, 2, 3, 4], "score": 0.9, "person": "محمد", "similarity": 0.5, "speaking": None}
    frames = [{"index": 0, "time": 0.04, "faces": [face, face]}, {"index": 1, "time": 0.08, "faces": []}]
    with gzip.open(corpus_dir / "second" / "frames.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(frame) + "\n" for frame in frames)
    folder = collect("parquet", corpus_dir)
    rows = pq.read_table(folder / "segments.parquet").to_pylist()
    assert [(row["id"], row["person"], row["duration"]) for row in rows] == [
        (utterance.id, utterance.person, utterance.segment.duration) for utterance in corpus.utterances()
    ]
    faces = pq.read_table(folder / "frames.parquet").to_pylist()
    assert len(faces) == 2
    assert (faces[0]["recording"], faces[0]["person"], faces[0]["speaking"]) == ("second", "محمد", None)


@pytest.mark.parametrize("kind", MANIFESTS, ids=lambda kind: kind.name)
def test_a_manifest_is_replaced_as_a_whole_and_leaves_nothing_aside(corpus_dir, kind):
    if kind.name == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    folder = collect(kind.name, corpus_dir)
    (folder / "of-before").touch()
    collect(kind.name, corpus_dir)
    assert not (folder / "of-before").exists()
    assert not list((corpus_dir / ".partial").iterdir())
    assert {path.name for path in (corpus_dir / "manifests").iterdir()} == {kind.name}


def test_a_manifest_is_replaced_where_folders_cannot_change_places(corpus_dir, monkeypatch):
    folder = collect("rttm", corpus_dir)
    (folder / "of-before").touch()
    monkeypatch.setattr("ctypes.CDLL", lambda _name: object())  # a C library without renameat2
    collect("rttm", corpus_dir)
    assert {path.name for path in folder.iterdir()} == {"corpus.rttm", "names.csv"}
    assert not list((corpus_dir / ".partial").iterdir())


@pytest.mark.parametrize("name", ["kaldi", "lhotse"])
def test_paths_begin_with_the_root_that_is_asked_for(corpus_dir, name):
    folder = collect(name, corpus_dir, root="/data/corpus")
    files = [path for path in folder.iterdir() if path.name in ("wav.scp", "recordings.jsonl.gz")]
    (path,) = files
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    assert "/data/corpus/second/clips/" in text
    assert str(corpus_dir) not in text


def test_words_for_names_are_unique_and_without_blanks():
    names = ["Ada Lovelace", "Ada_Lovelace", "ada lovelace", "a/b", "", "x y" * 90]
    words = tokens(names)
    assert len({word.casefold() for word in words.values()}) == len(names)
    assert words["Ada_Lovelace"] == "Ada_Lovelace"
    assert not any(" " in word or "/" in word or not word for word in words.values())


@pytest.fixture
def hostile(tmp_path):
    """Return an output folder of people and videos whose names mean something to readers of tables, or to sorters."""
    out = tmp_path / "hostile"
    people = ["Jean", "Jean-Paul", "Jean, Jr.", "a b", "a_b", "007", "NA", "nan", "=1+1", "-rf", "Zoé", "zoÉ"]
    facts = {"url": "https://example.org/?a=1,2", "licence": "=CC BY", "consent": 'yes, "signed"\nby hand'}
    write_recording(out, "null", [(name, n, n + 0.81257) for n, name in enumerate(people)], facts)
    write_recording(out, "2020", [("Jean-Paul", 0.0, 1.0), ("Jean", 1.0, 2.0)], {"url": "https://example.org/b"})
    write_recording(out, "Jean", [("Jean", 0.0, 1.0)])
    return out


def test_kaldis_order_by_speaker_is_that_by_utterance_whatever_people_are_called(hostile):
    folder = collect("kaldi", hostile)
    lines = (folder / "utt2spk").read_bytes().splitlines()
    assert lines == sorted(lines, key=lambda line: (line.split()[1], line))
    people = {line.split()[1] for line in lines}
    assert len(people) == len(read_corpus(hostile).persons())
    assert {b"Jean-Paul", b"Zo\xc3\xa9"} <= people


def test_no_segment_ends_behind_its_recording_by_the_last_digit(hostile):
    folder = collect("kaldi", hostile)
    files = dict(line.split(" ", 1) for line in (folder / "wav.scp").read_text().splitlines())
    for line in (folder / "segments").read_text().splitlines():
        _, recording, start, end = line.split(" ")
        assert (float(start), float(end)) == (0.0, len(samples(files[recording])) / 16_000)


def test_names_that_tables_take_for_nothing_load_in_pyannote(hostile):
    util = pytest.importorskip("pyannote.database.util", reason="pyannote.database is not installed")
    folder = collect("rttm", hostile)
    with (folder / "names.csv").open(newline="") as stream:
        names = {(row["kind"], row["word"]): row["name"] for row in csv.DictReader(stream)}
    loaded = util.load_rttm(folder / "corpus.rttm")
    said = [(names["recording", uri], names["person", who]) for uri in loaded for who in loaded[uri].labels()]
    assert set(said) == {(utterance.recording, utterance.person) for utterance in read_corpus(hostile).utterances()}


def test_names_that_look_like_numbers_or_nothing_load_in_datasets_as_they_are(hostile, tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = collect("audiofolder", hostile)
    loaded = datasets.load_dataset(
        "audiofolder", data_dir=str(folder), cache_dir=str(tmp_path / "cache"), split="train"
    )
    found = {
        (row["id"], row["speaker"], row["video"]) for row in loaded.cast_column("audio", datasets.Audio(decode=False))
    }
    assert found == {
        (utterance.id, utterance.person, utterance.recording) for utterance in read_corpus(hostile).utterances()
    }


def test_the_source_of_each_segment_stands_in_every_form_that_has_room_for_it(hostile):
    pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    lhotse = collect("lhotse", hostile) / "supervisions.jsonl.gz"
    with (collect("provenance", hostile) / "provenance.csv").open(newline="") as stream:
        by_form = {"provenance": list(csv.DictReader(stream))}
    by_form["parquet"] = pq.read_table(collect("parquet", hostile) / "segments.parquet").to_pylist()
    by_form["lhotse"] = [
        {"id": cut["id"], **cut["custom"]} for cut in map(json.loads, gzip.decompress(lhotse.read_bytes()).splitlines())
    ]
    text = (collect("audiofolder", hostile) / "metadata.jsonl").read_text()
    by_form["audiofolder"] = [json.loads(line) for line in text.splitlines()]
    recordings = {utterance.id: whole for whole in read_corpus(hostile).recordings for utterance in whole.utterances}
    for form, rows in by_form.items():
        assert len(rows) == len(recordings), form
        for row in rows:
            recording = recordings[row["id"]]
            assert f"sha256:{row['video_sha256']}" == recording.fingerprint
            for column in ("url", "licence", "consent"):
                assert row[f"source_{column}"] == recording.facts.get(column, ""), form


class SpeakersSink(ManifestSink):
    """A form of a plugin: who speaks in which file."""

    name = "speakers"

    def write(self, corpus, folder):
        lines = [f"{utterance.person}\t{self.placed(audio, corpus)}\n" for utterance, audio in heard(corpus)]
        (folder / "speakers.tsv").write_text("".join(lines), encoding="utf-8")


class TestSpeakers(SinkConformance):
    stage = SpeakersSink


def test_a_plugins_own_form_is_exported_like_any_other(corpus_dir):
    plugin = type("Plugin", (), {"slceleb_sinks": staticmethod(hookimpl(lambda: [SpeakersSink]))})()
    (folder,) = export(corpus_dir, ["speakers"], "/elsewhere", Registry.of(plugin))
    assert folder == corpus_dir / "manifests" / "speakers"
    assert f"{NAMES[0]}\t/elsewhere/second/clips/" in (folder / "speakers.tsv").read_text(encoding="utf-8")
