"""Whatever changes a corpus may be killed at any moment: all can read it then, and the same command does the rest."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from slceleb_core.corpus.folders import ASIDE
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.disk.output import statement_of
from slceleb_core.disk.removals import read_removals

from .conftest import write_recording

POINTS = 6
SPOKEN = [("Ada Lovelace", 0.0, 1.0), ("Bo", 1.0, 2.5), ("Ada Lovelace", 3.0, 4.0)]
READERS = (("corpus", "report"), ("report",), ("corpus", "export", "--to", "lhotse"), ("corpus", "split"))
REMOVALS = {"person": (("--person", "Ada Lovelace"), b"Ada Lovelace"), "video": (("--video", "first"), b"first-000")}


@pytest.fixture
def out(tmp_path, slceleb):
    """Return a corpus with all that is made of one, earlier results, and what an earlier process has left behind."""
    folder = tmp_path / "out"
    for name in ("first", "second"):
        write_recording(folder, name, SPOKEN)
    write_recording(folder / ".earlier", "first.1", SPOKEN)
    stated = json.loads((folder / "first" / "source.json").read_text())
    (folder / ".earlier" / "first.1" / "source.json").write_text(json.dumps(stated))
    (folder / "second" / ".source.json.77").write_text(json.dumps(stated))
    forms = [word for name in ("kaldi", "rttm", "voxceleb", "provenance") for word in ("--to", name)]
    for command in (("export", folder, *forms), ("report", folder), ("dedupe", folder), ("split", folder)):
        slceleb("corpus", *command)
    slceleb("report", folder)
    return folder


def killed(out, *command, points=POINTS, least=2 * POINTS):
    """Return copies of a folder, in each of which the command was killed at another of at least so many moments.

    There are as many copies as `points`; 0: it was killed at every one of the moments.
    """
    program = [sys.executable, Path(__file__).with_name("killing.py"), out, str(points), *map(str, command)]
    done = subprocess.run(program, check=True, capture_output=True, text=True)
    moments = int(done.stdout.split()[-1])
    assert moments > least
    return [out.with_name(f"{out.name}-{number}") for number in range(points or moments)]


def decided(out, verdict, when, chosen):
    decisions = {key: {"decision": verdict, "note": "", "when": when} for key in chosen}
    file = out.with_name(f"{verdict}.json")
    file.write_text(json.dumps({"format": 1, "reviewer": "me", "corpus": "", "decisions": decisions}))
    return file


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def everybody_reads(slceleb, folder):
    for command, *further in READERS:
        words = (*further[:1], folder, *further[1:]) if command == "corpus" else (folder,)
        code, _, err = slceleb(command, *words)
        assert code == 0, err


@pytest.mark.parametrize("kind", REMOVALS)
def test_a_removal_that_was_killed_is_finished_by_the_same_command(out, slceleb, kind):
    which, trace = REMOVALS[kind]
    copies = killed(out, "corpus", "remove", "{out}", *which)
    slceleb("corpus", "remove", out, *which)
    for folder in copies:
        code, _, err = slceleb("corpus", "remove", folder, *which)
        assert code == 0, err
        assert files(folder) == files(out)
        assert (folder / "manifests/kaldi/utt2spk").read_bytes() == (out / "manifests/kaldi/utt2spk").read_bytes()
        assert not [path for path in folder.rglob("*") if path.is_file() and trace in path.read_bytes()]
        assert not [path for path in folder.rglob("*") if trace in str(path.relative_to(folder)).encode()]
        assert [removal.finished is not None for removal in read_removals(folder)] == [True]


@pytest.mark.parametrize("kind", REMOVALS)
def test_a_corpus_is_read_by_all_between_a_kill_and_the_rest(out, slceleb, kind):
    which, trace = REMOVALS[kind]
    for folder in killed(out, "corpus", "remove", "{out}", *which)[1::2]:
        everybody_reads(slceleb, folder)
        code, _, err = slceleb("corpus", "remove", folder, *which)
        assert code == 0, err
        assert not [path for path in folder.rglob("*") if path.is_file() and trace in path.read_bytes()]


@pytest.mark.parametrize(
    ("command", "kept"),
    [(("export", "{out}", "--to", "rttm"), "manifests/rttm/corpus.rttm"), (("split", "{out}"), "splits/split.json")],
    ids=["export", "split"],
)
def test_what_is_written_anew_is_there_at_every_moment(out, command, kept):
    for folder in killed(out, "corpus", *command, points=20, least=5):
        assert (folder / kept).is_file()


def test_a_review_that_was_killed_is_finished_by_the_same_command(out, slceleb):
    reject = decided(out, "reject", "2026-01-01T00:00:00Z", ["first-0001", "first-0002", "second-0003"])
    copies = killed(out, "review", "apply", reject, "{out}")
    slceleb("review", "apply", reject, out)
    ids = [utterance.id for utterance in read_corpus(out).utterances()]
    assert ids == ["first-0003", "second-0001", "second-0002"]
    for folder in copies:
        code, _, err = slceleb("review", "apply", reject, folder)
        assert code == 0, err
        assert [utterance.id for utterance in read_corpus(folder).utterances()] == ids
        assert len(list((folder / ASIDE).rglob("*.wav"))) == 3
        assert all(removal.finished is not None for removal in read_removals(folder))


def test_bringing_back_that_was_killed_is_finished_by_the_same_command(out, slceleb):
    chosen = ["first-0001", "first-0002", "second-0003"]
    before = {utterance.id: utterance.audio.read_bytes() for utterance in read_corpus(out).utterances()}
    slceleb("review", "apply", decided(out, "reject", "2026-01-01T00:00:00Z", chosen), out)
    accept = decided(out, "accept", "2026-01-02T00:00:00Z", chosen)
    for folder in killed(out, "review", "apply", accept, "{out}"):
        code, _, err = slceleb("review", "apply", accept, folder)
        assert code == 0, err
        assert {utterance.id: utterance.audio.read_bytes() for utterance in read_corpus(folder).utterances()} == before
        assert not list(folder.glob(f"{ASIDE}/**/*.wav"))


def review_of(out, reviewer, when, **verdicts):
    """Return a file of decisions; `_` in an id stands for `-`."""
    said = {"note": reviewer, "when": when}
    decisions = {key.replace("_", "-"): {"decision": verdict, **said} for key, verdict in verdicts.items()}
    file = out.with_name(f"{reviewer}.json")
    file.write_text(json.dumps({"format": 1, "reviewer": reviewer, "corpus": "", "decisions": decisions}))
    return file


def decided_in(folder):
    """Return who decided what of each segment, and whether it is in the corpus, in its manifest and set aside."""
    corpus = read_corpus(folder)
    present = {utterance.id for utterance in corpus.utterances()}
    heard = {utterance.id for utterance in corpus.utterances() if utterance.audio is not None}
    manifest = (folder / "manifests" / "kaldi" / "utt2spk").read_text()
    aside = {path.stem for path in (folder / ASIDE).rglob("*.wav")}
    for recording in corpus.recordings:
        for key, entry in (statement_of(recording.folder).get("review") or {}).items():
            where = (key in present, key in heard, key in manifest, key not in aside)
            yield key, entry["reviewer"], entry["decision"], where


@pytest.fixture
def bare(tmp_path, slceleb):
    """Return a corpus of which one manifest was made, and nothing else: a command on it makes few changes."""
    folder = tmp_path / "bare"
    for name in ("first", "second"):
        write_recording(folder, name, SPOKEN)
    slceleb("corpus", "export", folder, "--to", "kaldi")
    return folder


def test_a_review_that_was_killed_is_finished_by_the_next_one_for_what_it_is_about(bare, slceleb):
    """Killed at any write, the first reviewer's decisions are all carried out or are not there; the next one's are."""
    first = review_of(bare, "Ann", "2026-01-01T00:00:00Z", first_0001="reject", second_0003="reject")
    other = review_of(bare, "Bo", "2026-01-02T00:00:00Z", first_0002="reject", second_0001="accept")
    told = 0
    copies = killed(bare, "review", "apply", first, "{out}", points=0, least=30)
    for folder in copies:
        code, _, err = slceleb("review", "apply", other, folder)
        assert code == 0, err
        said = list(decided_in(folder))
        wrong = [decision for decision in said if set(decision[3]) != {decision[2] == "accept"}]
        assert not wrong, folder
        assert {(key, who) for key, who, *_ in said} >= {("first-0002", "Bo"), ("second-0001", "Bo")}
        rejected = {key: who for key, who, verdict, _ in said if verdict == "reject"}
        records = [removal for removal in read_removals(folder) if removal.kind == "segments"]
        assert all(removal.finished is not None for removal in records)
        assert {(key, removal.by) for removal in records for key in removal.among(rejected)} == set(rejected.items())
        assert sum(removal.stats.segments for removal in records) == len(rejected)
        told += "somebody was stopped in the middle" in err
    assert told > len(copies) // 2


def test_bringing_back_that_was_killed_is_finished_by_the_next_review(bare, slceleb):
    chosen = {"first_0001": "reject", "second_0003": "reject"}
    slceleb("review", "apply", review_of(bare, "Ann", "2026-01-01T00:00:00Z", **chosen), bare)
    before = {key for key, *_ in decided_in(bare)}
    back = review_of(bare, "Bo", "2026-01-02T00:00:00Z", first_0001="accept", second_0003="accept")
    other = review_of(bare, "Cy", "2026-01-03T00:00:00Z", first_0002="reject")
    for folder in killed(bare, "review", "apply", back, "{out}", points=15, least=20):
        code, _, err = slceleb("review", "apply", other, folder)
        assert code == 0, err
        said = {key: (who, verdict, where) for key, who, verdict, where in decided_in(folder)}
        assert said.pop("first-0002")[:2] == ("Cy", "reject")
        assert set(said) == before
        for who, verdict, where in said.values():
            assert (who, verdict) in (("Ann", "reject"), ("Bo", "accept"))
            assert set(where) == {verdict == "accept"}


@pytest.mark.parametrize("verdict", ["reject", "accept"])
def test_a_corpus_is_read_by_all_between_a_kill_and_the_rest_of_a_review(out, slceleb, verdict):
    chosen = ["first-0001", "first-0002", "second-0003"]
    if verdict == "accept":
        slceleb("review", "apply", decided(out, "reject", "2026-01-01T00:00:00Z", chosen), out)
    decisions = decided(out, verdict, "2026-01-02T00:00:00Z", chosen)
    for folder in killed(out, "review", "apply", decisions, "{out}")[1::2]:
        everybody_reads(slceleb, folder)
        code, _, err = slceleb("review", "apply", decisions, folder)
        assert code == 0, err
        assert len(read_corpus(folder).recordings[0].utterances) == (1 if verdict == "reject" else 3)
