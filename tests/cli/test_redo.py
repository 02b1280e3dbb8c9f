"""``slceleb run --redo``: results and what they are made from are made anew, from a stage on."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import slceleb_core
from slceleb_core.testing import FakeDetector

ALL = {"faces", "embeddings", "observations", "scores"}


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def run(slceleb, fakes, photos, out):
    """Return a function that runs videos with the fakes, and returns what is said of each."""

    def run(*arguments):
        said = slceleb("run", "--profile", fakes, "--output-dir", out, "--poi-dir", photos, *arguments, "--json")
        return json.loads(said.out)["videos"]

    return run


@pytest.mark.parametrize(
    ("stage", "made"),
    [
        ([], ALL),
        (["all"], ALL),
        (["detect"], ALL),
        (["embed"], {"embeddings"}),
        (["speaker"], {"observations", "scores"}),
        (["sinks"], set()),
    ],
)
def test_what_is_made_from_a_stage_is_made_anew(run, talking, out, stage, made):
    thorough = ["--set", "economy.key_interval=0", "--set", "economy.embed_interval=0"]
    (first,) = run(talking, *thorough)
    (again,) = run(talking, *thorough, "--redo", *stage)
    assert {step for step, used in again["statistics"]["cache"].items() if not used} == made
    assert (again["attempts"], again["segments"]) == (1, first["segments"])
    assert again["why"] == f"asked for: --redo {(stage or ['all'])[0]}"
    assert (out / ".earlier" / "talking.1" / "result.json").is_file()
    assert run(talking, *thorough)[0]["attempts"] == 0


def test_photos_are_looked_at_again_where_what_looks_at_them_is(run, talking, plugin):
    looked = []

    class Counting(FakeDetector):
        def detect(self, frames):
            looked.extend(frames)
            return super().detect(frames)

    plugin.detector = Counting
    run(talking)
    looked.clear()
    run(talking, "--redo", "sinks")
    assert not looked
    run(talking, "--redo", "embed")
    assert looked


def test_clips_are_cut_anew(run, talking, out):
    clips = ["--set", 'sinks=[{"use": "json"}, {"use": "clips", "options": {"video": false}}]']
    run(talking, *clips)
    kept = {path: path.stat().st_ino for path in (out / ".artefacts" / "cut").rglob("*.clip")}
    assert kept
    run(talking, *clips, "--redo", "sinks")
    assert {path: path.stat().st_ino for path in (out / ".artefacts" / "cut").rglob("*.clip")}.keys() == kept.keys()
    assert all(path.stat().st_ino != before for path, before in kept.items())


def test_only_the_chosen_videos_are_done_again(run, talking, tmp_path):
    other = Path(shutil.copy(talking, tmp_path / "other.mkv"))
    run(talking, other)
    assert [video["attempts"] for video in run(other, "--redo")] == [1]
    assert [video["attempts"] for video in run(talking, other)] == [0, 0]


def test_a_second_redo_is_another_one(run, talking):
    run(talking)
    assert [run(talking, "--redo", "sinks")[0]["attempts"] for _ in range(2)] == [1, 1]


def test_what_failed_is_left_alone_unless_it_is_asked_for(run, tmp_path):
    broken = tmp_path / "broken.mkv"
    broken.write_text("no video")
    run(broken)
    assert [run(broken, "--redo", *more)[0]["attempts"] for more in ([], ["--retry-failed"])] == [0, 1]


def test_a_preview_says_what_would_be_done_again(run, slceleb, talking, fakes, photos, out):
    run(talking)
    assert run(talking, "--redo", "speaker", "--dry-run")[0]["reason"] == "asked for: --redo speaker"
    said = slceleb("run", talking, "--profile", fakes, "-o", out, "--poi-dir", photos, "--redo", "speaker")
    assert f"--redo speaker: 1 video is done again; what is replaced goes to {out / '.earlier'}" in said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--redo", "speker", "a.mkv"], "--redo speker: there is no such stage; hint: did you mean speaker?"),
        (["--redo", "gone.mkv"], "--redo gone.mkv: there is no such stage"),
        (["--redo=", "a.mkv"], "--redo : there is no such stage"),
    ],
)
def test_a_stage_that_does_not_exist_is_an_error_before_anything_is_done(slceleb, tmp_path, words, message):
    said = slceleb("run", *words, "-o", tmp_path / "out")
    assert said.code == 2
    assert message in " ".join(said.err.split()).replace(" hint:", "; hint:").replace(";; hint:", "; hint:")
    assert not (tmp_path / "out").exists()


def test_a_video_may_stand_behind_it(run, talking):
    run(talking)
    assert run("--redo", talking)[0]["why"] == "asked for: --redo all"


KILLED = """
import os, signal
from pathlib import Path
from slceleb_core import hookimpl
from slceleb_core.testing import FakeDetector, FakeRecognizer, FakeSpeaker, MemorySink

class Killing(MemorySink):
    name = "killing"

    def published(self, folder):
        if folder.name == os.environ.get("KILLED_AFTER"):
            os.kill(os.getpid(), signal.SIGKILL)

@hookimpl
def slceleb_detectors():
    return [FakeDetector]

@hookimpl
def slceleb_recognizers():
    return [FakeRecognizer]

@hookimpl
def slceleb_speakers():
    return [FakeSpeaker]

@hookimpl
def slceleb_sinks():
    return [Killing]
"""


@pytest.fixture
def killed(tmp_path, talking):
    """Return a function that runs two videos in a process of their own, which is killed after the one of a name."""
    site = tmp_path / "site"
    about = site / "slceleb_killed-0.1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: slceleb-killed\nVersion: 0.1\n")
    (about / "entry_points.txt").write_text("[slceleb]\nkilled = killed_plugin\n")
    (site / "killed_plugin.py").write_text(KILLED)
    profile = tmp_path / "killed.yaml"
    profile.write_text("detect: {use: fake}\nembed: null\nspeaker: {use: fake}\nsinks: [{use: json}, {use: killing}]\n")
    videos = [shutil.copy(talking, tmp_path / name) for name in ("a.mkv", "b.mkv")]
    path = os.pathsep.join([str(Path(slceleb_core.__file__).parent.parent), str(site)])
    given = ["run", *videos, "--max-frames", "5", "-p", profile, "-o", tmp_path / "out", "--json"]

    def run(*more, after=""):
        environment = {**os.environ, "PYTHONPATH": path, "SLCELEB_RUNNER": "inline", "KILLED_AFTER": after}
        command = [sys.executable, "-m", "slceleb_core", *map(str, given), *more]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == (-signal.SIGKILL if after else 0), done.stderr
        return None if after else [video["attempts"] for video in json.loads(done.stdout)["videos"]]

    return run


def test_a_redo_that_was_killed_goes_on_with_what_was_left(killed):
    assert killed() == [1, 1]
    killed("--redo", after="a")
    assert killed("--redo") == [0, 1]  # the results of the first stand, though nobody had written that down
    killed("--redo", after="a")
    assert killed("--resume") == [0, 1]
    assert killed("--resume") == [0, 0]
    assert killed("--redo") == [1, 1]
