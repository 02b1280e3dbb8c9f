"""What a corpus is said to hold, the forms that it is exported to, and where its segments come from."""

import csv
import json

import numpy as np
import pytest

from slceleb_core.corpus.figures import figures_of
from slceleb_core.corpus.provenance import Model, origin_of
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.corpus.reports import write_corpus_report
from slceleb_core.corpus.snr import wada_snr
from slceleb_core.decision.strangers import Cohort

from .conftest import NAMES, write_recording


def noisy_speech(ratio, seed=0):
    """Return ten seconds of what WADA-SNR takes for speech, in Gaussian noise."""
    rng = np.random.default_rng(seed)
    speech = rng.gamma(0.4, 1.0, 160_000) * rng.choice([-1, 1], 160_000)
    return 0.1 * speech / speech.std() + 0.1 * 10 ** (-ratio / 20) * rng.standard_normal(160_000)


@pytest.mark.parametrize("ratio", [0, 10, 20, 30, 40])
def test_the_signal_to_noise_ratio_is_that_of_the_model(ratio):
    assert wada_snr(noisy_speech(ratio)) == pytest.approx(ratio, abs=1.0)


def test_the_signal_to_noise_ratio_does_not_depend_on_the_level():
    assert wada_snr(0.01 * noisy_speech(15)) == wada_snr(noisy_speech(15))


def test_silence_has_no_ratio():
    assert wada_snr(np.zeros(1600)) is None


def test_figures_are_counted_by_person_and_in_all(corpus_dir):
    figures = figures_of(read_corpus(corpus_dir))
    assert (figures.videos, figures.videos_with_speech, figures.segments, figures.people) == (3, 2, 7, 6)
    assert figures.video_seconds == 180.0
    assert figures.speech_seconds == pytest.approx(6 * 1.25 + 2.25)
    first = next(iter(figures.persons))
    ada = figures.persons[NAMES[0]]
    assert (first, ada.sessions, ada.segments, ada.seconds) == (NAMES[0], 2, 2, 3.5)
    assert (ada.durations.least, ada.durations.most) == (1.25, 2.25)
    assert ada.snr.count == 2


def stating(folder, statistics):
    """Have a recording state these statistics."""
    stated = json.loads((folder / "source.json").read_text())
    stated["report"]["statistics"] = statistics
    (folder / "source.json").write_text(json.dumps(stated))


def test_strangers_of_all_videos_are_put_together_by_person(tmp_path):
    random = np.random.default_rng(0)
    for name, shift in (("a", 0.0), ("b", 0.0), ("c", 1.0)):
        cohort = Cohort()
        for ada, bo in random.standard_normal((400, 2)):
            cohort.take({"Ada": ada + shift, "Bo": bo})
        raised = {"shift": shift, "widening": 1.0}
        stating(write_recording(tmp_path, name, []), {"strangers": {**cohort.to_json(), "raised": raised}})
    stating(write_recording(tmp_path, "without", []), {})
    figures = figures_of(read_corpus(tmp_path))
    strangers = figures.strangers
    assert (strangers.tracks, strangers.videos_raised, strangers.whole.comparisons) == (1200, 1, 2400)
    assert list(strangers.persons) == ["Ada", "Bo"]
    bo = strangers.persons["Bo"]
    assert (bo.median, bo.spread, bo.near) == (
        pytest.approx(0, abs=0.1),
        pytest.approx(1, abs=0.1),
        pytest.approx(2.33, abs=0.25),
    )
    write_corpus_report(tmp_path)
    shown = (tmp_path / "corpus_report.html").read_text()
    assert "How near strangers come" in shown
    assert "The point was raised in 1 video." in shown


def test_a_corpus_without_a_rate_says_nothing_of_strangers(corpus_dir):
    assert figures_of(read_corpus(corpus_dir)).strangers is None
    write_corpus_report(corpus_dir)
    assert "strangers come" not in (corpus_dir / "corpus_report.html").read_text()


def test_what_gates_have_cost_is_summed_in_their_order(tmp_path):
    for name, lost in (
        ("a", {"face size": 1.5, "asd": 2.0, "former": 1.0}),
        ("b", {"face size": 0.5, "vad": 3.0}),
    ):
        folder = write_recording(tmp_path, name, [])
        stated = json.loads((folder / "source.json").read_text())
        stated["report"]["statistics"] = {"rejected_seconds": lost}
        (folder / "source.json").write_text(json.dumps(stated))
    lost = figures_of(read_corpus(tmp_path)).rejected_seconds
    assert list(lost.items()) == [("face size", 2.0), ("vad", 3.0), ("asd", 2.0), ("former", 1.0)]


