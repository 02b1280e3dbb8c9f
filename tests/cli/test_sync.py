"""``slceleb sync``: where recordings lie on one clock."""

import json
import re

import pytest

from slceleb_core.testing import Person, SyntheticTalker, write_video
from slceleb_core.testing.cameras import Camera, film
from slceleb_core.testing.microphones import Microphone


def scene_of(path, seed):
    talker = SyntheticTalker(seed=seed, duration=12.0)
    return write_video(path, [Person(talker=talker)], audio=talker.audio(), duration=12.0, size=(64, 48), fps=10)


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sync")
    scene = scene_of(folder / "scene.mkv", 1)
    cameras = [
        Camera("a", microphone=Microphone(snr=20.0)),
        Camera("b", starts=1.5, microphone=Microphone(reverberation=0.3, snr=10.0), seed=1),
        Camera("mute", microphone=None),
    ]
    return {
        **{each.name: film(scene, each, folder).path for each in cameras},
        "other": scene_of(folder / "other.mkv", 9),
    }


@pytest.fixture
def sync(slceleb, filmed, monkeypatch):
    """Run the command in the folder of the files."""
    monkeypatch.chdir(filmed["a"].parent)
    return lambda *words: slceleb("sync", *words)


def test_offsets_are_printed(sync):
    said = sync("a.mp4", "b.mp4")
    assert said.code == 0
    (row,) = (line for line in said.out.splitlines() if line.startswith(" b.mp4"))
    assert abs(float(row.split()[1]) - 1.5) < 0.002
    assert row.split()[-1] == "sound"
    assert "too little sound to tell a drift" in said.err


def test_json_has_all_of_it(sync):
    said = sync("a.mp4", "b.mp4", "other.mkv", "--reference", "a", "--json")
    told = json.loads(said.out)
    assert said.code == 1
    assert told["reference"] == "a.mp4"
    assert [each["camera"] for each in told["placed"]] == ["a", "b"]
    placed = told["placed"][1]
    assert abs(placed["offset"] - 1.5) < 0.002
    assert placed["drift_ppm"] is None
    assert placed["windows"] >= 3
    assert told["refused"][0]["video"] == "other.mkv"


def test_two_that_do_not_belong_together_are_said_to_be_so(sync):
    said = sync("a.mp4", "other.mkv")
    assert said.code == 1
    assert "no two of these files belong together" in said.out
    assert re.search(r"refused: \S+: does not belong to \S+: they share no sound", said.err)


def test_an_offset_can_be_given_by_name(sync):
    said = sync("a.mp4", "mute.mp4", "--offset", "mute.mp4=0.25")
    assert said.code == 0
    assert re.search(r"mute\.mp4 +0\.2500 +- +- +- +- +given", said.out)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a.mp4",), "a group takes two files at least"),
        (("a.mp4", "b.mp4", "--reference", "c"), "no file of the group is called 'c'"),
        (("a.mp4", "b.mp4", "--offset", "b.mp4"), "is not of the form VIDEO=SECONDS"),
        (("a.mp4", "b.mp4", "--offset", "b.mp4=soon"), "is no number of seconds"),
        (("a.mp4", "b.mp4", "--offset", "b.mp4=nan"), "is no number of seconds"),
        (("a.mp4", "b.mp4", "--offset", "d.mp4=1"), "is none of the files"),
        (("a.mp4", "b.mp4", "--offset", "b=1", "--offset", "b.mp4=2"), "has an offset already"),
    ],
)
def test_what_cannot_be_meant_is_one_line(sync, words, said):
    done = sync(*words)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_track_that_a_file_lacks_is_named(sync):
    done = sync("a.mp4", "b.mp4", "--audio-track", "7")
    assert done.code == 1
    assert "there is no audio track '7'" in done.err


def test_a_file_that_is_not_there_does_not_cost_the_others(sync):
    done = sync("a.mp4", "gone.mp4", "b.mp4")
    assert done.code == 1
    assert "gone.mp4: no such file" in done.err
    assert "b.mp4" in done.out
