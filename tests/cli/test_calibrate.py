"""``slceleb calibrate``: from a folder in which people have decided to a profile that runs and keeps its promise."""

import json
import shutil

import numpy as np
import pytest
import yaml

from slceleb_core.disk.lock import claimed
from slceleb_core.testing import RED, Person, SyntheticTalker, write_video
from slceleb_core.types import AudioSpan

NEARLY_RED = (220, 80, 30)
TALKER = SyntheticTalker(seed=1, duration=2.5)
WISH = ("--precision", 0.6, "--confidence", 0.8)
SETTINGS = ("--set", "segments.min_on=0.3")


@pytest.fixture(scope="session")
def videos(tmp_path_factory):
    """Return four videos of the red one, and one of somebody who is almost as red and not the same."""
    folder = tmp_path_factory.mktemp("calibrate")
    red = write_video(folder / "red.mkv", [Person(RED, talker=TALKER)], audio=TALKER.audio(), duration=2.5)
    late = AudioSpan(np.roll(TALKER.audio().samples, 640), 0.0)  # by 40 ms: the lips go with the sound less well
    other = write_video(folder / "o.mkv", [Person(NEARLY_RED, talker=TALKER)], audio=late, duration=2.5)
    names = [f"red{number}" for number in range(4)] + ["other"]
    made = [folder / "videos" / f"{name}.mkv" for name in names]
    made[0].parent.mkdir()
    for number, path in enumerate(made):
        shutil.copyfile(other if path.stem.startswith("other") else red, path)
        with path.open("ab") as file:
            file.write(b"\xec\x80" * number)  # void elements: another file with the same pictures
    return made


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    """Return who speaks when: not Red in the video of the other one."""
    path = tmp_path_factory.mktemp("reference") / "talks.csv"
    lines = [*(f"red{number},Red,0,3" for number in range(4)), "other,Somebody,0,3"]
    path.write_text("\n".join(["video,person,start,end", *lines, ""]))
    return path


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture(scope="session")
def finished():
    """Return where the folder of the first run is, which all tests begin with; empty before it."""
    return []


@pytest.fixture
def corpus(run, out, finished, tmp_path_factory):
    """Return the output folder of a run."""
    if not finished:
        run(*SETTINGS)
        finished.append(shutil.copytree(out, tmp_path_factory.mktemp("finished") / "out"))
    elif not out.exists():
        shutil.copytree(finished[0], out)
    return out


@pytest.fixture
def run(slceleb, fakes, photos, out, videos):
    def run(*arguments, profile=fakes):
        said = slceleb("run", *videos, "-p", profile, "--output-dir", out, "--poi-dir", photos, *arguments, "--json")
        assert said.code == 0, said.err
        return json.loads(said.out)["videos"]

    return run


def segments_of(out):
    """Return who speaks when in a folder, by video, and what the gates said."""
    found = {}
    for path in sorted(out.glob("*/source.json")):
        for segment in json.loads(path.read_text())["report"]["segments"]:
            spoken = {"value": segment["speaking_mean"], "comparison": ">="}
            found[path.parent.name, segment["person"], segment["start"], segment["end"]] = {
                "speaking": spoken,
                **segment["gates"],
            }
    return found


def decide(out, right):
    """Write down decisions on all segments as a review does, without taking anything out."""
    for path in out.glob("*/source.json"):
        stated = json.loads(path.read_text())
        verdicts = {segment["id"]: right(path.parent.name) for segment in stated["report"]["segments"]}
        stated["review"] = {
            key: {"decision": "accept" if fine else "reject", "reviewer": "bo"} for key, fine in verdicts.items()
        }
        path.write_text(json.dumps(stated))