def test_the_report_is_written_as_data_and_as_a_page_with_names_escaped(slceleb, corpus_dir):
    code, out, _ = slceleb("corpus", "report", corpus_dir)
    assert code == 0
    assert "Ada Lovelace" in out
    plain = json.loads((corpus_dir / "corpus_report.json").read_text())
    assert set(plain["persons"]) == set(NAMES)
    page = (corpus_dir / "corpus_report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "محمد" in page


def test_an_empty_corpus_has_a_report(tmp_path):
    write_recording(tmp_path, "silent", [])
    assert write_corpus_report(tmp_path).segments == 0
    assert "Nobody speaks" in (tmp_path / "corpus_report.html").read_text()


def test_a_corpus_is_exported_in_the_forms_that_are_asked_for(slceleb, corpus_dir):
    code, out, err = slceleb("corpus", "export", corpus_dir, "--to", "kaldi", "--to", "rttm", "--root", "/data")
    assert code == 0, err
    assert "/data/second/clips/" in (corpus_dir / "manifests" / "kaldi" / "wav.scp").read_text()
    assert (corpus_dir / "manifests" / "rttm").is_dir()
    assert "kaldi" in out
    code, _, err = slceleb("corpus", "export", corpus_dir, "--to", "kaldy")
    assert (code, "did you mean kaldi?" in err) == (2, True)


def test_a_manifest_that_was_exported_for_another_place_stays_so_after_a_removal(slceleb, corpus_dir):
    slceleb("corpus", "export", corpus_dir, "--to", "kaldi", "--root", "/data")
    slceleb("corpus", "split", corpus_dir)
    slceleb("corpus", "report", corpus_dir)
    code, _, err = slceleb("corpus", "remove", corpus_dir, "--person", NAMES[0])
    assert code == 0, err
    lines = (corpus_dir / "manifests" / "kaldi" / "wav.scp").read_text().splitlines()
    assert len(lines) == 5
    assert all(" /data/" in line for line in lines)
    assert NAMES[0] not in json.loads((corpus_dir / "corpus_report.json").read_text())["persons"]
    assert "Lovelace" not in "".join(path.read_text() for path in (corpus_dir / "splits").iterdir())


PROVENANCE = {
    "profile": {"sinks": []},
    "versions": {"slceleb-core": "0.1.0"},
    "stages": {
        "detector": {
            "name": "mediapipe",
            "distribution": "slceleb-detector-mediapipe",
            "version": "0.2",
            "model": {"name": "face.task", "sha256": "ab", "licence": "Apache-2.0"},
        },
        "speaker": {"name": "xcorr", "distribution": "slceleb-speaker-xcorr", "version": "0.3"},
    },
}


@pytest.fixture
def traced(tmp_path):
    facts = {"url": "https://example.org/v", "licence": "CC-BY-4.0", "consent": "yes; written"}
    folder = write_recording(tmp_path, "talk", [("Ada", 0.0, 1.0), ("Bo", 1.5, 2.0)], facts)
    stated = json.loads((folder / "source.json").read_text())
    stated["report"]["provenance"] = PROVENANCE
    (folder / "source.json").write_text(json.dumps(stated))
    return tmp_path


def test_where_a_recording_comes_from_is_told_by_its_report(traced):
    (recording,) = read_corpus(traced).recordings
    origin = origin_of(recording)
    assert origin.facts["licence"] == "CC-BY-4.0"
    assert origin.models == (Model("face.task", "ab", "Apache-2.0"),)
    assert origin.plugins[1] == "speaker xcorr (slceleb-speaker-xcorr 0.3)"


def test_every_segment_has_a_row_of_provenance(slceleb, traced):
    code, _, err = slceleb("corpus", "export", traced, "--to", "provenance")
    assert code == 0, err
    with (traced / "manifests" / "provenance" / "provenance.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["person"] for row in rows] == ["Ada", "Bo"]
    assert rows[0]["source_consent"] == "yes; written"
    assert rows[0]["video_sha256"] == "talk"
    assert (rows[0]["models"], rows[0]["model_licences"], rows[0]["slceleb"]) == ("face.task", "Apache-2.0", "0.1.0")


def test_splits_and_duplicates_are_told_on_the_command_line(slceleb, corpus_dir):
    code, out, err = slceleb("corpus", "dedupe", corpus_dir)
    assert code == 0, err
    code, out, err = slceleb("corpus", "split", corpus_dir, "--dev", "0.2", "--test", "0.2", "--json")
    assert code == 0, err
    assert set(json.loads(out)["recordings"]) == {"train", "dev", "test"}


@pytest.mark.parametrize("command", ["report", "split", "dedupe", "export", "remove"])
def test_a_folder_that_is_not_there_is_said_in_one_line(slceleb, tmp_path, command):
    further = {"export": ["--to", "kaldi"], "remove": ["--person", "Ada"]}.get(command, [])
    code, _, err = slceleb("corpus", command, tmp_path / "nowhere", *further)
    assert code == 2
    assert "cannot read the output folder" in err
    assert not (tmp_path / "nowhere").exists()
