"""``DATASHEET.md``: what it says of a corpus, what it says that it does not know, and what it must not hold."""

import pytest

from slceleb_core.corpus.datasheets import FILE, datasheet_of, write_datasheet
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.disk.output import is_reserved

HEADINGS = (
    "Motivation",
    "Composition",
    "Collection process",
    "Preprocessing, cleaning, labelling",
    "Uses",
    "Distribution",
    "Maintenance",
)


def made_by(sha):
    model = {"file": "face.onnx", "sha256": sha, "licence": "Apache-2.0"}
    stage = {"name": "drawn", "distribution": "slceleb-drawn", "version": "1.0", "model": model}
    return {"stages": {"detector": stage}, "profile": {"name": "default"}, "versions": {"slceleb-core": "0.1.0"}}


@pytest.fixture
def listed(out, write_video):
    facts = {"licence": "CC BY 4.0", "url": "https://example.org/a|b"}
    write_video(out, "fourth", [("Ada | <b>Lovelace</b>", 1.0, 3.0)], facts=facts, provenance=made_by("ab" * 32))
    return out


def test_it_has_the_headings_of_gebru_and_others(listed):
    text = datasheet_of(read_corpus(listed))
    places = [text.index(f"\n## {heading}\n") for heading in HEADINGS]
    assert places == sorted(places)


def test_licences_models_and_gates_stand_in_it(listed):
    text = datasheet_of(read_corpus(listed))
    assert "| CC BY 4.0 | 1 |" in text
    assert "| not stated | 3 |" in text
    assert "| face.onnx | Apache-2.0 | abababababababab | 1 |" in text
    assert "detector drawn (slceleb-drawn 1.0)" in text
    assert "| asd | ≥ 0.5 |" in text
    assert "| asd | " in text
    assert "26 segments" in text


def test_what_is_not_known_is_said_to_be_not_known(listed):
    text = datasheet_of(read_corpus(listed))
    assert "Not audited" in text
    assert "Consent: not stated in the list." in text
    assert "not known to the program" in text


def test_no_path_and_no_markup_is_in_it(listed, tmp_path):
    text = datasheet_of(read_corpus(listed))
    assert "/videos" not in text
    assert str(tmp_path) not in text
    assert "<b>" not in text.replace("\\<", "")
    assert "Ada \\| \\<b\\>Lovelace" in text


def test_an_empty_corpus_has_one_too(tmp_path):
    assert "0 segments" in datasheet_of(read_corpus(tmp_path))


def test_it_is_written_anew_when_something_is_taken_out(listed, slceleb):
    write_datasheet(listed)
    slceleb("corpus", "remove", listed, "--video", "fourth")
    text = (listed / FILE).read_text(encoding="utf-8")
    assert "CC BY" not in text
    assert "0 names and 1 video were" in text


def test_no_video_is_called_as_it(listed):
    assert is_reserved(FILE)
