"""Lists that share no video, no re-upload and, where that is wanted, no speaker."""

import json

import numpy as np
import pytest

from slceleb_core.corpus.duplicates import Duplicate, Duplicates
from slceleb_core.corpus.lists import keep_only, write_split
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.corpus.splitting import LISTS, split
from slceleb_core.errors import UsageError

from .conftest import write_recording, write_wav

VIDEOS = tuple(f"v{n:03d}" for n in range(240))
NOTHING_SHARED = Duplicates((), VIDEOS, ())


def write_corpus(output_dir, videos):
    """Write a corpus: by video, who speaks how many seconds."""
    for name, said in videos.items():
        begun, spoken = 0.0, []
        for person, seconds in said:
            spoken.append((person, begun, begun + seconds))
            begun += seconds + 1
        write_recording(output_dir, name, spoken)
    return read_corpus(output_dir)


@pytest.fixture
def corpus(tmp_path):
    rng = np.random.default_rng(0)
    people = [f"person {n:02d}" for n in range(12)]
    videos = {name: [(people[n % 12], 0.2 + 0.3 * rng.random())] for n, name in enumerate(VIDEOS)}
    return write_corpus(tmp_path, videos)


@pytest.mark.parametrize("by", ["video", "person"])
def test_nothing_is_shared_and_nothing_is_lost(corpus, by):
    made = split(corpus, 0.1, 0.2, 0, by, NOTHING_SHARED)
    ids = [utterance.id for name in LISTS for utterance in made.utterances(corpus, name)]
    assert sorted(ids) == sorted(utterance.id for utterance in corpus.utterances())
    people = [{utterance.person for utterance in made.utterances(corpus, name)} for name in LISTS]
    shared = set.union(*people) - set.symmetric_difference(*people[:2]) if by == "person" else set()
    assert by == "video" or not (people[0] & people[1] or people[0] & people[2] or people[1] & people[2]), shared


def test_everybody_is_in_every_list_with_the_share_that_was_asked_for(corpus):
    made = split(corpus, 0.1, 0.2, 0, "video", NOTHING_SHARED)
    total = dict.fromkeys(corpus.persons(), 0.0)
    for utterance in corpus.utterances():
        total[utterance.person] += utterance.segment.duration
    for name in LISTS:
        for person, whole in total.items():
            said = sum(u.segment.duration for u in made.utterances(corpus, name) if u.person == person)
            assert said / whole == pytest.approx(made.shares[name], abs=0.05)
    assert made.remarks == ()


def test_the_same_seed_gives_the_same_lists_and_another_seed_others(corpus):
    first, again, other = (split(corpus, 0.1, 0.1, seed, "video", NOTHING_SHARED) for seed in (1, 1, 2))
    assert first == again
    assert first.recordings != other.recordings


def test_reuploads_and_the_same_file_stay_on_one_side(corpus):
    pairs = [Duplicate(f"v{n:03d}", f"v{n + 1:03d}", 3.0, 0.0, 0.0, 3.0, 50) for n in range(0, 200, 2)]
    made = split(corpus, 0.3, 0.3, 0, "video", Duplicates(tuple(pairs), VIDEOS, ()))
    side = {name: place for place, of in made.recordings.items() for name in of}
    assert all(side[pair.one] == side[pair.other] for pair in pairs)
    assert len(set(side.values())) == 3


@pytest.mark.parametrize("seed", range(4))
def test_a_reupload_that_dedupe_finds_is_never_divided(slceleb, tmp_path, seed):
    names = [f"v{n}" for n in range(8)]
    for place, name in enumerate(names):
        folder = write_recording(tmp_path, name, [("Ada", 1.0, 4.0)])
        (path,) = folder.rglob("*.wav")
        write_wav(path, 3.0, seed=place % 5)  # the last three hold what the first three hold
    assert slceleb("corpus", "dedupe", tmp_path)[0] == 0
    code, out, err = slceleb("corpus", "split", tmp_path, "--dev", 0.3, "--test", 0.3, "--seed", seed, "--json")
    assert code == 0, err
    made = json.loads(out)
    assert "re-uploads" not in "".join(made["remarks"])
    side = {name: place for place, of in made["recordings"].items() for name in of}
    assert all(side[f"v{n}"] == side[f"v{n + 5}"] for n in range(3))
    assert len(set(side.values())) == 3