def test_a_profile_is_written_that_runs_and_keeps_exactly_what_was_proven(run, slceleb, corpus, reference):
    before = segments_of(corpus)
    assert {video for video, *_ in before} == {"red0", "red1", "red2", "red3", "other"}
    said = slceleb("calibrate", corpus, *WISH, "--reference", reference, "--hold-out", "video", "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    limits = told["chosen"]["limits"]
    assert (told["chosen"]["labels"], told["chosen"]["errors"], told["whole"]["errors"]) == (4, 0, 2)
    assert told["bound"] >= 0.6
    assert told["held_out"]["by"] == "video"
    profile = yaml.safe_load((corpus / "calibrated.yaml").read_text())
    assert profile["gates"]["stricter"] == limits
    assert profile["evidence"]["labels"] == 4
    assert profile["segments"]["min_on"] == 0.3
    assert "Precision against what is kept" in (corpus / "calibration.html").read_text()

    kept = {key for key, gates in before.items() if all(_passes(gates[name], limits[name]) for name in limits)}
    again = run(profile=corpus / "calibrated.yaml")
    assert all(all(video["statistics"]["cache"].values()) for video in again)  # nothing was perceived anew
    assert set(segments_of(corpus)) == kept
    assert "chosen by labels before" in slceleb("calibrate", corpus, *WISH, "--reference", reference).err
    assert len(kept) == 4


def _passes(gate, limit):
    return gate["value"] is None or (gate["value"] >= limit if gate["comparison"] == ">=" else gate["value"] <= limit)


def test_decisions_on_whole_videos_prove_as_a_reference_does(slceleb, corpus):
    decide(corpus, lambda video: video.startswith("red"))
    said = slceleb("calibrate", corpus, *WISH)
    assert said.code == 0, said.err
    assert "60.0 % at a confidence of 80.0 %" in said.out
    assert "chosen" in said.out


def test_decisions_come_along_into_the_folder_of_the_profile_and_prove_none_of_its_limits(run, slceleb, corpus):
    decide(corpus, lambda video: video.startswith("red"))
    assert slceleb("calibrate", corpus, *WISH).code == 0
    run(profile=corpus / "calibrated.yaml")
    assert {video for video, *_ in segments_of(corpus)} == {"red0", "red1", "red2", "red3"}
    stated = {path.parent.name: json.loads(path.read_text()) for path in corpus.glob("*/source.json")}
    entries = {name: list(told["review"].values()) for name, told in stated.items() if told.get("review")}
    assert {name: [entry["decision"] for entry in said] for name, said in entries.items()} == {
        f"red{number}": ["accept"] for number in range(4)
    }
    assert {entry["decision"] for entry in stated["other"]["absent"]} == {"reject"}
    said = slceleb("calibrate", corpus, *WISH)
    assert (said.code, "0 labels prove; 4 labels of what" in said.out) == (1, True), said.out


def test_what_cannot_be_promised_says_how_much_to_label_and_what_first(slceleb, corpus, reference):
    said = slceleb("calibrate", corpus, "--precision", 0.99, "--reference", reference)
    assert said.code == 1
    assert "not reachable with this evidence: 99.0 % at a confidence of 95.0 %" in said.out
    assert "label about 295 more" in said.out
    assert not (corpus / "calibrated.yaml").exists()
    assert (corpus / "calibration.html").is_file()


def test_decisions_of_one_kind_are_evidence_too(slceleb, corpus):
    decide(corpus, lambda video: True)
    told = json.loads(slceleb("calibrate", corpus, *WISH, "--json").out)
    assert told["chosen"]["limits"] == {}
    decide(corpus, lambda video: False)
    said = slceleb("calibrate", corpus, *WISH)
    assert said.code == 1
    assert "too many labels are wrong" in said.out


def test_a_calibrated_profile_is_refused_once_it_was_changed(slceleb, corpus, reference, photos, videos):
    slceleb("calibrate", corpus, *WISH, "--reference", reference, "--save", corpus / "mine.yaml")
    arguments = ("run", videos[0], "-p", corpus / "mine.yaml", "--poi-dir", photos, "--output-dir", corpus / "other")
    said = slceleb(*arguments, "--set", "segments.onset=0.4")
    assert said.code == 2
    assert "the profile was changed after it was calibrated" in said.err
    assert slceleb(*arguments, "--set", "segments.onset=0.4", "--set", "evidence=null").code == 0
    assert slceleb(*arguments, "--set", "sinks=[{use: json}, {use: table}]").code == 0


@pytest.mark.parametrize(("promised", "claimed"), [("target: 0.6", "target: 0.99"), ("errors: ", "errors: 1")])
def test_a_promise_is_refused_once_its_figures_were_changed(
    slceleb, corpus, reference, photos, videos, promised, claimed
):
    slceleb("calibrate", corpus, *WISH, "--reference", reference)
    path = corpus / "calibrated.yaml"
    assert slceleb("profiles", "validate", path).code == 0
    path.write_text(path.read_text().replace(promised, claimed))
    for arguments in (
        ("run", videos[0], "-p", path, "--poi-dir", photos, "--output-dir", corpus / "other"),
        ("profiles", "validate", path),
    ):
        said = slceleb(*arguments)
        assert said.code != 0
        assert "its promise is void" in said.err


def test_a_calibrated_profile_is_refused_with_another_version_of_a_plugin(slceleb, corpus, reference, photos, videos):
    slceleb("calibrate", corpus, *WISH, "--reference", reference)
    path = corpus / "calibrated.yaml"
    path.write_text(path.read_text().replace("version: '2.0'", "version: '1.9'"))
    said = slceleb("run", videos[0], "-p", path, "--poi-dir", photos, "--output-dir", corpus / "other")
    assert said.code == 2
    assert "evidence: it is about another detector: version 1.9 then, 2.0 now" in said.err


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (("--precision", 1), "--precision 1 does not lie between 0 and 1"),
        (("--precision", 0), "--precision 0 does not lie between 0 and 1"),
        (("--precision", "nan"), "--precision nan does not lie between 0 and 1"),
        (("--precision", 0.9, "--confidence", 1), "--confidence 1 does not lie between 0 and 1"),
        (("--precision", 0.9, "--regions", "r.csv"), "--regions says where a reference is complete"),
    ],
)
def test_what_nobody_can_promise_is_refused(slceleb, tmp_path, wish, message):
    said = slceleb("calibrate", tmp_path, *wish)
    assert said.code == 2
    assert message in said.err


def test_a_folder_in_which_another_process_works_is_left_alone(slceleb, corpus):
    with claimed(corpus):
        said = slceleb("calibrate", corpus, *WISH)
    assert said.code == 2
    assert "another" in said.err
