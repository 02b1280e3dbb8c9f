"""A group of cameras shares files with single videos, and with other groups: what holds for a file holds for all."""

import json

import pytest

from slceleb_core.corpus.duplicates import find_duplicates
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.corpus.splitting import grouped


@pytest.fixture
def corpus(tmp_path):
    """A group of two files, another one that shares the second, that one alone, and something else."""

    def put(name, fingerprint, files=None):
        (tmp_path / name).mkdir()
        stated = {"video": f"/media/{name}.mp4", "fingerprint": fingerprint, "report": {"segments": []}}
        (tmp_path / name / "source.json").write_text(json.dumps({**stated, **({"files": files} if files else {})}))

    put("talk", "sha256:ab", {"/media/a.mp4": "sha256:a", "/media/b.mp4": "sha256:b"})
    put("more", "sha256:bc", {"/media/b.mp4": "sha256:b", "/media/c.mp4": "sha256:c"})
    put("b", "sha256:b")
    put("solo", "sha256:s")
    return read_corpus(tmp_path)


def test_the_files_of_a_recording_are_those_that_it_was_made_of(corpus):
    prints = {recording.name: sorted(recording.prints) for recording in corpus.recordings}
    assert prints == {
        "b": ["sha256:b"],
        "more": ["sha256:b", "sha256:bc", "sha256:c"],
        "solo": ["sha256:s"],
        "talk": ["sha256:a", "sha256:ab", "sha256:b"],
    }


def test_what_shares_a_file_stays_together_in_a_split(corpus):
    found = [[recording.name for recording in group] for group in grouped(corpus.recordings, "video", None)]
    assert sorted(map(sorted, found)) == [["b", "more", "talk"], ["solo"]]


def test_recordings_of_one_file_are_told_once_each(corpus):
    pairs = [(pair.one, pair.other) for pair in find_duplicates(corpus).pairs if pair.same_file]
    assert sorted(map(sorted, pairs)) == [["b", "more"], ["b", "talk"], ["more", "talk"]]