def test_videos_that_have_come_since_reuploads_were_looked_for_are_told_of(slceleb, tmp_path):
    write_corpus(tmp_path, {name: [("Ada", 2.0)] for name in ("a", "b")})
    slceleb("corpus", "dedupe", tmp_path)
    assert "re-uploads" not in slceleb("corpus", "split", tmp_path)[2]
    write_corpus(tmp_path, {"c": [("Ada", 2.0)]})
    assert "nobody has looked for re-uploads in 1 video that came later" in slceleb("corpus", "split", tmp_path)[2]
    slceleb("corpus", "dedupe", tmp_path)
    assert "re-uploads" not in slceleb("corpus", "split", tmp_path)[2]


def test_what_cannot_be_met_is_said(tmp_path):
    corpus = write_corpus(tmp_path, {"a": [("Ada", 5.0)], "b": [("Bo", 1.0)]})
    made = split(corpus, 0.1, 0.1, 0, "video", None)
    said = "\n".join(made.remarks)
    assert "nobody has looked for re-uploads" in said
    assert "are not in test" in said
    assert "% of the speech in place of 10.0 %" in said


def test_a_person_who_speaks_in_every_video_joins_them_all(tmp_path):
    corpus = write_corpus(tmp_path, {name: [("host", 1.0), (f"guest {name}", 2.0)] for name in "abcdef"})
    made = split(corpus, 0.2, 0.2, 0, "person", NOTHING_SHARED)
    assert sorted(map(len, made.recordings.values())) == [0, 0, 6]
    assert made.remarks


@pytest.mark.parametrize(("dev", "test"), [(0.5, 0.5), (-0.1, 0.1)])
def test_parts_that_leave_nothing_are_refused(corpus, dev, test):
    with pytest.raises(UsageError, match="leave nothing"):
        split(corpus, dev, test, 0, "video", None)


def test_an_empty_corpus_cannot_be_split(tmp_path):
    write_recording(tmp_path, "silent", [])
    with pytest.raises(UsageError, match="nobody speaks"):
        split(read_corpus(tmp_path), 0.1, 0.1, 0, "video", None)


def test_lists_are_written_and_lose_only_what_is_taken_out(corpus):
    made = split(corpus, 0.1, 0.2, 0, "video", NOTHING_SHARED)
    folder = write_split(corpus, made, "/data")
    before = {name: (folder / f"{name}.lst").read_text().splitlines() for name in LISTS}
    assert {name: len(lines) for name, lines in before.items()} == {
        name: len(list(made.utterances(corpus, name))) for name in LISTS
    }
    line = (folder / "dev.csv").read_text().splitlines()[1].split(",")
    assert line[0] == before["dev"][0]
    assert line[3].startswith(f"/data/{line[2]}/clips/")
    gone = before["dev"][0]
    standing = {utterance.id: utterance.person for utterance in corpus.utterances() if utterance.id != gone}
    keep_only(corpus.folder, standing, {recording.name for recording in corpus.recordings})
    assert (folder / "dev.lst").read_text().splitlines() == before["dev"][1:]
    assert (folder / "train.lst").read_text().splitlines() == before["train"]
    assert json.loads((folder / "split.json").read_text())["seed"] == 0


def test_lists_lose_an_id_that_is_somebody_elses_by_now(tmp_path):
    corpus = write_corpus(tmp_path, {name: [("Ada", 1.0), ("Bo", 1.0)] for name in ("a", "b")})
    folder = write_split(corpus, split(corpus, 0, 0, 0, "video", NOTHING_SHARED), None)
    keep_only(tmp_path, {"a-0001": "Bo", "b-0001": "Ada", "b-0002": "Bo"}, ["a", "b"])
    assert (folder / "train.lst").read_text().splitlines() == ["b-0001", "b-0002"]
    assert [line.split(",")[:2] for line in (folder / "train.csv").read_text().splitlines()[1:]] == [
        ["b-0001", "Ada"],
        ["b-0002", "Bo"],
    ]
