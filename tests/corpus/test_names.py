"""People may be called anything: nothing breaks, nothing leaves its folder, and every form leads back to the name."""

import csv
import gzip
import json
import subprocess
import sys
import unicodedata

import pytest

from slceleb_core.cli import main
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.corpus.redaction import Redaction
from slceleb_core.disk.naming import safe_name
from slceleb_core.manifests import MANIFESTS

from .conftest import write_recording

PEOPLE = [
    *("<script>alert(1)</script>", "a/b", "..", "../../etc", "/etc/passwd", "C:\\x", "CON", "%s", "-rf", "null", "007"),
    *(
        "محمد",
        "👩\N{ZERO WIDTH JOINER}🚀",
        "\N{RIGHT-TO-LEFT OVERRIDE}evil",
        "x" * 200,
        "new\nline\tand tab",
        "cr\r\nlf",
    ),
    *("=cmd()", "+1", "@SUM(1)", 'a,b"c', "' OR 1=1 --", "Zoé", "zoé", "Zoe", "Ada Lovelace", "ada lovelace"),
]
VIDEOS = ("one", "two")


def written(folder, videos):
    """Write an output folder in which everybody speaks in each video."""
    for video in videos:
        write_recording(folder, video, [(name, 2.0 * n, 2.0 * n + 1) for n, name in enumerate(PEOPLE)])
    return folder


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Return an output folder with everything that is made of it; the tests only read it."""
    root = tmp_path_factory.mktemp("names")
    out = written(root / "deep" / "out", VIDEOS)
    forms = [word for kind in MANIFESTS if kind.name != "parquet" for word in ("--to", kind.name)]
    further = [("corpus", name, out) for name in ("report", "dedupe")]
    for command in (("corpus", "export", out, *forms), ("corpus", "split", out, "--by", "person"), *further):
        run_main(command, root)
    run_main(("report", out), root)
    return out


def run_main(command, root):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLCELEB_CACHE", str(root / "cache"))
        patch.setattr(sys, "argv", ["slceleb", *map(str, command)])
        with pytest.raises(SystemExit) as stop:
            main()
        assert not stop.value.code


def table(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def everybody(exported):
    return sorted((utterance.id, utterance.person) for utterance in read_corpus(exported).utterances())


def test_how_near_strangers_came_to_somebody_goes_with_the_name():
    kept = {"tracks": 3, "persons": {"Ada": "2: 3", "Bo": "1: 3"}}
    assert Redaction(["Ada"]).tree(kept) == {"tracks": 3, "persons": {"Bo": "1: 3"}}


def test_nothing_leaves_the_output_folder(exported):
    root = exported.parent.parent
    kept = {path for path in root.rglob("*") if path.is_file() and (root / "cache") not in path.parents}
    assert {path for path in kept if exported not in path.parents} == set()
    folders = {path.name for path in exported.iterdir() if path.is_dir()}
    assert folders == {*VIDEOS, "manifests", "splits", ".partial"}
    assert {path.name for path in (exported / "one" / "clips").iterdir()} == set(map(safe_name, PEOPLE))
    assert len(set(map(safe_name, PEOPLE))) == len(PEOPLE)


def test_every_table_leads_to_the_names_with_csv_and_with_pandas(exported):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    for path in sorted(exported.rglob("*.csv")):
        rows = table(path)
        loaded = pandas.read_csv(path, dtype=str, keep_default_na=False)
        assert loaded.to_dict("records") == rows, path
    found = table(exported / "manifests" / "provenance" / "provenance.csv")
    assert sorted((row["id"], row["person"]) for row in found) == everybody(exported)
    split = [row for part in ("train", "dev", "test") for row in table(exported / "splits" / f"{part}.csv")]
    assert sorted((row["id"], row["person"]) for row in split) == everybody(exported)


def test_words_of_kaldi_and_rttm_lead_back_to_people_and_segments(exported):
    kaldi, rttm = exported / "manifests" / "kaldi", exported / "manifests" / "rttm"
    names = {(row["kind"], row["word"]): row["name"] for row in table(kaldi / "names.csv")}
    lines = [line.split(" ") for line in (kaldi / "utt2spk").read_text(encoding="utf-8").split("\n")[:-1]]
    assert sorted((names["segment", said], names["person", who]) for said, who in lines) == everybody(exported)
    names = {(row["kind"], row["word"]): row["name"] for row in table(rttm / "names.csv")}
    lines = [line.split(" ") for line in (rttm / "corpus.rttm").read_text(encoding="utf-8").split("\n")[:-1]]
    assert sorted((names["recording", line[1]], names["person", line[7]]) for line in lines) == sorted(
        (utterance.recording, utterance.person) for utterance in read_corpus(exported).utterances()
    )


def test_forms_that_know_any_text_hold_the_names_as_they_are(exported):
    forms = exported / "manifests"
    with gzip.open(forms / "lhotse" / "supervisions.jsonl.gz", "rt", encoding="utf-8") as stream:
        found = [json.loads(line) for line in stream]
    assert sorted((utterance["id"], utterance["speaker"]) for utterance in found) == everybody(exported)
    rows = [json.loads(line) for line in (forms / "audiofolder" / "metadata.jsonl").read_text("utf-8").split("\n")[:-1]]
    assert sorted((row["id"], row["speaker"]) for row in rows) == everybody(exported)
    assert all((forms / "audiofolder" / row["file_name"]).is_file() for row in rows)
    people = {row["id"]: row["name"] for row in table(forms / "voxceleb" / "meta.csv")}
    assert sorted(people[path.parts[-3]] for path in forms.glob("voxceleb/wav/*/*/*.wav")) == sorted(PEOPLE * 2)


def test_pages_show_the_names_and_run_none_of_them(exported):
    for page in ("report.html", "corpus_report.html"):
        text = (exported / page).read_text(encoding="utf-8")
        assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "محمد" in text


@pytest.mark.parametrize("name", [*PEOPLE[:4], *PEOPLE[11:16], "=cmd()", 'a,b"c', "Zoé", "ada lovelace"])
def test_each_can_be_removed_and_nobody_else_is(tmp_path, slceleb, name):
    out = written(tmp_path / "out", ["one"])
    slceleb("corpus", "export", out, "--to", "kaldi", "--to", "rttm")
    code, _, err = slceleb("corpus", "remove", out, "--person", unicodedata.normalize("NFD", name))
    left = [person for person in PEOPLE if person != name]
    assert code == 0, err
    assert [utterance.person for utterance in read_corpus(out).utterances()] == left
    for kind in ("kaldi", "rttm"):
        found = [row["name"] for row in table(out / "manifests" / kind / "names.csv") if row["kind"] == "person"]
        assert sorted(found) == sorted(left)
    assert len(list((out / "one" / "clips").iterdir())) == len(left)


def test_kaldis_own_order_is_kept(exported):
    for name in ("wav.scp", "segments", "utt2spk", "spk2utt"):
        sort = ["sort", "-c", "-u", "-k1,1", exported / "manifests" / "kaldi" / name]
        subprocess.run(sort, check=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})


def test_what_one_name_becomes_in_files_may_be_anothers_name():
    redaction = Redaction(["Ada Lovelace"], ["Ada_Lovelace"])
    told = {"persons": ["Ada Lovelace", "Ada_Lovelace"], "person": "Ada_Lovelace"}
    assert redaction.tree(told) == {"persons": ["Ada_Lovelace"], "person": "Ada_Lovelace"}
    assert redaction.text("Ada Lovelace and Ada_Lovelace") == "[removed] and Ada_Lovelace"


def test_a_name_of_dots_is_not_looked_for_in_paths_and_numbers():
    redaction = Redaction([".."])
    assert redaction.text("nobody is ..: see ../a, /b/.. and 1..2") == "nobody is [removed]: see ../a, /b/.. and 1..2"
    assert redaction.in_text('{"person": ".."}')
